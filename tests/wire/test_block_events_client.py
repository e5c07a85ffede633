"""Anthropic's client as judge: what a gate lets out is a stream that it reads as documented."""

import json

import anthropic
import httpx2
import pytest

from shield.guard import Guard
from shield.types import Checkpoint, Coverage, Decision, Outcome, Verdict
from shield.wire.answer import declined, fixed
from shield.wire.block_events import MessagesStream
from shield.wire.refusal import refused
from tests.blocks import START, called, message, said, thought
from tests.gates import CUT, opened, run
from tests.streams import SECRET, secret_policy

WORDS = "This is an honest sentence about the weather. "
ASKED = {"model": "m-1", "max_tokens": 9, "system": "x", "messages": [{"role": "user", "content": "hi"}]}  # fmt: skip
BLOCKED = Outcome(
    Verdict(
        id="v1",
        checkpoint=Checkpoint.INPUT,
        decision=Decision.BLOCK,
        enforced=True,
        score=5,
        findings=(),
        shadow=(),
        edits=(),
        coverage=Coverage(),
        policy="p",
        elapsed_ms=1.0,
    ),
    answer="I only talk about the weather.",
)


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def client(status, headers, body):
    def answer(request):
        return httpx2.Response(status, headers=headers, content=body)

    return anthropic.Anthropic(
        api_key="none",
        base_url="http://upstream.test",
        http_client=httpx2.Client(transport=httpx2.MockTransport(answer)),
        max_retries=0,
    )


@pytest.fixture
def read(guard):
    """The message that the client puts together of an upstream's bytes."""

    def final(raw):
        body = run(opened(MessagesStream, guard), raw, 33)
        made = client(200, {"content-type": "text/event-stream"}, body)
        with made, made.messages.stream(**ASKED) as stream:
            return stream.get_final_message()

    return final


def test_an_allowed_answer(read):
    found = read(message(thought("hmm"), said(WORDS * 3, index=1)))

    assert [b.type for b in found.content] == ["thinking", "text"]
    assert (found.content[1].text, found.stop_reason) == (WORDS * 3, "end_turn")


def test_a_redacted_answer(read):
    found = read(message(said(f"{WORDS}It is {SECRET} indeed. ")))

    assert found.content[0].text == f"{WORDS}It is {CUT} indeed. "
    assert found.stop_reason == "end_turn"


def test_an_answer_cut_at_its_start(read):
    found = read(b"data: {oops\n\n")

    assert (found.content, found.stop_reason) == ([], "refusal")
    assert found.stop_details.type == "refusal"


def test_an_answer_cut_in_the_middle(read):
    found = read(START + b"".join(said(WORDS * 3)[:-1]) + b"data: {oops\n\n")

    assert (found.id, found.stop_reason) == ("msg_1", "refusal")
    assert WORDS in found.content[0].text
    assert "content policy" in found.stop_details.explanation


def test_a_tools_call(read):
    found = read(message(said(WORDS), called(index=1), reason="tool_use"))

    call = found.content[1]
    assert (call.id, call.name, call.input) == ("toolu_1", "look", {"to": "bob"})


def test_a_refused_call_leaves_the_text_and_a_refusal(read):
    found = read(message(said(WORDS), called("refused", index=1), reason="tool_use"))

    assert [b.type for b in found.content] == ["text"]
    assert found.stop_reason == "refusal"


def test_half_an_answer_is_an_error_for_the_client(read):
    with pytest.raises(anthropic.APIStatusError, match="ended before it was complete"):
        read(START + b"".join(said(WORDS)[:-1]))


def sent(answer):
    headers = {k.decode(): v.decode() for k, v in answer.headers}
    return client(answer.status, headers, answer.body)


def test_a_block_is_an_error_that_the_client_knows():
    with sent(refused(BLOCKED)) as made, pytest.raises(anthropic.BadRequestError) as caught:
        made.messages.create(**ASKED)

    assert caught.value.body["error"]["type"] == "invalid_request_error"
    assert "refused by the content policy" in str(caught.value)


@pytest.mark.parametrize(
    ("write", "reason", "text"),
    [(fixed, "end_turn", BLOCKED.answer), (declined, "refusal", "The request was refused by the content policy.")],
)  # fmt: skip
def test_an_answer_in_place_of_the_models_is_read_whole_and_streamed(write, reason, text):
    with sent(write(BLOCKED, ASKED)) as made:
        whole = made.messages.create(**ASKED)
    made = sent(write(BLOCKED, {**ASKED, "stream": True}))
    with made, made.messages.stream(**ASKED) as stream:
        streamed = stream.get_final_message()

    for found in (whole, streamed):
        assert (found.content[0].text, found.stop_reason) == (text, reason)
        assert (found.id, found.model) == ("msg_v1", "m-1")
        assert (found.stop_details is None) is (write is fixed)


def test_a_refusal_holds_no_rule_and_no_text():
    shown = json.loads(declined(BLOCKED, ASKED).body)

    assert shown["stop_details"]["explanation"] == "The request was refused by the content policy."
    assert "weather" not in json.dumps(shown)
