"""The official client as judge: what a gate lets out is a stream that it reads as documented."""

import httpx2
import openai
import pytest

from shield.guard import Guard
from shield.wire.deltas import ChatStream
from shield.wire.strict import Shape
from tests.streams import DONE, SECRET, chunk, said, secret_policy

WORDS = "This is an honest sentence about the weather. "
TOOL = {"index": 0, "id": "c0", "type": "function", "function": {"name": "look", "arguments": "{}"}}


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


@pytest.fixture
def read(guard):
    """What the client reads of an upstream's bytes."""

    def chunks(raw):
        of = ChatStream(
            guard.exchange().stream(),
            lambda call: guard.exchange().output(call.name),
            shape=Shape(depth=64, nodes=20_000),
            limit=4_000,
        )
        sent = [of.feed(raw[i : i + 33]) for i in range(0, len(raw), 33)] + [of.end()]
        body = b"".join(sent)

        def answer(request):
            return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)

        transport = httpx2.MockTransport(answer)
        with openai.OpenAI(
            api_key="none",
            base_url="http://upstream.test",
            http_client=httpx2.Client(transport=transport),
            max_retries=0,
        ) as client:
            asked = [{"role": "user", "content": "hi"}]
            return list(client.chat.completions.create(model="m", messages=asked, stream=True))

    return chunks


def spoken(chunks):
    return "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)


def test_an_allowed_answer(read):
    found = read(b"".join(said(WORDS * 3)) + DONE)

    assert spoken(found) == WORDS * 3
    assert found[-1].choices[0].finish_reason == "stop"


def test_a_redacted_answer(read):
    found = read(b"".join(said(f"{WORDS}It is {SECRET} indeed. ")) + DONE)

    assert spoken(found) == f"{WORDS}It is [REDACTED:github-token] indeed. "
    assert found[-1].choices[0].finish_reason == "stop"


def test_an_answer_cut_at_its_start(read):
    (only,) = read(b"data: {oops\n\n")

    assert only.choices[0].finish_reason == "content_filter"


def test_an_answer_cut_in_the_middle(read):
    found = read(b"".join(said(WORDS * 3)[:-1]) + b"data: {oops\n\n")

    assert WORDS in spoken(found)
    assert found[-1].choices[0].finish_reason == "content_filter"
    assert {c.id for c in found} == {"chatcmpl-1"}


def test_a_tool_call(read):
    found = read(chunk({"tool_calls": [TOOL]}) + chunk({}, finish="tool_calls") + DONE)

    (call,) = found[0].choices[0].delta.tool_calls
    assert (call.id, call.function.name, call.function.arguments) == ("c0", "look", "{}")


def test_half_an_answer_is_an_error_for_the_client(read):
    with pytest.raises(openai.APIError, match="ended before it was complete"):
        read(b"".join(said(WORDS)[:-1]))
