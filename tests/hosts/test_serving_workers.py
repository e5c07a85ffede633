"""Workers: started, watched, told, and ended together."""

import signal
import subprocess
import sys

import pytest

PROGRAM = """
import logging, os, signal, sys, time
from pathlib import Path
from shield.hosts.workers import Workers

logging.basicConfig(format="%(message)s")
folder = Path(sys.argv[1])

def work():
    (folder / str(os.getpid())).touch()
    {work}

print("begun", flush=True)
sys.exit(Workers(3, work{more}).run())
"""
FIRST = "len(list(folder.iterdir())) == 1"


@pytest.fixture
def watched(tmp_path):
    """Starts a program whose three workers do some work; gives it."""
    started = []

    def start(work, more=""):
        code = PROGRAM.format(work=work, more=more)
        made = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(made)
        return made

    yield start
    for made in started:
        made.kill()
        made.communicate(timeout=10)


def born(tmp_path):
    return len(list(tmp_path.iterdir()))


def test_they_all_work_and_a_signal_ends_them_all(watched, tmp_path):
    made = watched("signal.pause()")
    while born(tmp_path) < 3:
        assert made.poll() is None
    made.send_signal(signal.SIGTERM)

    assert made.wait(10) == 0
    assert born(tmp_path) == 3


def test_one_that_cannot_start_ends_them_all_with_its_code(watched):
    made = watched("time.sleep(0.2); return 2")

    assert made.wait(10) == 2
    assert "could not start" in made.communicate()[1]


def test_one_that_is_killed_is_started_anew(watched, tmp_path):
    made = watched(f"os.kill(os.getpid(), signal.SIGKILL) if {FIRST} else signal.pause()")
    while born(tmp_path) < 4:
        assert made.poll() is None
    made.send_signal(signal.SIGTERM)

    assert made.wait(10) == 0
    assert "started anew" in made.communicate()[1]


def test_one_that_fails_late_is_started_anew(watched, tmp_path):
    late = ", clock=iter(range(0, 10**6, 60)).__next__"
    made = watched(f"return 3 if {FIRST} else signal.pause()", late)
    while born(tmp_path) < 4:
        assert made.poll() is None
    made.send_signal(signal.SIGTERM)

    assert made.wait(10) == 0


def test_an_exception_in_a_worker_is_an_internal_error(watched):
    made = watched("raise ValueError")

    assert made.wait(10) == 3


def test_sighup_reaches_the_workers_and_ends_nothing(watched, tmp_path):
    marked = "lambda *_: (folder / f'{os.getpid()}-told').touch()"
    ready = "(folder / f'{os.getpid()}-ready').touch()"
    pauses = "signal.pause(); signal.pause()"
    made = watched(f"signal.signal(signal.SIGHUP, {marked}); {ready}; {pauses}")
    while born(tmp_path) < 6:
        assert made.poll() is None
    made.send_signal(signal.SIGHUP)
    while born(tmp_path) < 9:
        assert made.poll() is None
    made.send_signal(signal.SIGTERM)

    assert made.wait(10) == 0
