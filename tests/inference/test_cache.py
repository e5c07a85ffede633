"""The score cache: bounded by bytes, and nobody waits for an answer that does not come."""

from concurrent.futures import CancelledError

import pytest

from shield.errors import InferenceError, LeadError
from shield.inference.cache import ScoreCache, cost
from shield.inference.marks import Mark
from shield.inference.scores import Scores, WindowScore


def scores(windows: int = 1, marks: int = 0, vector: int = 0) -> Scores:
    mark = Mark(0, 1, "PERSON", 0.5)
    shown = tuple(WindowScore(0, 1, (0.5, 0.5), (mark,) * marks) for _ in range(windows))
    return Scores(("a", "b"), shown, 1, b"x" * vector)


def key(n: int):
    return "digest", "text", bytes([n])


def test_the_first_to_claim_computes_and_the_rest_wait():
    cache = ScoreCache(10_000)
    future, mine = cache.claim(key(1))
    again, other = cache.claim(key(1))
    cache.keep(key(1), scores())
    assert (mine, other, again is future, future.result(1)) == (True, False, True, scores())


def test_a_kept_answer_is_at_hand():
    cache = ScoreCache(10_000)
    cache.claim(key(1))
    cache.keep(key(1), scores())
    future, mine = cache.claim(key(1))
    assert (future.result(0), mine, cache.peek(key(1)), cache.peek(key(2))) == (
        scores(),
        False,
        scores(),
        None,
    )


def test_the_graphs_failure_reaches_who_waits_and_is_forgotten():
    cache = ScoreCache(10_000)
    future, _ = cache.claim(key(1))
    cache.drop(key(1), InferenceError("nonsense"))
    with pytest.raises(InferenceError):
        future.result(1)
    assert cache.claim(key(1))[1]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), LeadError("of another text")])
def test_who_waits_asks_anew_when_the_maker_left(error):
    cache = ScoreCache(10_000)
    future, _ = cache.claim(key(1))
    cache.drop(key(1), error)
    with pytest.raises(CancelledError):
        future.result(1)
    assert cache.claim(key(1))[1]


def test_dropping_what_nobody_makes_is_nothing():
    ScoreCache(100).drop(key(1), InferenceError("late"))


@pytest.mark.parametrize("big", [{"windows": 500}, {"marks": 700}, {"vector": 100_000}])
def test_windows_marks_and_vectors_count(big):
    assert cost(scores(**big)) > 40_000 + cost(scores())


def test_the_bytes_stay_within_the_bound_and_the_least_used_goes_first():
    cache = ScoreCache(5 * cost(scores()))
    for n in range(5):
        cache.keep(key(n), scores())
    cache.claim(key(0))
    cache.keep(key(9), scores())
    assert cache._used <= 5 * cost(scores())
    assert (cache.peek(key(0)), cache.peek(key(1))) == (scores(), None)


def test_keeping_twice_counts_once():
    cache = ScoreCache(10_000)
    cache.keep(key(1), scores())
    cache.keep(key(1), scores(windows=2))
    assert cache._used == cost(scores(windows=2))


def test_an_answer_larger_than_the_cache_is_handed_out_and_not_kept():
    cache = ScoreCache(100)
    future, _ = cache.claim(key(1))
    cache.keep(key(1), scores())
    assert (future.result(1), cache.peek(key(1)), cache._used) == (scores(), None, 0)
