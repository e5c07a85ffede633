import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.hosts.gateway.breaker import Breaker


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def breaker(clock):
    return Breaker(3, 10.0, clock)


def fail(breaker, times):
    for _ in range(times):
        assert breaker.admits()
        breaker.failed()


def test_it_opens_after_failures_in_a_row_only(breaker):
    fail(breaker, 2)
    assert breaker.admits()
    breaker.succeeded()
    fail(breaker, 3)

    assert not breaker.admits()
    assert breaker.state == "open"


def test_after_its_rest_one_probe_decides(breaker, clock):
    fail(breaker, 3)
    clock.now += 10

    assert breaker.state == "probing"
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    breaker.failed()
    assert not breaker.admits()
    clock.now += 10
    assert breaker.admits()
    breaker.succeeded()
    assert breaker.state == "closed"


def test_a_probe_that_the_caller_gave_up_leaves_room_for_another(breaker, clock):
    fail(breaker, 3)
    clock.now += 10
    assert breaker.admits()
    breaker.dropped()

    assert breaker.admits()


@given(st.lists(st.sampled_from(["ok", "bad", "drop", "wait"]), max_size=60))
def test_it_never_stays_shut_for_longer_than_its_rest(steps):
    clock = Clock()
    breaker = Breaker(2, 5.0, clock)
    for step in steps:
        clock.now += 1.0 if step == "wait" else 0.0
        if breaker.admits():
            {"ok": breaker.succeeded, "bad": breaker.failed}.get(step, breaker.dropped)()
    clock.now += 5.0

    assert breaker.admits()
