"""Sessions in this process: bounded, expiring, erasable."""

import threading
import tracemalloc
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.label import segment
from shield.memory.local import LocalSessions
from shield.memory.session import Session
from shield.types import Decision, Source, Turn


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


def _heavy(kilobytes: int) -> Session:
    return _session("x" * (1024 * kilobytes))


def test_all_sessions_together_are_bounded_by_their_bytes(clock):
    store = LocalSessions(
        seconds=60, most=1_000, per_principal=1_000, size=100_000, clock=lambda: clock.now
    )
    for number in range(50):
        store.write(f"k{number}", _heavy(16), principal="ann")
    assert len(store) == 5
    assert store.read("k49") == _heavy(16)


def test_a_session_that_outweighs_the_memory_is_not_kept(clock):
    store = LocalSessions(seconds=60, most=9, per_principal=9, size=9_000, clock=lambda: clock.now)
    store.write("k", _session(), principal="ann")
    store.write("k", _heavy(64), principal="ann")
    assert (store.read("k"), len(store), store._used) == (Session(), 0, 0)


def test_a_flood_of_sessions_takes_no_more_memory_than_it_may():
    store = LocalSessions(seconds=60, most=10_000, per_principal=10_000, size=2_000_000)
    tracemalloc.start()
    for number in range(600):
        turns = tuple(Turn(f"{number:032}", Decision.ALLOW) for _ in range(20))
        text = str(number) + "y" * 16_000
        store.write(f"{number:064}", Session(_session(text).history, turns), principal="ann")
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert store._used <= 2_000_000
    assert held <= 2_000_000


def test_a_clock_that_is_set_back_does_not_keep_a_session_alive(store, clock):
    store.write("k", _session(), principal="ann")
    clock.now -= 10_000
    store.read("k")
    clock.now += 61
    assert store.read("k") == Session()


def test_a_clock_that_is_set_back_does_not_end_a_session_early(store, clock):
    store.write("k", _session(), principal="ann")
    clock.now -= 10_000
    store.read("k")
    clock.now += 59
    assert store.read("k") == _session()


def test_sessions_written_before_a_clock_was_set_back_are_erased_in_time(store, clock):
    store.write("old", _session(), principal="ann")
    clock.now -= 500
    store.write("new", _session(), principal="bob")
    clock.now += 61
    store.write("newest", _session(), principal="cid")
    assert len(store) == 1


@pytest.mark.parametrize("odd", [float("nan"), float("inf"), float("-inf")])
def test_a_clock_that_shows_no_time_counts_as_none(store, clock, odd):
    store.write("k", _session(), principal="ann")
    usual, clock.now = clock.now, odd
    assert store.read("k") == _session()
    clock.now = usual + 61
    assert store.read("k") == Session()


def test_a_clock_that_leaps_ahead_ends_sessions_and_not_the_store(store, clock):
    store.write("k", _session(), principal="ann")
    clock.now += 1e9
    store.write("k2", _session(), principal="ann")
    assert (store.read("k"), store.read("k2"), len(store)) == (Session(), _session(), 1)


def test_what_a_principals_sessions_share_is_none_of_them(store):
    store.write("ann", _session("shared"), principal="ann")
    for number in range(4):
        store.write(f"k{number}", _session(), principal="ann")
    assert store.read("ann") == _session("shared")
    assert [store.read(f"k{n}") for n in range(4)] == [Session(), *[_session()] * 3]


def test_a_forgotten_principal_leaves_nothing_behind(store):
    for key in ("ann", "k0", "k1"):
        store.write(key, _session(), principal="ann")
    store.write("b0", _session(), principal="bob")
    store.forget_owner("ann")
    assert [store.read(k) for k in ("ann", "k0", "k1", "b0")] == [*[Session()] * 3, _session()]
    assert (len(store), set(store._owned)) == (1, {"bob"})


def test_nothing_is_weighed_after_everything_is_forgotten(store):
    for number in range(3):
        store.write(f"k{number}", _heavy(number), principal="ann")
    store.forget_owner("ann")
    assert store._used == 0
