import json

import pytest

from shield.guard import Guard
from shield.wire.deltas import ChatStream
from shield.wire.dialect import STREAMS, Dialect, dialect_of, opened
from shield.wire.strict import Shape
from tests.streams import DONE, HEAD, chunk, event, said, secret_policy, sliced

SHAPE = Shape(depth=32, nodes=2_000)
WORDS = "This is an honest sentence about the weather. "
USER = {"role": "user", "content": "hi"}
CHAT, GENERIC = Dialect.CHAT, Dialect.GENERIC


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


@pytest.mark.parametrize(
    ("document", "dialect"),
    [
        ({"messages": [USER], "model": "m"}, "chat"),
        ({"messages": [USER], "max_tokens": 5}, "chat"),
        ({"messages": [{"role": "system", "content": "x"}, USER]}, "chat"),
        ({**HEAD, "choices": []}, "chat"),
        ({"object": "chat.completion", "choices": [{}]}, "chat"),
        ({"messages": [USER], "max_tokens": 5, "system": "x"}, "messages"),
        ({"messages": [USER], "stop_sequences": []}, "messages"),
        ({"messages": [USER], "tools": [{"name": "t", "input_schema": {}}]}, "messages"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]},
            "messages",
        ),
        ({"type": "message", "role": "assistant", "content": []}, "messages"),
        ({"type": "message_start", "message": {}}, "messages"),
        ({"type": "content_block_delta", "delta": {}}, "messages"),
        ({"type": "ping"}, "messages"),
        ({"model": "m", "input": "hi"}, "responses"),
        ({"model": "m", "input": [{"role": "user"}], "instructions": "x"}, "responses"),
        ({"object": "response", "output": []}, "responses"),
        ({"type": "response.created", "response": {}}, "responses"),
        ({"type": "response.output_text.delta", "delta": "x"}, "responses"),
        ({"question": "hi"}, "generic"),
        ({"input": "hi"}, "generic"),
        ({"messages": "hi"}, "generic"),
        ({"choices": "hi"}, "generic"),
        ({"type": 3}, "generic"),
        ({"type": "response"}, "generic"),
        ([USER], "generic"),
        ("messages", "generic"),
        (None, "generic"),
    ],
)
def test_a_dialect_is_told_by_the_shape(document, dialect):
    assert dialect_of(document) == dialect


@pytest.mark.parametrize(
    "messages", [[3], [None], [{"content": 3}], [{"content": [3, {"type": []}]}], [[]]]
)
def test_hostile_shapes_are_no_error(messages):
    assert dialect_of({"messages": messages, "tools": [1, {}], "type": []}) == "chat"


ASKED = {"messages": [USER], "stream": True}


def stream(guard, asked=ASKED):
    def action(call):
        return guard.exchange().output("fine")

    gate = guard.exchange().stream()
    return opened(asked, gate, action, shape=SHAPE, limit=4_000, held=100_000)


def run(of, raw, size=20):
    return b"".join([*(of.feed(piece) for piece in sliced(raw, size)), of.end()])


@pytest.mark.parametrize("size", [1, 20, 10_000])
@pytest.mark.parametrize(
    ("asked", "raw", "dialect"),
    [
        (ASKED, b"".join(said(WORDS)) + DONE, CHAT),
        (None, b"".join(said(WORDS)) + DONE, CHAT),
        ({"question": "x"}, b"".join(said(WORDS)) + DONE, CHAT),
        (ASKED, b": wait\n\n" + b"".join(said(WORDS)) + DONE, CHAT),
        (None, b": wait\n\n" + b"".join(said(WORDS)) + DONE, CHAT),
        (ASKED, b"data: some words\n\n", GENERIC),
        (ASKED, event({"error": {"message": "no"}}) + DONE, CHAT),
        ({"messages": [USER]}, event({"delta": "hi"}), GENERIC),
        (None, event({"delta": "hi"}), GENERIC),
        (None, b"", GENERIC),
    ],
)
def test_a_stream_is_read_by_its_first_event_then_by_the_question(guard, asked, raw, dialect, size):
    of = stream(guard, asked)

    assert run(of, raw, size) == raw
    assert of.dialect is dialect
    assert of.over


def test_what_is_broken_is_read_as_it_was_asked_for(guard):
    of = stream(guard)

    out = run(of, b"data: {oops\n\n")

    assert of.cut
    assert out.endswith(DONE)


def test_bytes_that_are_no_text_cut_whatever_was_asked(guard):
    for asked in (None, ASKED):
        of = stream(guard, asked)
        run(of, b"data: \xff\n\n")
        assert (of.cut, of.began) == (True, False)


def test_a_chat_asked_for_stays_one_whatever_comes_first(guard):
    # A first event of another shape must not turn off the assembly of tool calls.
    part = {"index": 0, "id": "c", "function": {"name": "look", "arguments": '{"a'}}
    rest = {"index": 0, "function": {"arguments": '": 1}'}}
    raw = event({"status": "busy"}) + chunk({"tool_calls": [part]})
    raw += chunk({"tool_calls": [rest]}) + chunk({}, finish="tool_calls") + DONE
    of = stream(guard)

    assert run(of, raw) == raw
    assert of.dialect is CHAT


def test_a_dialect_without_a_reader_lets_nothing_leave(guard, monkeypatch):
    monkeypatch.setattr("shield.wire.dialect.STREAMS", {CHAT: ChatStream})
    of = stream(guard, None)

    out = run(of, event({"type": "message_start", "message": {"content": WORDS}}))

    assert of.cut
    assert WORDS.encode() not in out
    assert of.outcome.verdict.coverage.skipped[0].reason == "unknown_content_type"


def test_every_reader_in_the_table_begins_with_nothing_said(guard):
    for make in STREAMS.values():
        of = make(guard.exchange().stream(), None, shape=SHAPE, limit=99, held=99)
        assert (of.over, of.began, of.cut, of.outcome) == (False, False, False, None)


def test_a_chat_has_begun_when_it_says_something(guard):
    of = stream(guard)

    of.feed(chunk({"role": "assistant", "content": ""}))
    assert not of.began
    of.feed(b"".join(chunk({"content": WORDS}) for _ in range(4)))
    assert of.began


def test_a_huge_event_before_the_first_is_bounded(guard):
    of = stream(guard, None)

    for _ in range(100):
        of.feed(b"x" * 100)

    assert of.cut
    assert json.loads(of.outcome.verdict.coverage.skipped[0].reason.join('""')) == "limit"
