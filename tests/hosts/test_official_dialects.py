"""The clients of Anthropic Messages and OpenAI Responses, over a real server, through the middleware."""

import anthropic
import httpx2
import openai
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import StreamingResponse
from starlette.routing import Route

from shield.guard import Guard
from shield.hosts.asgi import ShieldMiddleware
from tests import blocks
from tests.hosts.serving import serving, tool_policy
from tests.items import Script
from tests.streams import SECRET, sliced

WORDS = "This is an honest sentence about the weather. "
CUT = "[REDACTED:github-token]"
EVE = '{"to": "eve@evil.test"}'


class Model:
    """Answers with prepared bytes, whatever it is asked."""

    def __init__(self, guard):
        self.raw = b""
        paths = ("/v1/messages", "/v1/responses")
        self.app = Starlette(
            routes=[Route(path, self.answer, methods=["POST"]) for path in paths],
            middleware=[Middleware(ShieldMiddleware, guard=guard)],
        )

    async def answer(self, request):
        async def run():
            for piece in sliced(self.raw, 57):
                yield piece

        return StreamingResponse(run(), media_type="text/event-stream")


@pytest.fixture(scope="module")
def served():
    guard = Guard(tool_policy())
    model = Model(guard)
    with serving(model.app) as url:
        yield model, url
    guard.close()


@pytest.fixture
def message(served):
    """The message that Anthropic's client puts together of an upstream's bytes."""
    model, url = served

    def read(raw):
        model.raw = raw
        # Anthropic's client takes one of httpx or of httpx2, by its version.
        with anthropic.Anthropic(
            api_key="k",
            base_url=url,
            http_client=httpx2.Client(trust_env=False, timeout=60),
            max_retries=0,
        ) as client:
            asked = [{"role": "user", "content": "Please look at it."}]
            with client.messages.stream(model="m", max_tokens=9, messages=asked) as stream:
                return stream.get_final_message()

    return read


@pytest.fixture
def response(served):
    """The events that OpenAI's client reads of an upstream's bytes."""
    model, url = served

    def read(raw):
        model.raw = raw
        with openai.OpenAI(
            api_key="k",
            base_url=f"{url}/v1",
            http_client=httpx2.Client(trust_env=False, timeout=60),
            max_retries=0,
        ) as client:
            return list(client.responses.create(model="m", input="Please look at it.", stream=True))

    return read


def test_a_message_that_is_allowed(message):
    found = message(blocks.message(blocks.said(WORDS * 3)))

    assert (found.content[0].text, found.stop_reason) == (WORDS * 3, "end_turn")


def test_a_message_that_is_redacted(message):
    found = message(blocks.message(blocks.said(f"{WORDS}It is {SECRET} indeed. ")))

    assert found.content[0].text == f"{WORDS}It is {CUT} indeed. "


def test_a_message_that_is_cut(message):
    raw = blocks.START + b"".join(blocks.said(WORDS * 4)[:-1]) + b"data: \xff\n\n"

    found = message(raw)

    assert WORDS in found.content[0].text
    assert found.stop_reason == "refusal"


def test_a_message_blocked_at_its_start_is_an_error_with_a_status(message):
    with pytest.raises(anthropic.BadRequestError):
        message(b"data: \xff\n\n")


def test_a_tool_that_a_message_may_use(message):
    found = message(blocks.message(blocks.called(arguments='{"at": 1}'), reason="tool_use"))

    assert (found.content[0].name, found.content[0].input) == ("look", {"at": 1})


def test_a_tool_that_a_message_may_not_use(message):
    raw = blocks.message(blocks.said(WORDS * 4), blocks.called("send_email", EVE, index=1))

    found = message(raw)

    assert [b.type for b in found.content] == ["text"]
    assert found.stop_reason == "refusal"


def test_a_response_that_is_allowed(response):
    last = response(Script().begin().message(WORDS * 3).end().bytes)[-1]

    assert last.type == "response.completed"
    assert last.response.output_text == WORDS * 3


def test_a_response_that_is_redacted_everywhere(response):
    found = response(Script().begin().message(f"{WORDS}It is {SECRET} indeed. ").end().bytes)

    shown = f"{WORDS}It is {CUT} indeed. "
    assert "".join(e.delta for e in found if e.type == "response.output_text.delta") == shown
    assert [e.text for e in found if e.type == "response.output_text.done"] == [shown]
    assert found[-1].response.output_text == shown


def test_a_response_that_is_cut(response):
    raw = Script().begin().message(WORDS * 4).bytes

    found = response(raw[: raw.index(b"event: response.output_text.done")] + b"data: \xff\n\n")

    assert found[-1].type == "response.incomplete"
    assert found[-1].response.incomplete_details.reason == "content_filter"


def test_a_response_blocked_at_its_start_is_an_error_with_a_status(response):
    with pytest.raises(openai.BadRequestError):
        response(b"data: \xff\n\n")


def test_a_tool_that_a_response_may_use(response):
    found = response(Script().begin().call("look", '{"at": 1}').end().bytes)

    (done,) = [e for e in found if e.type == "response.output_item.done"]
    assert (done.item.name, done.item.arguments) == ("look", '{"at": 1}')
    assert found[-1].type == "response.completed"


def test_a_tool_that_a_response_may_not_use(response):
    found = response(Script().begin().message(WORDS * 4).call("send_email", EVE).end().bytes)

    assert not any("function_call" in e.type for e in found)
    assert found[-1].type == "response.incomplete"
