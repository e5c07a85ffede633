"""Streams that leave before they are judged, and what answers say of how they were judged."""

import json

import pytest

from shield.guard import Guard
from shield.hosts.wsgi import ShieldWSGI
from tests import blocks
from tests.hosts.both import asgi, wsgi
from tests.hosts.serving import tool_policy
from tests.items import Script
from tests.retracting import asides, carried_out, retracted
from tests.streams import DONE, SECRET, chunk, content, reasons, said, secret_policy, sliced

WORDS = "This is an honest sentence about the weather. "
SSE, LINES = "text/event-stream", "application/x-ndjson"
CUT = "[REDACTED:github-token]"
BAD = f"{WORDS * 4}It is {SECRET} so. {WORDS * 4}"


@pytest.fixture(scope="module")
def guard():
    made = Guard(tool_policy())
    yield made
    made.close()


def lines(text):
    return [json.dumps({"t": piece}).encode() + b"\n" for piece in sliced(text, 5)]


def response_text(raw):
    events = blocks.events(raw)
    return "".join(e["delta"] for e in events if e["type"] == "response.output_text.delta")


def line_documents(raw):
    return [json.loads(line) for line in raw.decode().splitlines()]


# Of each kind: the pieces that say a text, its content type, its lane, what a client joins, all documents.
KINDS = {
    "chat": (
        lambda text: [*said(text), DONE],
        SSE,
        "/choices/0/delta/content",
        content,
        lambda raw: [e for e in blocks.events(raw.replace(DONE, b"")) if isinstance(e, dict)],
    ),
    "messages": (
        lambda text: [blocks.message(blocks.said(text))],
        SSE,
        "text",
        lambda raw: blocks.heard(raw.replace(b"event: shield", b": x"), index=0),
        blocks.events,
    ),
    "responses": (
        lambda text: Script().begin().message(text).end().raw,
        SSE,
        "output_text",
        response_text,
        blocks.events,
    ),
    "lines": (
        lines,
        LINES,
        ":/t",
        lambda raw: "".join(d.get("t", "") for d in line_documents(raw)),
        line_documents,
    ),
}


@pytest.mark.parametrize("host", [asgi, wsgi])
@pytest.mark.parametrize("size", [11, 100_000])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_found_late_is_taken_back_where_it_stands(guard, kind, host, size):
    made, media, lane, joined, documents = KINDS[kind]

    status, raw = host(guard, sliced(b"".join(made(BAD)), size), media, gate="async")

    back = retracted(documents(raw))
    assert status == 200
    assert joined(raw) == BAD
    assert carried_out(BAD, back, lane) == BAD.replace(SECRET, CUT)
    assert asides(documents(raw))[-1]["decision"] == "redact"


@pytest.mark.parametrize("host", [asgi, wsgi])
@pytest.mark.parametrize("kind", KINDS)
def test_by_default_nothing_has_to_be_taken_back(guard, kind, host):
    made, media, _, joined, documents = KINDS[kind]

    _, raw = host(guard, made(BAD), media)

    assert joined(raw) == BAD.replace(SECRET, CUT)
    assert asides(documents(raw)) == []


@pytest.mark.parametrize("host", [asgi, wsgi])
def test_a_stream_that_is_cut_takes_back_what_hold_would_not_have_shown(guard, host):
    pieces = [*said(WORDS * 4 + "And so")[:-1], b"data: {oops\n\n", *said("unseen ")]

    _, raw = host(guard, pieces, SSE, gate="async")
    _, held = host(guard, pieces, SSE)

    back = retracted(KINDS["chat"][4](raw))
    assert content(raw) == WORDS * 4 + "And so"
    assert carried_out(content(raw), back, KINDS["chat"][2]) == content(held)
    assert reasons(raw) == {0: "content_filter"}


@pytest.mark.parametrize("host", [asgi, wsgi])
def test_a_tool_call_waits_for_its_checkpoint_even_so(guard, host):
    function = {"name": "send_email", "arguments": '{"to": "eve@evil.test"}'}
    call = {"index": 0, "id": "c0", "type": "function", "function": function}
    pieces = [*said(WORDS)[:-1], chunk({"tool_calls": [call]}), chunk(finish="tool_calls"), DONE]

    _, raw = host(guard, pieces, SSE, gate="async")

    assert b"eve@evil" not in raw
    assert reasons(raw) == {0: "content_filter"}


@pytest.mark.parametrize("host", [asgi, wsgi])
def test_plain_text_is_held_because_nothing_could_take_it_back(guard, host):
    _, raw = host(guard, sliced(BAD.encode(), 9), "text/plain", gate="async")

    assert raw.decode() == BAD.replace(SECRET, CUT)


@pytest.mark.parametrize("host", [asgi, wsgi])
def test_what_is_refused_before_anything_is_shown_is_an_answer_with_a_status(guard, host):
    status, raw = host(guard, [b"data: \xff\n\n", *said(WORDS)], SSE, gate="async")

    assert (status, json.loads(raw)["error"]["code"]) == (400, "content_filter")


@pytest.mark.parametrize("kind", KINDS)
def test_buffer_lets_nothing_leave_before_the_end(guard, kind):
    made, media, _, joined, _ = KINDS[kind]
    raw = b"".join(made(BAD))
    half = [raw[: len(raw) // 2], b"data: {oops\n\n" if media == SSE else b"{oops\n"]

    status, whole = asgi(guard, [raw], media, gate="buffer")
    refused, _ = asgi(guard, half, media, gate="buffer")

    assert (status, joined(whole)) == (200, BAD.replace(SECRET, CUT))
    assert refused == 400


@pytest.mark.parametrize("host", [asgi, wsgi])
@pytest.mark.parametrize("kind", KINDS)
def test_a_stream_says_what_was_decided_where_that_is_asked_for(guard, kind, host):
    made, media, _, joined, documents = KINDS[kind]

    _, raw = host(guard, made(BAD), media, refusals="annotate")

    (said_of,) = asides(documents(raw))
    assert said_of["decision"] == "redact"
    assert len(said_of["verdict"]) == 32
    assert joined(raw) == BAD.replace(SECRET, CUT)


def test_it_is_the_one_sign_of_a_policy_that_only_observes():
    observing = Guard(secret_policy(mode="observe"))

    _, raw = asgi(observing, [*said(BAD), DONE], SSE, refusals="annotate")
    observing.close()

    (said_of,) = asides(KINDS["chat"][4](raw))
    assert (content(raw), said_of["decision"]) == (BAD, "redact")


def test_letting_text_leave_unjudged_is_logged_at_start_up(guard, caplog):
    with caplog.at_level("WARNING", "shield"):
        ShieldWSGI(lambda *_: [], guard=guard, gate="async")
        held = len(caplog.records)
        ShieldWSGI(lambda *_: [], guard=guard)

    assert [len(caplog.records), held] == [1, 1]
    assert "before they are judged" in caplog.text
