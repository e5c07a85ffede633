"""Sessions in a real Redis: kept apart, bounded, expiring, encrypted, merged, and failing visibly."""

import logging
import threading
from types import SimpleNamespace

import pytest
import redis
from msgspec.structs import replace

from shield.errors import SetupError, StoreError
from shield.label import segment
from shield.memory.redis import Bounds, RedisSessions
from shield.memory.session import MOST_TRIES, Session
from shield.types import Decision, Source, Step, Turn
from tests.redis_server import running

SECRET = b"k" * 32
BOUNDS = Bounds(most=5, per_principal=3, texts=8, turns=50)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with running(tmp_path_factory.mktemp("redis")) as made:
        yield made


@pytest.fixture
def client(server):
    with redis.Redis.from_url(server.url) as made:
        made.flushall()
        yield made


@pytest.fixture
def store(server, client):
    return RedisSessions.of(server.url, SECRET, BOUNDS)


def _session(text="hello", **more):
    return Session((segment(text, Source.USER),), **more)


def _turns(*names):
    return tuple(Turn(name, Decision.ALLOW) for name in names)


def test_a_session_is_read_as_it_was_written(store):
    whole = _session(
        "Grüße \ud800 \U0001f600",
        trail=(Turn("d", Decision.BLOCK, ("pii",), Source.TOOL, (("harm", 0.25),), ("refusal",)),),
        steps=(Step("pay", "e", Decision.REDACT, "1", ("v",), 12.5, 2),),
    )
    store.write("k", whole, principal="ann")
    assert store.read("k") == whole


def test_a_session_that_was_never_written_is_empty(store):
    assert store.read("k") == Session()


def test_workers_with_one_key_share_sessions(server, store):
    store.write("k", _session(), principal="ann")
    assert RedisSessions.of(server.url, SECRET, BOUNDS).read("k") == _session()


def test_no_text_and_no_secret_reaches_the_server_in_the_clear(store, client):
    store.write("k", _session("zanzibarcanary"), principal="ann")
    held = b"".join(
        client.dump(name) for name in client.keys("*") if client.type(name) != b"string"
    )
    assert b"zanzibar" not in held
    assert SECRET not in held


def test_another_key_opens_nothing_and_what_it_cannot_read_is_erased(server, store):
    store.write("k", _session(), principal="ann")
    other = RedisSessions.of(server.url, b"x" * 32, BOUNDS)
    with pytest.raises(StoreError):
        other.read("k")
    assert other.read("k") == Session()


def test_data_put_in_place_of_another_sessions_is_refused(store, client):
    store.write("a", _session("of ann"), principal="ann")
    store.write("b", _session("of bob"), principal="bob")
    stolen = client.hget("{shield}:session:record:a", "data")
    client.hset("{shield}:session:record:b", "data", stolen)
    with pytest.raises(StoreError):
        store.read("b")


def test_a_session_expires_and_nothing_is_left(server, client):
    store = RedisSessions.of(server.url, SECRET, replace(BOUNDS, seconds=9))
    store.write("k", _session(), principal="ann")
    left = {name: client.pttl(name) for name in client.keys("*")}
    assert len(left) == 5
    assert all(0 < milliseconds <= 9_000 for milliseconds in left.values())


def test_what_has_expired_makes_room_in_the_index(store, client):
    store.write("old", _session(), principal="ann")
    client.delete("{shield}:session:record:old")
    client.zadd("{shield}:session:all", {"old": 1})
    store.write("new", _session(), principal="bob")
    assert (len(store), client.hkeys("{shield}:session:sizes")) == (1, [b"new"])


def test_the_oldest_session_of_all_goes_first(store):
    for number in range(7):
        store.write(f"k{number}", _session(), principal=f"p{number}")
    assert [store.read(f"k{n}") == _session() for n in range(7)] == [False] * 2 + [True] * 5


def test_the_oldest_session_of_a_principal_goes_first_and_nobody_elses(store):
    store.write("bobs", _session(), principal="bob")
    for number in (0, 1, 2, 0, 3):
        store.write(f"k{number}", _session(), principal="ann")
    assert [store.read(k) == Session() for k in ("bobs", "k0", "k1")] == [False, False, True]


def test_all_sessions_together_are_bounded_by_their_bytes(server, client):
    limits = replace(BOUNDS, size=5_000, most=99)
    store = RedisSessions.of(server.url, SECRET, limits)
    for number in range(9):
        store.write(f"k{number}", _session("x" * 1_500), principal=f"p{number}")
    sizes = [int(v.split(b":")[0]) for v in client.hvals("{shield}:session:sizes")]
    assert int(client.get("{shield}:session:used")) == sum(sizes) <= 5_000
    assert store.read("k8") == _session("x" * 1_500)


def test_a_session_that_outweighs_the_store_is_not_kept(server, client):
    limits = replace(BOUNDS, size=900)
    store = RedisSessions.of(server.url, SECRET, limits)
    store.write("k", _session(), principal="ann")
    store.write("k", _session("y" * 5_000), principal="ann")
    assert (store.read("k"), len(store), client.get("{shield}:session:used")) == (
        Session(),
        0,
        b"0",
    )


def test_a_forgotten_session_is_empty_and_the_others_stay(store):
    for key in ("k", "other"):
        store.write(key, _session(), principal="ann")
    store.forget("k")
    assert (store.read("k"), store.read("other")) == (Session(), _session())


def test_a_forgotten_principal_leaves_nothing_behind(store, client):
    for key in ("ann", "k0", "k1"):
        store.write(key, _session(), principal="ann")
    store.write("b0", _session(), principal="bob")
    store.forget_owner("ann")
    assert [store.read(k) for k in ("ann", "k0", "k1", "b0")] == [*[Session()] * 3, _session()]
    assert not [name for name in client.keys("*") if b"ann" in name or b"k0" in name]


def test_what_two_workers_remember_side_by_side_is_kept_of_both(server, store):
    other = RedisSessions.of(server.url, SECRET, BOUNDS)
    store.write("k", _session("first", trail=_turns("a")), principal="ann")
    mine, theirs = store.read("k"), other.read("k")
    other.write(
        "k",
        Session((*theirs.history, segment("b", Source.USER)), _turns("a", "b")),
        principal="ann",
    )
    store.write(
        "k", Session((*mine.history, segment("c", Source.USER)), _turns("a", "c")), principal="ann"
    )
    assert {s.text for s in store.read("k").history} == {"first", "b", "c"}
    assert {t.digest for t in store.read("k").trail} == {"a", "b", "c"}


def test_many_workers_that_write_at_once_lose_nothing(server, store):
    def work(number):
        mine = RedisSessions.of(server.url, SECRET, BOUNDS)
        for turn in range(5):
            mine.write("k", Session((), _turns(f"{number}-{turn}")), principal="ann")

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({t.digest for t in store.read("k").trail}) == 20


def test_a_merged_session_keeps_within_its_bounds(store):
    for number in range(20):
        store.write(
            "k", _session(str(number), trail=_turns(*map(str, range(number * 5)))), principal="a"
        )
    held = store.read("k")
    assert [s.text for s in held.history] == [str(n) for n in range(12, 20)]
    assert len(held.trail) == 50


def test_what_a_principals_sessions_share_keeps_its_own_bound(store):
    for number in range(40):
        store.write("ann", Session((), _turns(str(number))), principal="ann")
    assert [t.digest for t in store.read("ann").trail] == [
        str(n) for n in range(40 - MOST_TRIES, 40)
    ]


def test_a_session_that_changes_faster_than_it_is_read_is_a_failure(store, monkeypatch):
    monkeypatch.setattr(store._records, "_put", lambda *args: False)
    with pytest.raises(StoreError, match="too fast"):
        store.write("k", _session(), principal="ann")


@pytest.fixture
def own(tmp_path):
    """A server of the test's own, a store over it, and a clock that stands still."""
    clock = SimpleNamespace(now=100.0)
    with (
        running(tmp_path) as server,
        redis.Redis.from_url(server.url) as client,
    ):
        store = RedisSessions(client, SECRET, BOUNDS, clock=lambda: clock.now)
        store.write("k", _session(), principal="ann")
        yield SimpleNamespace(server=server, store=store, clock=clock, client=client)


def test_a_store_that_stopped_fails_and_recovers_when_it_is_back(own):
    own.server.stop()
    for _ in range(2):
        with pytest.raises(StoreError):
            own.store.read("k")
    own.server.start()
    own.clock.now += 1.01
    assert own.store.read("k") == Session()
    own.store.write("k", _session(), principal="ann")
    assert own.store.read("k") == _session()


def impatient(client, seconds):
    client.connection_pool.disconnect()
    client.connection_pool.reset()
    client.connection_pool.connection_kwargs["socket_timeout"] = seconds


def test_a_store_that_does_not_answer_in_time_fails_once_and_then_at_once(own, monkeypatch):
    own.server.freeze()
    impatient(own.client, 0.1)
    with pytest.raises(StoreError):
        own.store.read("k")
    asked = []
    monkeypatch.setattr(own.client, "hmget", lambda *a: asked.append(a))
    with pytest.raises(StoreError, match="just"):
        own.store.read("k")
    assert asked == []
    monkeypatch.undo()
    own.server.thaw()
    impatient(own.client, 60)
    own.clock.now += 1.01
    assert own.store.read("k") == _session()


def test_a_store_that_may_only_be_read_fails_when_it_is_written(own):
    own.client.replicaof("127.0.0.1", 1)
    assert own.store.read("k") == _session()
    with pytest.raises(StoreError):
        own.store.write("k", _session("new"), principal="ann")
    with pytest.raises(StoreError):
        own.store.forget_owner("ann")
    own.client.replicaof("NO", "ONE")
    own.store.write("k", _session("new"), principal="ann")
    assert len(own.store.read("k").history) == 2


def test_a_failure_is_logged_once_with_neither_keys_nor_texts(own, caplog):
    caplog.set_level(logging.DEBUG)
    own.client.replicaof("127.0.0.1", 1)
    for _ in range(3):
        with pytest.raises(StoreError):
            own.store.write("secretkey", _session("zanzibar"), principal="ann")
        own.store.read("k")
    own.client.replicaof("NO", "ONE")
    own.store.read("k")
    own.store.write("k", _session(), principal="ann")
    said = [r.getMessage() for r in caplog.records if r.name == "shield.store"]
    assert "secretkey" not in str(said) + caplog.text
    assert "zanzibar" not in caplog.text
    assert said == [
        "the shared store cannot be written: ReadOnlyError",
        "the shared store can be written again",
    ]


@pytest.mark.parametrize("url", ["http://x/0", "redis://:hunter2@host:notaport/0", "nonsense"])
def test_an_address_that_is_none_is_a_set_up_error_without_its_password(url):
    with pytest.raises(SetupError) as raised:
        RedisSessions.of(url, SECRET, BOUNDS)
    assert "hunter2" not in str(raised.value)
