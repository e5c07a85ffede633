"""Two real worker processes behind one socket: what an operator orders holds in both of them."""

import json

import pytest

from benchmarks.two_workers import Pair, until


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    yield made
    made.close()


def held(pair, workers, text, *, passes):
    """Wait until it holds in each of them: how long that takes is the benchmark's to say."""
    for worker in workers:
        until(lambda w=worker: pair.passes(w, text) is passes, f"{passes} for {text}")


def test_the_kill_switch_and_a_rollback_hold_in_both_workers(pair):
    both = pair.workers()
    assert len(both) == 2
    assert [pair.passes(w, "a tulip") for w in both] == [False, False]

    pair.told("mode", "off", "--reason", "incident 7")
    held(pair, both, "a tulip", passes=True)
    pair.told("mode", "enforce")
    held(pair, both, "a tulip", passes=False)

    pair.write("2", "rose")
    held(pair, both, "a rose", passes=False)
    pair.told("policy", "rollback", "--reason", "too strict")
    held(pair, both, "a rose", passes=True)
    assert [pair.passes(w, "a tulip") for w in both] == [False, False]
    assert pair.workers() == both

    events = [json.loads(x) for x in pair.log.read_text().splitlines() if x.startswith("{")]
    orders = [e for e in events if e["event"] == "order" and e["reason"] == "incident 7"]
    assert len(orders) == 2
