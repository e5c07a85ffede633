"""A disk or a store that takes nothing more: requests go on, nothing passes for it, and the metrics say so."""

import asyncio
import json
import logging
import os
import sqlite3

import pytest
import redis

from shield.errors import StoreError
from shield.guard import Guard
from shield.hosts.gateway.keeper import Keeper
from shield.label import segment
from shield.memory.escalations import Question
from shield.memory.redis_escalations import RedisEscalations
from shield.ops.events import EventLog, streamed
from shield.ops.ledger import Ledger, Use, read
from shield.ops.metrics import Metrics
from shield.types import Caller, Checkpoint, Source
from tests.redis_server import running


def counted(metrics, what):
    return metrics.registry.get_sample_value("shield_unwritten_total", {"what": what})


class Still:
    """Tables that have nothing to follow."""

    def poll(self):
        pass


@pytest.fixture
def metrics():
    return Metrics()


def test_events_that_a_full_disk_does_not_take_are_counted_and_judging_goes_on(
    small_policy, metrics
):
    full = os.open("/dev/full", os.O_WRONLY)
    events = EventLog(streamed(full), failed=lambda: metrics.unwritten("event"))
    guard = Guard(small_policy("injection_patterns"), observers=[metrics, events])

    outcome = guard.exchange(Caller(principal="p")).input([segment("Good morning", Source.USER)])

    guard.close()
    os.close(full)
    assert outcome.passes
    assert counted(metrics, "event") == events.lost > 0


def test_events_are_lines_whole_and_in_order_whoever_writes(tmp_path):
    path = tmp_path / "events"
    with path.open("wb") as file:
        write = streamed(file.fileno())
        for number in range(3):
            write(json.dumps({"n": number, "x": "y" * 9_000}).encode())

    assert [json.loads(line)["n"] for line in path.read_bytes().splitlines()] == [0, 1, 2]


def test_a_ledger_on_a_full_disk_keeps_its_rows_says_so_once_and_recovers(
    tmp_path, metrics, caplog
):
    ledger = Ledger(tmp_path / "used.db")
    pages = ledger._file.execute("PRAGMA page_count").fetchone()[0]
    ledger._file.execute(f"PRAGMA max_page_count = {pages}")
    keeper = Keeper(Still(), ledger, lambda: metrics.unwritten("ledger"))
    for number in range(2_000):
        ledger.add("t", "f", "m", f"principal-{number}", Use(requests=1, micros=5))

    with caplog.at_level(logging.WARNING, "shield"):
        keeper._tried(ledger.flush)
        keeper._tried(ledger.flush)
        ledger.add("t", "f", "m", "late", Use(requests=1, micros=5))
        assert ledger.spent("t") == 2_001 * 5
        ledger._file.execute("PRAGMA max_page_count = 100000")
        asyncio.run(keeper.close())

    assert counted(metrics, "ledger") == 2
    assert [r.message for r in caplog.records] == [
        "the ledger is not written: OperationalError",
        "the ledger is written again",
    ]
    (line,) = read(tmp_path / "used.db", (), days=2, now=ledger._clock())
    assert line.use.requests == 2_001


def test_the_keeper_goes_on_after_a_failure(monkeypatch, metrics):
    monkeypatch.setattr("shield.hosts.gateway.keeper._SECONDS", 0.0)

    async def run():
        tried, loop = asyncio.Event(), asyncio.get_running_loop()
        tries = []

        class Failing:
            def flush(self):
                tries.append(1)
                if len(tries) == 3:
                    loop.call_soon_threadsafe(tried.set)
                raise sqlite3.OperationalError("database or disk is full")

        keeper = Keeper(Still(), Failing(), lambda: metrics.unwritten("ledger"))
        keeping = asyncio.create_task(keeper.run())
        await tried.wait()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    asyncio.run(asyncio.wait_for(run(), 60))
    assert counted(metrics, "ledger") >= 2


def test_a_store_of_questions_that_takes_no_writes_raises_and_keeps_what_it_has(tmp_path):
    asked = Question("owner", "session", Checkpoint.ACTION, "digest", "May it?")
    with running(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        store = RedisEscalations.of(server.url, b"k" * 32)
        known = store.ask(asked)
        # Refuses writes as a server does whose disk is full.
        client.config_set("min-replicas-to-write", 1)
        other = Question("owner", "session", Checkpoint.ACTION, "another", "May it?")
        with pytest.raises(StoreError):
            store.ask(other)
        with pytest.raises(StoreError):
            store.decide(known.id, approve=True)
        assert not store.take(asked)
        client.config_set("min-replicas-to-write", 0)
        assert store.decide(known.id, approve=True)
        assert store.take(asked)
