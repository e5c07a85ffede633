"""Placeholders' values in a real Redis: one name a value for all workers, for its session alone."""

import threading

import pytest
import redis

from shield.errors import StoreError
from shield.memory.records import Room
from shield.memory.redis_vault import RedisVault
from tests.redis_server import running

SECRET = b"k" * 32
ROOM = Room(seconds=60, most=9, per_owner=3, size=100_000)
MAIL = "ann@corp.example"


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
def worker(server, client):
    return lambda **more: RedisVault.of(server.url, SECRET, ROOM, **{"entries": 4, **more})


def test_a_value_has_one_placeholder_whichever_worker_meets_it(worker):
    one, other = worker(), worker()
    assert one.token("s", "ann", "email-address", MAIL) == "<EMAIL_1>"
    assert other.token("s", "ann", "email-address", "bob@corp.example") == "<EMAIL_2>"
    assert other.token("s", "ann", "email-address", MAIL) == "<EMAIL_1>"
    assert other.token("s", "ann", "phone-number", "555") == "<PHONE_1>"
    assert one.restore("s", "To <EMAIL_2> and <EMAIL_1>") == f"To bob@corp.example and {MAIL}"


def test_values_are_for_their_session_alone(worker):
    vault = worker()
    vault.token("s", "ann", "email", MAIL)
    assert vault.restore("t", "<EMAIL_1>") == "<EMAIL_1>"
    assert vault.token("t", "bob", "email", "x") == "<EMAIL_1>"
    assert vault.restore("s", "<EMAIL_1>") == MAIL


def test_workers_that_meet_values_at_once_never_give_two_one_name(worker):
    names = {}

    def work(number):
        mine = worker(entries=99)
        for value in range(6):
            text = f"{number}-{value}"
            names[text] = mine.token("s", "ann", "email", text)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names.values())) == 18
    assert all(worker().restore("s", name) == text for text, name in names.items())


def test_a_session_has_a_bounded_number_of_values(worker):
    vault = worker()
    names = [vault.token("s", "ann", "email", str(n)) for n in range(6)]
    assert names == ["<EMAIL_1>", "<EMAIL_2>", "<EMAIL_3>", "<EMAIL_4>", "", ""]


def test_a_value_that_outgrows_the_store_has_no_placeholder_and_the_others_stay(worker):
    vault = worker()
    vault.token("s", "ann", "email", MAIL)
    assert vault.token("s", "ann", "email", "x" * 60_000) == ""
    assert vault.restore("s", "<EMAIL_1>") == MAIL


def test_no_value_reaches_the_server_in_the_clear(worker, client):
    worker().token("s", "ann", "email", MAIL)
    held = [client.hgetall(k) for k in client.keys("*record*")]
    assert len(held) == 1
    assert b"corp" not in str(held).encode()


def test_values_are_erased_with_their_session_and_their_owner(worker):
    vault = worker()
    for session in ("a", "b", "c"):
        vault.token(session, "ann" if session != "c" else "bob", "email", MAIL)
    vault.forget("a")
    assert [vault.restore(s, "<EMAIL_1>") == MAIL for s in "abc"] == [False, True, True]
    vault.forget_owner("ann")
    assert [vault.restore(s, "<EMAIL_1>") == MAIL for s in "abc"] == [False, False, True]


def test_a_text_without_placeholders_asks_nothing(worker, monkeypatch):
    vault = worker()
    monkeypatch.setattr(vault, "_records", None)
    assert vault.restore("s", "no placeholder, https://x.example/<EMAIL_1>") == (
        "no placeholder, https://x.example/<EMAIL_1>"
    )


def test_a_vault_that_fails_cuts_without_a_way_back_and_lets_nothing_pass(tmp_path):
    with running(tmp_path) as own:
        vault = RedisVault.of(own.url, SECRET, ROOM, entries=4)
        vault.token("s", "ann", "email", MAIL)
        own.stop()
        assert vault.token("s", "ann", "email", MAIL) == ""
        assert vault.restore("s", "<EMAIL_1>") == "<EMAIL_1>"
        with pytest.raises(StoreError):
            vault.forget_owner("ann")
        own.start()
        vault._records._until = 0.0
        assert vault.token("s", "ann", "email", MAIL) == "<EMAIL_1>"
