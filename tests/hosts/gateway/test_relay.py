"""Streams on their way down, before the middleware: passed in pieces, ended well, let go."""

import contextlib
import json

import httpx2
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from shield.hosts.gateway.accounts import Accounts
from shield.hosts.gateway.limits import Allowances, Place, Places
from shield.hosts.gateway.proxy import CALLER, JUDGED, Parts, Proxy
from shield.hosts.gateway.table import Tables
from shield.hosts.gateway.upstreams import Connections
from shield.ops.ledger import Ledger, read
from shield.types import Caller

from .conftest import chat
from .fake import RawUpstream

SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
ONE = b'data: {"model":"m","choices":[{"delta":{"content":"Good"}}]}\n\n'


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


@pytest.fixture
def bare(running, settings, tmp_path):
    """The proxy without the middleware; gives its URL and a reader of its ledger."""

    def start(url, idle=60, **changes):
        one = {"url": url, "default": True, "retries": 0, "idle_seconds": idle}
        asked = settings(upstreams={"o": one, "a": {**one, "family": "anthropic"}}, **changes)
        ledger = Ledger(tmp_path / "used.db")
        connections = Connections()
        tables = Tables(asked)
        accounts = Accounts(tables, ledger, Allowances(asked.limits))
        proxy = Proxy(Parts(tables, connections, accounts, 9_999))

        async def with_caller(scope, receive, send):
            if scope["type"] == "lifespan":
                await app(scope, receive, send)
            else:
                place = Place(Places(9))
                caller = Caller(tenant="t", principal="p")
                await app({**scope, CALLER: caller, JUDGED: place}, receive, send)

        async def opened(_):
            await connections.open()
            yield
            await connections.close()

        app = Starlette(
            routes=[Route("/{path:path}", proxy.generate, methods=["POST"])],
            lifespan=contextlib.asynccontextmanager(opened),
        )
        config = uvicorn.Config(with_caller, log_level="error", ws="none")
        base = running(uvicorn.Server(config))

        def used():
            ledger.flush()
            (line,) = read(tmp_path / "used.db", ("model",), days=1, now=ledger._clock())
            return line.use

        return base, used

    return start


@pytest.fixture
def raw_server():
    made = RawUpstream(SSE + chunk(ONE), hold=True)
    yield made
    made.close()


def post(http, base, path="/v1/chat/completions", **more):
    return http.post(base + path, json=chat(stream=True, **more))


def test_a_clean_stream_passes_byte_for_byte_and_is_metered(bare, http, upstream):
    base, used = bare(upstream.url)

    plain = post(http, base).content
    counted = post(http, base, stream_options={"include_usage": True}).content

    assert plain.endswith(b"data: [DONE]\n\n")
    assert b'"usage"' not in plain
    assert b'"usage"' in counted
    assert (used().requests, used().input, used().output) == (2, 14, 10)


def test_an_upstream_that_breaks_off_ends_in_the_dialects_error(bare, http, raw):
    base, used = bare(raw(SSE + chunk(ONE) + b"99\r\nhalf"))

    answer = post(http, base)

    assert answer.status_code == 200
    assert answer.content.startswith(ONE)
    last = json.loads(answer.text.strip().rpartition("data: ")[2])
    assert last["error"]["code"] == "upstream_broke_off"
    assert used().unmetered == 1


def test_an_upstream_that_falls_silent_ends_in_the_dialects_error(bare, http, raw):
    base, _ = bare(raw(SSE + chunk(ONE), hold=True), idle=2)

    chatted = post(http, base)
    messaged = post(http, base, "/v1/messages")
    responded = post(http, base, "/v1/responses")

    assert b"upstream_timeout" in chatted.content
    assert b'event: error\ndata: {"type": "error", "error": {"type": "timeout_error"' in (
        messaged.content
    )
    assert b'"code": "upstream_timeout"' in responded.content


def test_a_client_that_goes_away_closes_the_upstreams_connection(bare, raw_server):
    base, used = bare(raw_server.url)

    with (
        httpx2.Client(trust_env=False, timeout=60) as http,
        http.stream("POST", f"{base}/v1/chat/completions", json=chat(stream=True)) as answer,
    ):
        assert next(answer.iter_bytes()) == ONE
    (connection,) = raw_server.connections
    connection.settimeout(60)

    assert connection.recv(1) == b""
    assert used().unmetered == 1


def test_an_event_stream_with_an_error_status_is_no_stream(bare, http, raw):
    sent = SSE.replace(b"200 OK", b"400 Bad Request") + chunk(ONE) + b"0\r\n\r\n"
    base, _ = bare(raw(sent))

    assert post(http, base).json()["error"]["code"] == "upstream_invalid"
