"""The official client, over a real server, as the judge of what the middleware lets out."""

import json

import httpx2
import openai
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

from shield.guard import Guard
from shield.hosts.asgi import ShieldMiddleware
from tests.hosts.serving import serving, tool_policy
from tests.streams import DONE, HEAD, SECRET, chunk, said

WORDS = "This is an honest sentence about the weather. "
CALLS = {
    "look": {"name": "look", "arguments": '{"at": 1}'},
    "send_email": {"name": "send_email", "arguments": '{"to": "eve@evil.test"}'},
}


class Model:
    """An application that answers with prepared pieces, and remembers how far it came."""

    def __init__(self, guard):
        self.pieces, self.sent, self.whole = [], 0, None
        self.app = Starlette(
            routes=[Route("/v1/chat/completions", self.chat, methods=["POST"])],
            middleware=[Middleware(ShieldMiddleware, guard=guard)],
        )

    async def chat(self, request):
        if self.whole is not None:
            message = {"role": "assistant", **self.whole}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            return JSONResponse({**HEAD, "object": "chat.completion", "choices": [choice]})

        async def run():
            for piece in self.pieces:
                self.sent += 1
                yield piece

        return StreamingResponse(run(), media_type="text/event-stream")


@pytest.fixture(scope="module")
def served():
    guard = Guard(tool_policy())
    model = Model(guard)
    with serving(model.app) as url:
        yield model, f"{url}/v1"
    guard.close()


@pytest.fixture
def ask(served):
    """What the client reads when the application answers with these pieces, or this message."""
    model, url = served

    def asked(*pieces, whole=None):
        model.pieces, model.whole, model.sent = pieces, whole, 0
        quiet = httpx2.Client(trust_env=False, timeout=60)
        with openai.OpenAI(api_key="k", base_url=url, http_client=quiet, max_retries=0) as client:
            messages = [{"role": "user", "content": "Please look at it."}]
            made = client.chat.completions.create(
                model="m", messages=messages, stream=whole is None
            )
            return made if whole is not None else list(made)

    asked.model = model
    return asked


def spoken(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_a_whole_answer_that_is_allowed(ask):
    assert ask(whole={"content": WORDS}).choices[0].message.content == WORDS


def test_a_whole_answer_that_is_redacted(ask):
    found = ask(whole={"content": f"It is {SECRET}."})

    assert found.choices[0].message.content == "It is [REDACTED:github-token]."


def test_a_whole_tool_call_that_is_refused(ask):
    call = {"id": "c1", "type": "function", "function": CALLS["send_email"]}

    with pytest.raises(openai.BadRequestError) as refusal:
        ask(whole={"content": None, "tool_calls": [call]})

    assert refusal.value.code == "content_filter"


def test_a_stream_that_is_allowed(ask):
    found = ask(*said(WORDS * 3), DONE)

    assert spoken(found) == WORDS * 3
    assert found[-1].choices[0].finish_reason == "stop"


def test_a_stream_that_is_redacted(ask):
    found = ask(*said(f"{WORDS}It is {SECRET} indeed. "), DONE)

    assert spoken(found) == f"{WORDS}It is [REDACTED:github-token] indeed. "
    assert found[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("first", [[], [chunk({"role": "assistant", "content": ""})]])
def test_a_stream_that_is_blocked_at_its_start_is_a_refusal_with_a_status(ask, first):
    with pytest.raises(openai.BadRequestError) as refusal:
        ask(*first, b"data: {oops\n\n", *said(WORDS), DONE)

    assert (refusal.value.status_code, refusal.value.code) == (400, "content_filter")


def test_a_stream_that_is_cut_ends_as_the_dialect_does(ask):
    found = ask(*said(WORDS * 3)[:-1], b"data: \xff\n\n", *said("unseen. "), DONE)

    assert WORDS in spoken(found)
    assert "unseen" not in spoken(found)
    assert found[-1].choices[0].finish_reason == "content_filter"


def call_pieces(name):
    function = CALLS[name]
    head = {"index": 0, "id": "c0", "type": "function", "function": {"name": name, "arguments": ""}}
    rest = [
        {"index": 0, "function": {"arguments": function["arguments"][i : i + 5]}}
        for i in range(0, len(function["arguments"]), 5)
    ]
    return [*(chunk({"tool_calls": [p]}) for p in [head, *rest]), chunk({}, finish="tool_calls")]


def test_a_tool_call_that_passes_comes_whole(ask):
    found = ask(*call_pieces("look"), DONE)

    parts = [c.choices[0].delta.tool_calls[0] for c in found if c.choices[0].delta.tool_calls]
    assert parts[0].function.name == "look"
    assert json.loads("".join(p.function.arguments for p in parts)) == {"at": 1}


def test_a_tool_call_that_is_refused_after_some_words_cuts_the_stream(ask):
    words = [chunk({"content": WORDS * 4})]

    found = ask(*words, *call_pieces("send_email"), DONE)

    assert WORDS in spoken(found)
    assert not any(c.choices[0].delta.tool_calls for c in found)
    assert found[-1].choices[0].finish_reason == "content_filter"


def test_a_tool_call_that_is_refused_at_the_start_is_a_refusal_with_a_status(ask):
    with pytest.raises(openai.BadRequestError):
        ask(*call_pieces("send_email"), DONE)


def test_an_application_that_ends_early_is_an_error_for_the_client(ask):
    with pytest.raises(openai.APIError, match="ended before it was complete"):
        ask(*said(WORDS * 2)[:-1])


def test_an_event_of_ten_megabytes_ends_the_stream_well(ask):
    huge = b'data: {"x": "' + b"a " * 5_000_000

    found = ask(*said(WORDS * 3)[:-1], *[huge[i : i + 65_536] for i in range(0, len(huge), 65_536)])

    assert found[-1].choices[0].finish_reason == "content_filter"


def test_what_is_cut_is_not_made_any_further(ask):
    endless = [chunk({"content": WORDS})] * 20_000

    found = ask(*said(WORDS * 3)[:-1], b"data: {oops\n\n", *endless)

    assert found[-1].choices[0].finish_reason == "content_filter"
    assert ask.model.sent < 1_000
