"""Many callers of one engine: they share batches, wait for each other, and lose nothing."""

import gc
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from shield.errors import InferenceError
from shield.inference.engine import Engine

NAME = "tiny"
PATIENCE = 60


def held(engine, monkeypatch, inner=None):
    """Hold the graph inside a batch until `go`; `inside` tells when it is there."""
    answers = engine._graphs[NAME]._answers
    run, inside, go = inner or answers._run, threading.Event(), threading.Event()

    def wait(batch):
        inside.set()
        assert go.wait(PATIENCE)
        return run(batch)

    monkeypatch.setattr(answers, "_run", wait)
    return inside, go


def nonsense(batch):
    raise InferenceError("nonsense")


def test_texts_of_callers_that_meet_share_a_batch(engine, rows, monkeypatch):
    inside, go = held(engine, monkeypatch)
    answers = engine._graphs[NAME]._answers
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(engine.scores, NAME, [("bad", "text")])
        assert inside.wait(PATIENCE)
        later = [pool.submit(engine.scores, NAME, [(f"ship {c}", "text")]) for c in "abcdefgh"]
        until = time.monotonic() + PATIENCE
        while len(answers._jobs) < 9:
            assert time.monotonic() < until
            time.sleep(0.001)
        go.set()
        assert all(f.result(PATIENCE) for f in (first, *later))
    assert sum(rows) == 9
    assert len(rows) < 9


def test_a_text_that_another_thread_is_computing_is_waited_for(engine, rows, monkeypatch):
    inside, go = held(engine, monkeypatch)
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(engine.scores, NAME, [("ship", "text")]) for _ in range(6)]
        assert inside.wait(PATIENCE)
        go.set()
        answers = [f.result(PATIENCE)[0] for f in asked]
    assert (rows, len(set(map(id, answers)))) == ([1], 1)


def test_a_failure_reaches_every_thread_that_waits(engine, monkeypatch):
    inside, go = held(engine, monkeypatch, nonsense)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(engine.scores, NAME, [("bad", "text")]) for _ in range(4)]
        assert inside.wait(PATIENCE)
        go.set()
        errors = [type(f.exception(PATIENCE)) for f in asked]
    assert errors == [InferenceError] * 4


class Torn(BaseException):
    """What tears a caller out of its work."""


def test_a_caller_that_leaves_hands_its_text_to_who_waits(engine, monkeypatch):
    answers = engine._graphs[NAME]._answers
    inner, calls = answers._run, []

    def once(batch):
        calls.append(len(batch))
        if len(calls) == 1:
            raise Torn
        return inner(batch)

    inside, go = held(engine, monkeypatch, once)
    with ThreadPoolExecutor(5) as pool:
        first = pool.submit(engine.scores, NAME, [("bad", "text")])
        assert inside.wait(PATIENCE)
        later = [pool.submit(engine.scores, NAME, [("bad", "text")]) for _ in range(4)]
        go.set()
        assert isinstance(first.exception(PATIENCE), Torn)
        assert len({id(f.result(PATIENCE)[0]) for f in later}) == 1
    assert calls == [1, 1]


def test_distinct_graphs_run_at_the_same_time(home, monkeypatch):
    home("one")
    other = {"text": {"prefix": "", "temperature": 3.0, "size": 32, "overlap": 8}}
    engine = Engine(home("two", surfaces=other).parent, ["one", "two"])
    meet = threading.Barrier(2)
    for name in ("one", "two"):
        answers = engine._graphs[name]._answers
        inner = answers._run
        monkeypatch.setattr(
            answers, "_run", lambda batch, inner=inner: (meet.wait(PATIENCE), inner(batch))[1]
        )
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(engine.scores, n, [("bad", "text")]) for n in ("one", "two")]
        assert all(f.result(PATIENCE) for f in asked)


def test_an_engine_that_is_gone_leaves_no_threads_behind(home):
    before = set(threading.enumerate())
    engine = Engine(home().parent, [NAME])
    engine.scores(NAME, [("ship", "text")])
    del engine
    gc.collect()
    for thread in set(threading.enumerate()) - before:
        thread.join(PATIENCE)
        assert not thread.is_alive()
