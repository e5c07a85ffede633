"""The official client against Flask, served by a WSGI server, through the middleware."""

import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import flask
import httpx2
import openai
import pytest

from shield.guard import Guard
from shield.hosts.wsgi import ShieldWSGI
from tests.hosts.serving import tool_policy
from tests.streams import DONE, SECRET, said

WORDS = "This is an honest sentence about the weather. "


class Quiet(WSGIRequestHandler):
    """Writes no log."""

    def log_message(self, *_):
        return


class Model:
    """Answers with prepared pieces."""

    def __init__(self):
        self.pieces = []
        self.app = flask.Flask(__name__)
        self.app.post("/v1/chat/completions")(self.chat)

    def chat(self):
        return flask.Response(iter(self.pieces), mimetype="text/event-stream")


@pytest.fixture(scope="module")
def served():
    guard, model = Guard(tool_policy()), Model()
    app = ShieldWSGI(model.app.wsgi_app, guard=guard)
    with make_server("127.0.0.1", 0, app, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield model, f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join(10)
    guard.close()


@pytest.fixture
def ask(served):
    model, url = served

    def asked(*pieces):
        model.pieces = pieces
        quiet = httpx2.Client(trust_env=False, timeout=60)
        with openai.OpenAI(api_key="k", base_url=url, http_client=quiet, max_retries=0) as client:
            messages = [{"role": "user", "content": "Please look at it."}]
            return list(client.chat.completions.create(model="m", messages=messages, stream=True))

    return asked


def spoken(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_a_stream_that_is_allowed(ask):
    found = ask(*said(WORDS * 3), DONE)

    assert spoken(found) == WORDS * 3
    assert found[-1].choices[0].finish_reason == "stop"


def test_a_stream_that_is_redacted(ask):
    assert spoken(ask(*said(f"It is {SECRET}. "), DONE)) == "It is [REDACTED:github-token]. "


def test_a_stream_that_is_cut(ask):
    found = ask(*said(WORDS * 3)[:-1], b"data: \xff\n\n")

    assert WORDS in spoken(found)
    assert found[-1].choices[0].finish_reason == "content_filter"


def test_a_stream_that_is_blocked_at_its_start(ask):
    with pytest.raises(openai.BadRequestError):
        ask(b"data: \xff\n\n")
