"""Orders are written whole, read soon, and what cannot be believed changes nothing."""

import os
import stat
import threading

import pytest

from shield.errors import SetupError
from shield.ops.state import Order, Watched, alone, folder_of, held, put


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "order.json"


@pytest.fixture
def clock():
    return [100.0]


@pytest.fixture
def watched(path, clock):
    return Watched(path, Order, Order(), lambda: clock[0])


def test_what_was_put_is_read(path, watched):
    put(path, Order("off", "drill", 5.0))
    assert watched.now() == Order("off", "drill", 5.0)
    assert held(path, Order, Order()) == Order("off", "drill", 5.0)


def test_without_a_file_nothing_is_ordered(path, watched):
    assert watched.now() == held(path, Order, Order()) == Order()


def test_only_its_owner_may_read_or_write_an_order(path):
    put(path, Order())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_change_is_seen_after_a_fifth_of_a_second_and_not_asked_for_before(path, watched, clock):
    put(path, Order("shadow", "a"))
    assert watched.now().mode == "shadow"
    put(path, Order("off", "b"))
    clock[0] += 0.19
    assert watched.now().mode == "shadow"
    clock[0] += 0.02
    assert watched.now().mode == "off"


def test_a_file_that_is_gone_orders_nothing_any_more(path, watched, clock):
    put(path, Order("off", "a"))
    watched.now()
    path.unlink()
    clock[0] += 1
    assert watched.now() == Order()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"mode": "sideways"}', b'{"mode": 5}', b'{"mod": "off"}', b"\xff", b"[]"],
)
def test_what_cannot_be_read_changes_nothing_and_shows(path, watched, clock, content):
    put(path, Order("shadow", "a"))
    watched.now()
    path.write_bytes(content)
    clock[0] += 1
    assert watched.now() == Order("shadow", "a")
    assert watched.failing
    with pytest.raises(SetupError, match="cannot be read"):
        held(path, Order, Order())


def test_garbage_at_the_start_never_switches_anything_off(path, watched):
    path.parent.mkdir()
    path.write_bytes(b'{"mode": "off", "reason": ')
    assert watched.now() == Order()


def test_an_order_that_anybody_may_write_is_not_obeyed(path, watched, clock):
    put(path, Order("off", "not me"))
    path.chmod(0o666)
    assert watched.now() == Order()
    assert watched.failing
    put(path, Order("off", "me"))
    clock[0] += 1
    assert (watched.now().mode, watched.failing) == ("off", False)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


@needs_root
def test_an_order_that_belongs_to_somebody_else_is_not_obeyed(path, watched):
    put(path, Order("off", "not me"))
    os.chown(path, 54_321, 54_321)
    assert watched.now() == Order()
    assert watched.failing


@needs_root
def test_what_root_orders_can_be_read_by_whom_the_folder_belongs(path):
    path.parent.mkdir()
    os.chown(path.parent, 12_345, 12_346)
    put(path, Order("off", "root"))
    with alone(path.parent):
        pass
    for file in (path, path.parent / ".lock"):
        assert (file.stat().st_uid, file.stat().st_gid) == (12_345, 12_346)


def test_an_order_of_endless_length_is_not_read_to_its_end(path, watched):
    put(path, Order())
    path.write_bytes(b'{"mode": "off", "reason": "' + b"x" * 100_000 + b'"}')
    path.chmod(0o600)
    assert watched.now() == Order()


def test_a_write_that_fails_leaves_the_old_order_and_no_litter(path, monkeypatch):
    put(path, Order("shadow", "a"))

    def full(handle):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="disk full"):
        put(path, Order("off", "b"))
    assert held(path, Order, Order()).mode == "shadow"
    assert [f.name for f in path.parent.iterdir()] == ["order.json"]


def test_readers_never_see_half_an_order(path):
    put(path, Order("shadow", "a" * 100))
    stop, wrong = threading.Event(), []

    def read():
        while not stop.is_set():
            if len(held(path, Order, Order()).reason) not in {100, 150}:
                wrong.append(1)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(100):
        put(path, Order("off", "b" * (100 if number % 2 else 150)))
    stop.set()
    reader.join()
    assert wrong == []


def test_one_process_at_a_time_changes_the_folder(tmp_path):
    order = []

    def work():
        with alone(tmp_path / "s"):
            order.append("other")

    with alone(tmp_path / "s"):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(0.05)
        order.append("first")
    thread.join()
    assert order == ["first", "other"]


def test_the_state_lies_beside_the_policy_unless_it_is_said_where(tmp_path, monkeypatch):
    monkeypatch.delenv("SHIELD_STATE", raising=False)
    assert folder_of(tmp_path / "p.toml") == tmp_path / "p.state"
    monkeypatch.setenv("SHIELD_STATE", "/run/shield")
    assert str(folder_of(tmp_path / "p.toml")) == "/run/shield"
