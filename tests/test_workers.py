"""Threads that a deadline can walk away from."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from shield.workers import Workers


@pytest.fixture
def workers() -> Iterator[Workers]:
    made = Workers(2)
    yield made
    made.close()


@pytest.fixture
def hang() -> Iterator[Callable[[], bool]]:
    """A job that does not come back before the end of the test."""
    over = threading.Event()
    yield over.wait
    over.set()


def _until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


def test_a_job_gives_its_answer(workers):
    assert workers.submit("probe", lambda: 42).result(60) == 42


def test_a_job_that_raises_hands_the_exception_to_who_waits(workers):
    with pytest.raises(ZeroDivisionError):
        workers.submit("probe", lambda: 1 // 0).result(60)


def test_a_job_that_panics_does_not_take_its_thread_with_it():
    workers = Workers(1)

    def panic() -> None:
        raise SystemExit

    workers.submit("panic", panic).exception(60)
    assert workers.submit("probe", lambda: "alive").result(60) == "alive"
    workers.close()


def test_a_hanging_job_does_not_stop_the_others(workers, hang):
    workers.submit("hang", hang)
    answers = [workers.submit("probe", lambda n=n: n).result(60) for n in range(20)]
    assert answers == list(range(20))


def test_a_hanging_job_is_named_as_stuck(workers, hang):
    workers.submit("hang", hang)
    assert _until(lambda: workers.stuck(0.05) == ["hang"])


def test_each_thread_that_hangs_is_counted(workers, hang):
    workers.submit("hang", hang)
    workers.submit("hang", hang)
    assert _until(lambda: workers.stuck(0.05) == ["hang", "hang"])


def test_a_job_within_its_time_is_not_called_stuck(workers, hang):
    workers.submit("hang", hang)
    assert _until(lambda: workers.stuck(0) == ["hang"])
    assert workers.stuck(3_600) == []


def test_a_job_that_came_back_is_not_called_stuck(workers):
    workers.submit("probe", lambda: None).result(60)
    assert _until(lambda: workers.stuck(0) == [])


def test_a_job_that_raised_is_not_called_stuck(workers):
    workers.submit("probe", lambda: 1 // 0).exception(60)
    assert _until(lambda: workers.stuck(0) == [])


def test_a_waiting_job_that_is_cancelled_never_runs(hang):
    workers = Workers(1)
    over = threading.Event()
    workers.submit("hang", over.wait)
    ran: list[bool] = []
    waiting = workers.submit("late", lambda: ran.append(True))
    cancelled = waiting.cancel()
    over.set()
    workers.submit("probe", lambda: None).result(60)
    workers.close()
    assert (cancelled, ran) == (True, [])


def test_stuck_threads_are_still_counted_among_all(workers, hang):
    workers.submit("hang", hang)
    assert workers.count == 2


def test_closing_does_not_wait_for_a_hanging_job(workers, hang):
    job = workers.submit("hang", hang)
    workers.close()
    assert not job.done()


def test_jobs_that_were_submitted_before_closing_still_run():
    workers = Workers(1)
    jobs = [workers.submit("probe", lambda n=n: n) for n in range(5)]
    workers.close()
    assert [job.result(60) for job in jobs] == list(range(5))


def test_no_thread_keeps_the_process_from_ending(workers):
    names = {t.name for t in threading.enumerate() if t.name.startswith("shield-")}
    daemons = {t.name for t in threading.enumerate() if t.daemon}
    assert names <= daemons
