"""A fixed answer of the policy goes back over HTTP, and the application is not called."""

import json

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from shield.guard import Guard
from shield.hosts.asgi import ShieldMiddleware
from shield.policy.load import load

POLICY = """
name = "t"
version = "1"
[scanners.banned_phrases.options.lists.hours]
phrases = ["opening hours"]
[scanners.banned_phrases.rules]
"banned_phrases/hours" = { answer = "From nine to six." }
"""
ASKED = "What are your opening hours?"


@pytest.fixture
def client(tmp_path):
    path = tmp_path / "p.toml"
    path.write_text(POLICY, "utf-8")
    guard = Guard(load(path, locked=False))
    called = []

    async def model(request):
        called.append(await request.json())
        return JSONResponse({"choices": [{"message": {"role": "assistant", "content": "hello"}}]})

    screen = Middleware(ShieldMiddleware, guard=guard)
    app = Starlette(routes=[Route("/chat", model, methods=["POST"])], middleware=[screen])
    with TestClient(app) as made:
        made.called = called
        yield made
    guard.close()


def body(text, **more):
    return {"model": "m-1", "messages": [{"role": "user", "content": text}], **more}


def test_a_chat_gets_a_completion_of_its_dialect(client):
    answer = client.post("/chat", json=body(ASKED))
    found = answer.json()
    assert answer.status_code == 200
    assert found["object"] == "chat.completion"
    assert found["model"] == "m-1"
    assert found["choices"][0]["message"]["content"] == "From nine to six."
    assert found["choices"][0]["finish_reason"] == "stop"
    assert client.called == []


def test_a_stream_gets_a_stream(client):
    options = {"include_usage": True}
    answer = client.post("/chat", json=body(ASKED, stream=True, stream_options=options))
    assert answer.headers["content-type"].startswith("text/event-stream")
    *events, done = [e.removeprefix("data: ") for e in answer.text.split("\n\n") if e]
    first, last, usage = map(json.loads, events)
    assert done == "[DONE]"
    assert first["choices"][0]["delta"]["content"] == "From nine to six."
    assert last["choices"][0]["finish_reason"] == "stop"
    assert usage["choices"] == []
    assert {first["id"], last["id"], usage["id"]} == {
        f"chatcmpl-{answer.headers['x-shield-verdict']}"
    }


def test_another_body_gets_a_plain_object(client):
    found = client.post("/chat", json={"question": ASKED}).json()
    assert found["answer"] == "From nine to six."
    assert client.called == []


def test_what_has_no_answer_reaches_the_application(client):
    assert client.post("/chat", json=body("Do you sell lamps?")).status_code == 200
    assert len(client.called) == 1
