"""Workers: started, watched, told, and ended together."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

PROGRAM = """
import logging, os, signal, sys, time
from pathlib import Path
from shield.hosts.workers import Workers

logging.basicConfig(format="%(message)s")
folder = Path(sys.argv[1])

def first():
    # Only one can make the file.
    try:
        os.close(os.open(folder.parent / "first", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True

def work_on():
    # pause() would sleep through a signal that comes just before it.
    while True:
        time.sleep(0.01)

def work():
    (folder / str(os.getpid())).touch()
    {work}

print("begun", flush=True)
sys.exit(Workers(3, work{more}).run())
"""


@pytest.fixture
def watched(tmp_path):
    """Starts a program whose three workers do some work; gives it. Their files are in `born`."""
    started = []
    (tmp_path / "born").mkdir()

    def start(work, more=""):
        code = PROGRAM.format(work=work, more=more)
        made = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "born")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        started.append(made)
        return made

    yield start
    for made in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(made.pid, signal.SIGKILL)  # its workers too: they hold the pipes
        made.communicate(timeout=60)


def wait_for_files(made, tmp_path, count):
    while len(list((tmp_path / "born").iterdir())) < count:
        assert made.poll() is None
        time.sleep(0.01)


def test_they_all_work_and_a_signal_ends_them_all(watched, tmp_path):
    made = watched("work_on()")
    wait_for_files(made, tmp_path, 3)
    made.send_signal(signal.SIGTERM)

    assert made.wait(120) == 0
    assert len(list((tmp_path / "born").iterdir())) == 3


def test_one_that_cannot_start_ends_them_all_with_its_code(watched):
    made = watched("return 2", ", clock=lambda: 0.0")

    assert made.wait(120) == 2
    assert "could not start" in made.communicate()[1]


def test_one_that_is_killed_is_started_anew(watched, tmp_path):
    made = watched("os.kill(os.getpid(), signal.SIGKILL) if first() else work_on()")
    wait_for_files(made, tmp_path, 4)
    made.send_signal(signal.SIGTERM)

    assert made.wait(120) == 0
    assert "started anew" in made.communicate()[1]


def test_one_that_fails_late_is_started_anew(watched, tmp_path):
    late = ", clock=iter(range(0, 10**6, 60)).__next__"
    made = watched("return 3 if first() else work_on()", late)
    wait_for_files(made, tmp_path, 4)
    made.send_signal(signal.SIGTERM)

    assert made.wait(120) == 0


def test_an_exception_in_a_worker_is_an_internal_error(watched):
    made = watched("raise ValueError")

    assert made.wait(120) == 3


def test_sighup_reaches_the_workers_and_ends_nothing(watched, tmp_path):
    marked = "lambda *_: (folder / f'{os.getpid()}-told').touch()"
    ready = "(folder / f'{os.getpid()}-ready').touch()"
    made = watched(f"signal.signal(signal.SIGHUP, {marked}); {ready}; work_on()")
    wait_for_files(made, tmp_path, 6)
    made.send_signal(signal.SIGHUP)
    wait_for_files(made, tmp_path, 9)
    made.send_signal(signal.SIGTERM)

    assert made.wait(120) == 0
