"""The response side by itself: whatever an application sends, the client gets one well-formed answer."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shield.guard import Guard
from shield.hosts.answer import Answer, Head
from shield.hosts.mount import Mount
from tests import blocks
from tests.items import Script
from tests.streams import DONE, SECRET, said, secret_policy

KINDS = [
    "text/event-stream",
    "text/event-stream; charset=latin-1",
    "text/plain",
    "text/plain; charset=utf-16",
    "text/plain; charset=nonsense",
    "text/markdown; charset=cp1252",
    "text/html",
    "application/x-ndjson",
    "application/jsonl",
    "application/json",
    "image/png",
    "nonsense",
    'text/plain; charset="',
    "",
]
PATIENT = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


@pytest.fixture(scope="module")
def mount():
    guard = Guard(secret_policy())
    yield Mount(guard)
    guard.close()


def answer(mount, kind="text/plain", *more, status=200, asked=None, method="POST"):
    made = Answer(mount, mount.guard.exchange(), asked, method)
    headers = [(b"content-type", kind.encode()), *more] if kind else list(more)
    return made, [made.start(Head(status, headers))]


def run(mount, pieces, kind="text/plain", *more, **options):
    made, steps = answer(mount, kind, *more, **options)
    steps += [made.feed(piece) for piece in pieces]
    return [*steps, made.end()]


good = st.sampled_from(
    [b"".join(said("Some words. ", 3)), DONE, blocks.START, Script().begin().message("Hi. ").bytes]
)
bad = st.sampled_from(
    [
        b"data: {\n\n",
        b'data: {"choices": 3}\n\n',
        b'data: {"choices": [{"delta": [1]}]}\n\n',
        b'data: {"type": []}\n\n',
        b'data: {"type": "content_block_delta", "index": "x"}\n\n',
        b'data: {"type": "response.completed"}\n\n',
        b'data: {"messages": [[]], "type": {}}\n\n',
        b'{"tool_calls": [{"function": 3}]}\n',
        b"\xff\xfe\x00",
        b"\r\n\r\n",
        b"[1, {}]\n",
        b'"\\ud800"\n',
        b"x" * 300,
        f"It is {SECRET}. ".encode(),
    ]
)
pieces = st.lists(st.one_of(good, bad, st.binary(max_size=30)), max_size=6)


@given(pieces, st.sampled_from(KINDS), st.booleans(), st.integers(1, 90))
@settings(max_examples=150, **PATIENT)
def test_any_bytes_of_any_kind_end_in_one_answer(mount, parts, kind, has_length, size):
    raw = b"".join(parts)
    more = [(b"content-length", str(len(raw)).encode())] if has_length else []

    steps = run(mount, [raw[i : i + size] for i in range(0, len(raw), size)], kind, *more)

    heads = [step.head for step in steps if step.head is not None]
    assert len(heads) == 1
    assert heads[0].status in {200, 400, 502}
    first = next(i for i, step in enumerate(steps) if step.head is not None)
    assert not any(step.body for step in steps[:first])
    overs = [i for i, step in enumerate(steps) if step.over]
    assert len(overs) == 1
    assert not any(step.body or step.head for step in steps[overs[0] + 1 :])
    stated = [int(v) for k, v in heads[0].headers if k == b"content-length"]
    assert not stated or stated == [sum(len(step.body) for step in steps)]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_at_all_is_an_answer_too(mount, kind):
    steps = run(mount, [], kind)

    assert [s.head.status for s in steps if s.head] in ([200], [400])
    assert steps[-1].over


def test_what_cannot_be_delivered_in_time_is_not_delivered_later(mount):
    made, _ = answer(mount)
    made.feed(b"half")
    made.abandon()

    assert made.over
    assert made.feed(b"more").body == made.end().body == b""


def test_a_second_head_after_the_first_has_left_is_ignored(mount):
    made, _ = answer(mount, "image/png")

    assert made.start(Head(500, [])).head is None
    assert made.feed(b"x").body == b"x"


def test_a_response_in_more_types_than_one_is_judged_as_none(mount):
    steps = run(mount, [b"hi"], "image/png", (b"content-type", b"text/plain"))

    assert [s.head.status for s in steps if s.head] == [400]


def test_half_a_stream_of_a_dialect_ends_in_an_error_when_the_application_fails(mount):
    made, _ = answer(mount, "text/event-stream")
    for piece in said("This is an honest sentence about the weather. " * 4)[:-1]:
        made.feed(piece)

    last = made.fail()

    assert last.over
    assert b"upstream_ended" in last.body


@pytest.mark.parametrize("kind", ["text/plain", "application/json", "application/x-ndjson"])
def test_half_of_anything_else_stays_without_an_end(mount, kind):
    made, _ = answer(mount, kind)
    made.feed(b'"Some words. And more of them. And then"\n')

    assert not made.fail().over
    assert made.over


@pytest.mark.parametrize("judged", [False, True])
def test_calls_that_a_host_has_judged_are_not_judged_again(mount, judged, monkeypatch):
    made, _ = answer(mount, "application/json")
    asked, action = [], made._exchange.action
    monkeypatch.setattr(made._exchange, "action", lambda call: asked.append(call) or action(call))
    made.calls_judged = judged
    call = {"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}}

    made.feed(json.dumps({"choices": [{"message": {"tool_calls": [call]}}]}).encode())
    last = made.end()

    assert [c.name for c in asked] == ([] if judged else ["look"])
    assert last.over


def test_a_key_that_cannot_be_redacted_refuses_the_answer(mount):
    steps = run(mount, [json.dumps({SECRET: 1}).encode()], "application/json")

    assert [s.head.status for s in steps if s.head] == [400]
    assert SECRET.encode() not in b"".join(s.body for s in steps)
