"""Two real worker processes behind one socket: what an operator orders holds in both of them."""

import json

import pytest

from benchmarks.two_workers import Pair, until


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    yield made
    made.close()


def test_the_kill_switch_and_a_rollback_hold_in_both_workers(pair):
    both = pair.workers()
    assert len(both) == 2
    assert [pair.passes(w, "a tulip") for w in both] == [False, False]

    pair.told("mode", "off", "--reason", "incident 7")
    assert [pair.passes(w, "a tulip") for w in both] == [True, True]
    pair.told("mode", "enforce")
    assert [pair.passes(w, "a tulip") for w in both] == [False, False]

    pair.write("2", "rose")
    for worker in both:
        until(lambda w=worker: not pair.passes(w, "a rose"), "the new policy serves")
    pair.told("policy", "rollback", "--reason", "too strict")
    assert [pair.passes(w, "a rose") for w in both] == [True, True]
    assert [pair.passes(w, "a tulip") for w in both] == [False, False]
    assert pair.workers() == both

    events = [json.loads(x) for x in pair.log.read_text().splitlines() if x.startswith("{")]
    orders = [e for e in events if e["event"] == "order" and e["reason"] == "incident 7"]
    assert len(orders) == 2
