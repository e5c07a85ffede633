"""Callers that are torn out of their wait or their work: what others asked for is not lost."""

import ctypes
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from shield.inference.batches import Batches
from tests.inference.recorder import PATIENCE, Recorder, arrived, held, row


@pytest.fixture
def graph():
    return Recorder()


@pytest.fixture
def pool():
    with ThreadPoolExecutor(24) as made:
        yield made


class Torn(BaseException):
    """What tears a caller out of what it does."""


def tear(thread: threading.Thread) -> None:
    found = ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread.ident), ctypes.py_object(Torn)
    )
    assert found == 1


def caller(batches, value, answers):
    """A thread that asks for one row, and writes down its answer or that it was torn out."""

    def ask():
        try:
            answers[value] = batches([row(value)])
        except Torn as error:
            answers[value] = type(error)

    thread = threading.Thread(target=ask)
    thread.start()
    return thread


def test_a_caller_torn_out_of_a_shared_batch_leaves_the_work_of_others_to_them(graph, pool):
    batches = Batches(graph)
    held(graph, batches, pool)
    answers: dict = {}
    threads = [caller(batches, n, answers) for n in (1, 2, 3)]
    arrived(batches, 4)
    torn = []

    def tears(rows):
        if len(rows) == 3 and not torn:
            torn.append(threading.current_thread())
            tear(torn[0])
            while True:
                time.sleep(0.001)

    graph.broken = tears
    graph.go.set()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(answers) == [1, 2, 3]
    left = threads.index(torn[0]) + 1
    assert answers == {n: Torn if n == left else [n] for n in (1, 2, 3)}
    assert batches([row(9)]) == [9]


def test_a_caller_that_leaves_while_it_waits_is_not_missed(graph, pool):
    batches = Batches(graph)
    first = held(graph, batches, pool)
    job_left = _LeavingJob(batches)
    job_left.start()
    arrived(batches, 2)
    other = pool.submit(batches, [row(2)])
    arrived(batches, 3)
    job_left.leave()
    graph.go.set()
    assert (first[0].result(PATIENCE), other.result(PATIENCE)) == ([1000], [2])
    job_left.join(PATIENCE)
    assert job_left.left
    assert not batches._jobs


class _LeavingJob(threading.Thread):
    """A caller whose wait ends with an exception."""

    def __init__(self, batches):
        super().__init__()
        self._batches, self.left = batches, False

    def run(self):
        try:
            self._batches([row(1)])
        except Torn:
            self.left = True

    def leave(self):
        job = next(j for j in self._batches._jobs if j.rows == [row(1)])

        def torn():
            raise Torn

        job.wake.clear = torn
        job.wake.set()
