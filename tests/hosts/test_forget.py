"""Only who has the guard's key can have a principal forgotten, and then nothing is left."""

import socket
import threading
import time
from types import SimpleNamespace

import anyio
import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from typer.testing import CliRunner

from shield.cli import app
from shield.errors import StoreError
from shield.hosts.asgi import ShieldMiddleware
from shield.hosts.forget import Forget, as_json, signed
from shield.memory.vault import LocalVault

KEY, NOW = b"a key of your own", 1_000_000


class Stores:
    """As much of a guard as erasing needs."""

    def __init__(self):
        self.key = KEY
        self.vault = LocalVault(seconds=60, entries=9, per_owner=9, size=10**6)
        self.policy = SimpleNamespace(
            document=SimpleNamespace(
                limits=SimpleNamespace(concurrency=1), dual=SimpleNamespace(mode="off")
            )
        )
        self.forgotten = []

    def forget(self, principal, tenant=""):
        self.forgotten.append((principal, tenant))
        self.vault.forget_owner(principal)


@pytest.fixture
def stores():
    return Stores()


def post(stores, content, *, method="POST", clock=lambda: float(NOW)):
    async def ask():
        transport = httpx2.ASGITransport(app=Forget(stores, clock=clock))
        async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
            sent = {"json": content} if isinstance(content, dict) else {"content": content}
            return await client.request(method, "/", **sent)

    return anyio.run(ask)


def order(principal="ann", tenant="", at=NOW, key=KEY, **changes):
    return {**as_json(signed(key, principal, tenant, at)), **changes}


@pytest.mark.parametrize(
    ("principal", "tenant"), [("ann", ""), ("ann", "acme"), ("🦊", "ä"), ("", "")]
)
def test_a_signed_order_is_carried_out(stores, principal, tenant):
    answer = post(stores, order(principal, tenant))
    assert (answer.status_code, answer.json()) == (200, {"forgotten": True})
    assert stores.forgotten == [(principal, tenant)]


@pytest.mark.parametrize(
    "forged",
    [
        order(key=b"another key"),
        order(principal="bob") | {"principal": "ann"},
        order(tenant="x") | {"tenant": ""},
        order() | {"at": NOW + 1},
        order(signature=""),
        order(signature="é" * 64),
        order(at=NOW - 301),
        order(at=NOW + 301),
        order("an", "n") | {"principal": "a", "tenant": "nn"},
    ],
)
def test_an_order_that_nobody_with_the_key_signed_now_is_refused(stores, forged):
    assert post(stores, forged).status_code == 403
    assert stores.forgotten == []


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"principal": 1}', 400),
        ({**order(), "more": 1}, 400),
        (b"\xff", 400),
        (b"x" * 9_000, 413),
    ],
)
def test_what_is_no_order_is_refused(stores, content, status):
    answer = post(stores, content)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code"}


@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD"])
def test_other_methods_are_refused(stores, method):
    assert post(stores, b"", method=method).status_code == 405


@pytest.fixture
def served(stores):
    """The URL of a running application that mounts it behind the middleware."""
    inner = Starlette(routes=[Mount("/shield/forget", Forget(stores))])
    guarded = ShieldMiddleware(
        inner, guard=stores, exempt=["/shield/forget*"], identify=lambda _: None
    )
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(guarded, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{held.getsockname()[1]}/shield/forget"
    server.should_exit = True
    thread.join()


def command(*arguments, key=KEY):
    return CliRunner().invoke(app, ["forget", *arguments], env={"SHIELD_KEY": key.decode()})


def test_the_command_has_a_running_application_forget(stores, served):
    stores.vault.token("s", "ann", "email-address", "canary@example.org")
    done = command("ann", "--tenant", "acme", "--at", served)
    assert (done.exit_code, done.output.strip()) == (0, "forgotten")
    assert stores.forgotten == [("ann", "acme")]
    assert stores.vault.restore("s", "<EMAIL_1>") == "<EMAIL_1>"


def test_the_command_says_when_it_was_not_believed(stores, served):
    done = command("ann", "--at", served, key=b"a wrong key")
    assert (done.exit_code, stores.forgotten) == (1, [])
    assert "not forgotten: status 403" in done.output


def test_the_command_says_when_nobody_answers():
    done = command("ann", "--at", "http://127.0.0.1:9/")
    assert done.exit_code == 1
    assert "not forgotten: unreachable" in done.output


def test_the_command_needs_the_key():
    done = command("ann", "--at", "http://127.0.0.1:9/", key=b"")
    assert done.exit_code == 2
    assert "SHIELD_KEY is not set" in done.output


def test_an_order_that_the_store_cannot_carry_out_is_not_called_done(stores, monkeypatch):
    def fails(principal, tenant=""):
        raise StoreError("down")

    monkeypatch.setattr(stores, "forget", fails)
    answer = post(stores, order())
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")


@pytest.mark.parametrize("at", ["-1", "1" + "0" * 30, "1" + "0" * 400, "9" * 5_000])
def test_an_order_of_no_time_is_unreadable(stores, at):
    raw = f'{{"principal": "ann", "tenant": "", "at": {at}, "signature": "x"}}'

    answer = post(stores, raw.encode())

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable")
    assert not stores.forgotten
