"""OpenAI's client as judge of responses: what a gate lets out is a stream that it reads as documented."""

import httpx2
import openai
import pytest

from shield.guard import Guard
from shield.wire.answer import declined, fixed
from shield.wire.item_events import ResponsesStream
from shield.wire.refusal import refused
from tests.gates import CUT, opened, run
from tests.items import Script, answer
from tests.streams import SECRET, secret_policy
from tests.wire.test_block_events_client import BLOCKED

WORDS = "This is an honest sentence about the weather. "
ASKED = {"model": "m-1", "input": "hi"}
REFUSED = "The request was refused by the content policy."


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def client(status, headers, body):
    def reply(request):
        return httpx2.Response(status, headers=headers, content=body)

    return openai.OpenAI(
        api_key="none",
        base_url="http://upstream.test",
        http_client=httpx2.Client(transport=httpx2.MockTransport(reply)),
        max_retries=0,
    )


@pytest.fixture
def read(guard):
    """The events that the client reads of an upstream's bytes, by its helper that puts them together."""

    def events(raw):
        body = run(opened(ResponsesStream, guard), raw, 33)
        made = client(200, {"content-type": "text/event-stream"}, body)
        with made, made.responses.stream(**ASKED) as stream:
            return list(stream)

    return events


def test_an_allowed_answer(read):
    last = read(Script().begin().reasoning("hmm").message(WORDS * 3).end().bytes)[-1]

    assert last.type == "response.completed"
    assert last.response.output_text == WORDS * 3


def test_a_redacted_answer(read):
    found = read(answer(f"{WORDS}It is {SECRET} indeed. "))

    said = "".join(e.delta for e in found if e.type == "response.output_text.delta")
    assert said == found[-1].response.output_text == f"{WORDS}It is {CUT} indeed. "


def test_an_answer_cut_at_its_start(read):
    last = read(b"data: {oops\n\n")[-1]

    assert (last.type, last.response.status) == ("response.incomplete", "incomplete")
    assert last.response.incomplete_details.reason == "content_filter"


def test_an_answer_cut_in_the_middle(read):
    raw = Script().begin().message(WORDS * 3).raw
    last = read(b"".join(raw[:-3]) + b"data: {oops\n\n")[-1]

    assert (last.type, last.response.id) == ("response.incomplete", "resp_1")
    assert WORDS in last.response.output_text
    assert last.response.output[0].status == "incomplete"


def test_a_tools_call(read):
    last = read(Script().begin().message(WORDS).call().end().bytes)[-1]

    call = last.response.output[1]
    assert (call.call_id, call.name, call.arguments) == ("c1", "look", '{"to": "bob"}')


def test_a_refused_call_leaves_the_text_and_says_incomplete(read):
    last = read(Script().begin().message(WORDS).call("refused").end().bytes)[-1]

    assert last.type == "response.incomplete"
    assert [item.type for item in last.response.output] == ["message"]


def test_half_an_answer_is_an_error_for_the_client(read):
    with pytest.raises(openai.APIError, match="ended before it was complete"):
        read(b"".join(Script().begin().message(WORDS).raw[:-2]))


def sent(made):
    headers = {k.decode(): v.decode() for k, v in made.headers}
    return client(made.status, headers, made.body)


def test_a_block_is_an_error_that_the_client_knows():
    with sent(refused(BLOCKED)) as made, pytest.raises(openai.BadRequestError) as caught:
        made.responses.create(**ASKED)

    assert caught.value.code == "content_filter"


def test_a_fixed_answer_is_read_whole_and_streamed():
    with sent(fixed(BLOCKED, ASKED)) as made:
        whole = made.responses.create(**ASKED)
    made = sent(fixed(BLOCKED, {**ASKED, "stream": True}))
    with made, made.responses.stream(**ASKED) as stream:
        streamed = stream.get_final_response()

    for found in (whole, streamed):
        assert (found.output_text, found.status) == (BLOCKED.answer, "completed")
        assert (found.id, found.model) == ("resp_v1", "m-1")


def test_a_refusal_is_read_whole_and_streamed():
    with sent(declined(BLOCKED, ASKED)) as made:
        whole = made.responses.create(**ASKED)
    made = sent(declined(BLOCKED, {**ASKED, "stream": True}))
    with made, made.responses.stream(**ASKED) as stream:
        (*_, last) = stream

    for found in (whole, last.response):
        assert found.output[0].content[0].refusal == REFUSED
        assert (found.status, found.incomplete_details.reason) == ("incomplete", "content_filter")


@pytest.mark.parametrize("write", [fixed, declined])
def test_a_chat_is_answered_as_a_chat(write):
    asked = {"model": "m-1", "messages": [{"role": "user", "content": "hi"}]}
    with sent(write(BLOCKED, asked)) as made:
        (whole,) = made.chat.completions.create(**asked).choices
    with sent(write(BLOCKED, {**asked, "stream": True})) as made:
        chunks = list(made.chat.completions.create(**asked, stream=True))

    field = "content" if write is fixed else "refusal"
    text = BLOCKED.answer if write is fixed else REFUSED
    assert getattr(whole.message, field) == getattr(chunks[0].choices[0].delta, field) == text
    reason = "stop" if write is fixed else "content_filter"
    assert whole.finish_reason == chunks[-1].choices[0].finish_reason == reason


@pytest.mark.parametrize("asked", [None, "text", {"q": "hi"}])
def test_a_body_in_no_dialect_gets_the_error(asked):
    assert declined(BLOCKED, asked) == refused(BLOCKED)
