"""The vault is bounded in values, sessions and bytes, whoever uses it in which order."""

import threading
import tracemalloc
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.memory.vault import LocalVault

MAIL = "ann@example.org"
ROOM = {"seconds": 60, "entries": 5, "per_owner": 3, "size": 100_000}


@pytest.fixture
def vault():
    return LocalVault(**ROOM)


def put(vault, value=MAIL, *, session="s", owner="ann", kind="email-address"):
    return vault.token(session, owner, kind, value)


def test_a_session_without_room_gives_no_placeholder_and_keeps_those_it_gave(vault):
    given = [put(vault, f"{n}@x.test") for n in range(7)]
    assert given[5:] == ["", ""]
    assert vault.restore("s", "<EMAIL_5>") == "4@x.test"
    assert put(vault, "0@x.test") == "<EMAIL_1>"


def test_a_value_bigger_than_the_vault_is_not_taken(vault):
    assert put(vault, "x" * 200_000) == ""
    assert put(vault, "漢" * 26_000) == ""
    assert vault.used <= ROOM["size"]


def test_the_oldest_session_of_an_owner_goes_first(vault):
    for name in "abcd":
        put(vault, session=name)
    assert [vault.restore(name, "<EMAIL_1>") == MAIL for name in "abcd"] == [
        False,
        True,
        True,
        True,
    ]


def test_an_owner_with_many_sessions_does_not_push_out_another(vault):
    put(vault, session="bobs", owner="bob")
    for number in range(100):
        put(vault, session=str(number))
    assert vault.restore("bobs", "<EMAIL_1>") == MAIL


def test_all_values_together_stay_within_the_bytes(vault):
    for number in range(50):
        put(vault, "x" * 10_000, session=str(number), owner=str(number))
        assert vault.used <= ROOM["size"]
    assert 1 < len(vault) < 50


def test_what_is_counted_is_what_is_held():
    vault = LocalVault(seconds=60, entries=10_000, per_owner=10_000, size=10**9)
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(300):
        for value in range(10):
            put(vault, f"{number}-{value}@example.org", session=str(number), owner=str(number))
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert held <= vault.used <= 5 * held


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["put", "put", "forget", "owner", "wait", "restore"]),
        st.integers(0, 5).map(str),
        st.sampled_from(["ann", "bob"]),
        st.integers(1, 30_000),
    ),
    max_size=30,
)


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_no_sequence_of_events_breaks_a_bound(steps):
    clock = SimpleNamespace(now=0.0)
    vault = LocalVault(**ROOM, clock=lambda: clock.now)
    for step, session, owner, size in steps:
        if step == "put":
            put(vault, "x" * size, session=f"{owner}{session}", owner=owner)
        elif step == "forget":
            vault.forget(f"{owner}{session}")
        elif step == "owner":
            vault.forget_owner(owner)
        elif step == "wait":
            clock.now += 25
        else:
            vault.restore(f"{owner}{session}", "<EMAIL_1>")
        held = [len(sessions) for sessions in vault._owned.values()]
        assert len(vault) == sum(held)
        assert max(held, default=0) <= ROOM["per_owner"]
        assert vault.used == sum(d.weight for d in vault._kept.values()) <= ROOM["size"]


def test_many_threads_agree_on_one_placeholder():
    vault = LocalVault(seconds=60, entries=100, per_owner=9, size=10**6)
    given = []

    def work():
        for number in range(200):
            given.append((number % 10, put(vault, f"{number % 10}@x.test")))
            vault.restore("s", "<EMAIL_1>")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(given)) == 10
