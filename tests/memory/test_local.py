"""Sessions in this process: bounded, expiring, erasable."""

import threading
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.label import segment
from shield.memory.local import LocalSessions
from shield.memory.session import Session
from shield.types import Source


def _session(text: str = "hello") -> Session:
    return Session((segment(text, Source.USER),))


@pytest.fixture
def clock() -> SimpleNamespace:
    """Time that passes only when a test says so."""
    return SimpleNamespace(now=1_000.0)


def _store(clock: SimpleNamespace) -> LocalSessions:
    return LocalSessions(seconds=60, most=5, per_principal=3, clock=lambda: clock.now)


@pytest.fixture
def store(clock) -> LocalSessions:
    return _store(clock)


def test_a_session_is_read_as_it_was_written(store):
    store.write("k", _session(), principal="ann")
    assert store.read("k") == _session()


def test_a_session_that_was_never_written_is_empty(store):
    assert store.read("k") == Session()


@pytest.mark.parametrize(("seconds", "expected"), [(59, _session()), (61, Session())])
def test_a_session_expires_after_its_time(store, clock, seconds, expected):
    store.write("k", _session(), principal="ann")
    clock.now += seconds
    assert store.read("k") == expected


def test_writing_a_session_again_gives_it_new_time(store, clock):
    store.write("k", _session("old"), principal="ann")
    clock.now += 50
    store.write("k", _session("new"), principal="ann")
    clock.now += 50
    assert store.read("k") == _session("new")


def test_reading_a_session_does_not_keep_it_alive(store, clock):
    store.write("k", _session(), principal="ann")
    clock.now += 50
    store.read("k")
    clock.now += 50
    assert store.read("k") == Session()


def test_the_text_of_an_expired_session_is_not_kept(store, clock):
    store.write("old", _session(), principal="ann")
    clock.now += 61
    store.write("new", _session(), principal="bob")
    assert len(store) == 1


def test_a_forgotten_session_is_empty(store):
    store.write("k", _session(), principal="ann")
    store.forget("k")
    assert (store.read("k"), len(store)) == (Session(), 0)


def test_forgetting_what_was_never_known_is_no_error(store):
    store.forget("k")
    assert len(store) == 0


def test_the_oldest_session_of_all_goes_first(store):
    for number in range(6):
        store.write(f"k{number}", _session(), principal=f"p{number}")
    assert (store.read("k0"), store.read("k1")) == (Session(), _session())


def test_the_oldest_session_of_a_principal_goes_first(store):
    for number in range(4):
        store.write(f"k{number}", _session(), principal="ann")
    assert (store.read("k0"), store.read("k1")) == (Session(), _session())


def test_a_principal_with_many_sessions_does_not_push_out_another(store):
    store.write("bobs", _session(), principal="bob")
    for number in range(100):
        store.write(f"k{number}", _session(), principal="ann")
    assert store.read("bobs") == _session()


def test_a_session_that_was_written_again_is_no_longer_the_oldest(store):
    for number in (0, 1, 2, 0, 3):
        store.write(f"k{number}", _session(), principal="ann")
    assert (store.read("k0"), store.read("k1")) == (_session(), Session())


def test_a_session_that_changes_hands_counts_for_its_new_owner(store):
    store.write("k", _session(), principal="ann")
    store.write("k", _session("bobs"), principal="bob")
    store.forget("k")
    assert store._owned == {}


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["write", "forget", "read", "wait"]),
        st.integers(0, 9).map(str),
        st.sampled_from(["ann", "bob", "cid"]),
    ),
    max_size=40,
)


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_no_sequence_of_events_breaks_a_bound(steps):
    clock = SimpleNamespace(now=0.0)
    store = _store(clock)
    for step, key, principal in steps:
        if step == "write":
            store.write(key, _session(), principal=principal)
        elif step == "wait":
            clock.now += 25
        else:
            getattr(store, step)(key)
        owned = [len(keys) for keys in store._owned.values()]
        assert len(store) == sum(owned) <= 5
        assert max(owned, default=0) <= 3


def test_many_threads_do_not_break_a_bound(store):
    def work(principal: str) -> None:
        for number in range(300):
            store.write(f"{principal}{number % 7}", _session(), principal=principal)
            store.read(f"{principal}{number % 5}")
            store.forget(f"{principal}{number % 3}")

    threads = [threading.Thread(target=work, args=(p,)) for p in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store) <= 5
