import sqlite3
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.ops.ledger import OTHER, Ledger, Use, read

NOON = 1_700_000_000.0
DAY = 86_400


class Clock:
    now = NOON

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "used.db"


def summed(path, *by, days=1, now=NOON):
    return {line.key: line.use for line in read(path, by, days=days, now=now)}


def test_use_is_summed_and_shown_by_any_columns(path, clock):
    ledger = Ledger(path, clock=clock)
    ledger.add("a", "draw", "m", "p", Use(1, 10, 5, micros=30))
    ledger.add("a", "draw", "m", "q", Use(1, 1, 1, micros=3))
    ledger.add("b", "chat", "n", "p", Use(1, unmetered=1, unpriced=1))
    ledger.flush()

    assert summed(path, "tenant") == {
        ("a",): Use(2, 11, 6, micros=33),
        ("b",): Use(1, unmetered=1, unpriced=1),
    }
    assert list(summed(path, "principal", "model")) == [("p", "m"), ("q", "m"), ("p", "n")]
    assert summed(path)["all",].requests == 3
    with pytest.raises(ValueError, match="not a column"):
        read(path, ["micros; DROP TABLE used"], days=1, now=NOON)


def test_what_was_spent_is_known_before_it_is_written_and_after_a_restart(path, clock):
    first = Ledger(path, clock=clock)
    first.add("a", "draw", "m", "p", Use(1, micros=30))
    first.add("a", "", "m", "p", Use(1, micros=4))

    assert (first.spent("a"), first.spent("a", "draw"), first.spent("b")) == (34, 30, 0)
    first.close()
    assert Ledger(path, clock=clock).spent("a") == 34


def test_a_new_day_begins_with_nothing_spent_and_old_days_stay(path, clock):
    ledger = Ledger(path, clock=clock)
    ledger.add("a", "", "m", "p", Use(1, micros=30))
    clock.now += DAY
    ledger.add("a", "", "m", "p", Use(1, micros=5))
    ledger.flush()

    assert ledger.spent("a") == 5
    assert summed(path, "tenant", now=clock.now)["a",].micros == 5
    assert summed(path, "tenant", days=2, now=clock.now)["a",].micros == 35


def test_rows_are_dropped_when_they_are_too_old(path, clock):
    ledger = Ledger(path, days=2, clock=clock)
    ledger.add("a", "", "m", "p", Use(1))
    ledger.flush()
    clock.now += 5 * DAY
    ledger.flush()

    assert not summed(path, "tenant", days=30, now=clock.now)


def test_two_processes_see_each_others_spending_after_a_flush(path, clock):
    one, two = Ledger(path, clock=clock), Ledger(path, clock=clock)
    one.add("a", "", "m", "p", Use(1, micros=30))
    two.add("a", "", "m", "p", Use(1, micros=4))
    one.flush()
    two.flush()
    one.flush()

    assert one.spent("a") == two.spent("a") == 34


def test_more_callers_than_it_holds_are_booked_together_and_none_is_lost(path, clock):
    ledger = Ledger(path, kept=3, clock=clock)
    for n in range(50):
        ledger.add("a", "", "m", str(n), Use(1, micros=1))
    ledger.flush()

    found = summed(path, "principal")
    assert len(found) == 4
    assert found[OTHER,].requests == 47
    assert ledger.spent("a") == 50


def test_what_cannot_be_written_is_kept_for_the_next_time(path, clock):
    ledger = Ledger(path, clock=clock)
    ledger.add("a", "", "m", "p", Use(1, micros=30))
    ledger._file.execute("PRAGMA busy_timeout = 0")
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(sqlite3.OperationalError):
        ledger.flush()
    assert ledger.spent("a") == 30
    other.rollback()
    other.close()
    ledger.flush()

    assert summed(path, "tenant")["a",] == Use(1, micros=30)


def test_a_file_that_is_no_ledger_is_refused(path):
    path.write_bytes(b"not a database, but long enough to be looked at" * 40)

    with pytest.raises(sqlite3.Error):
        Ledger(path)


def test_without_a_file_the_account_lives_in_memory(clock):
    ledger = Ledger(clock=clock)
    ledger.add("a", "", "m", "p", Use(1, micros=30))
    ledger.flush()

    assert ledger.spent("a") == 30
    ledger.close()


def test_adding_never_waits_for_the_file(path, clock):
    ledger = Ledger(path, clock=clock)
    added = threading.Event()
    with ledger._io:  # as if a write were under way
        worker = threading.Thread(
            target=lambda: (ledger.add("a", "", "m", "p", Use(1)), ledger.spent("a"), added.set())
        )
        worker.start()
        assert added.wait(60)
    worker.join()


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 99), st.booleans()), max_size=30))
def test_flushing_at_any_time_changes_no_sum(steps):
    ledger = Ledger(clock=Clock())
    for tenant, micros, flushed in steps:
        ledger.add(tenant, "", "m", "p", Use(1, micros=micros))
        if flushed:
            ledger.flush()

    for tenant in "ab":
        assert ledger.spent(tenant) == sum(m for t, m, _ in steps if t == tenant)
    ledger.close()
