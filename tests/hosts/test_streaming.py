"""Streams through the middleware: judged before they leave, cut well, and nobody left behind."""

import json

import pytest

from shield.guard import Guard
from shield.policy.schema import Limits
from shield.types import Decision, SkipReason
from shield.wire.dialect import STREAMS, Dialect
from tests.hosts.driven import answering, drive
from tests.streams import (
    DONE,
    SECRET,
    chunk,
    content,
    documents,
    reasons,
    said,
    secret_policy,
    sliced,
)

WORDS = "This is an honest sentence about the weather. "
SSE, TEXT, LINES = "text/event-stream", "text/plain", "application/x-ndjson"
CUT = "[REDACTED:github-token]"


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def event(data):
    return f"data: {data}\n\n".encode()


def test_a_stream_leaves_while_it_is_being_made(guard):
    left = []

    async def app(scope, receive, send):
        head = [(b"content-type", SSE.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for piece in said(WORDS * 20):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            left.append(len(content(b"".join(m.get("body", b"") for m in seen))))
        await send({"type": "http.response.body", "body": DONE})

    seen = []
    heard = drive(app, guard, notebook=seen)

    assert left[-1] > 18 * len(WORDS)
    assert content(heard.body) == WORDS * 20


def test_a_clean_stream_is_the_same_bytes_without_a_length(guard):
    raw = b": hi\n\n" + b"".join(said(WORDS * 4)) + DONE
    headers = [(b"content-length", str(len(raw)).encode()), (b"x-a", b"1")]

    heard = drive(answering(sliced(raw, 31), SSE, headers=headers), guard)

    assert heard.body == raw
    assert "content-length" not in heard.headers
    assert heard.headers["x-a"] == "1"
    assert heard.ended


@pytest.mark.parametrize("size", [1, 9, 10_000])
@pytest.mark.parametrize(
    ("kind", "raw", "shown"),
    [
        (TEXT, f"{WORDS}It is {SECRET} so. ", f"{WORDS}It is {CUT} so. "),
        (f"{TEXT}; charset=latin-1", f"é {SECRET} ü", f"é {CUT} ü"),
        (SSE, f"data: so {SECRET}.\n\ndata: it is\n\n", f"data: so {CUT}.\n\ndata: it is\n\n"),
        (LINES, json.dumps({"a": SECRET}) + "\n[1]\n", f'{{"a":"{CUT}"}}\n[1]\n'),
        (LINES, json.dumps({"a": SECRET}), f'{{"a":"{CUT}"}}\n'),
        ("application/jsonl", f'"{SECRET}"\n', f'"{CUT}"\n'),
    ],
)
def test_a_secret_is_taken_out_of_any_stream(guard, kind, raw, shown, size):
    charset = "latin-1" if "latin" in kind else "utf-8"

    heard = drive(answering(sliced(raw.encode(charset), size), kind), guard)

    assert heard.body.decode(charset) == shown
    assert heard.status == 200


@pytest.mark.parametrize(
    ("kind", "before", "bad"),
    [
        (SSE, said(WORDS * 3)[:-1], b"data: \xff\n\n"),
        (SSE, [event(WORDS) for _ in range(4)], b"data: \xff\n\n"),
        (SSE, [event(WORDS) for _ in range(4)], b'data: {"a": 1, "a": 2}\n\n'),
        (TEXT, [WORDS.encode()] * 4, b"\xff"),
        (LINES, [json.dumps({"t": WORDS}).encode() + b"\n"] * 4, b"{oops\n"),
        (LINES, [json.dumps({"t": WORDS}).encode() + b"\n"] * 4, b'"\xff"\n'),
    ],
)
def test_what_cannot_be_read_cuts_the_stream_with_an_ending_of_its_kind(guard, kind, before, bad):
    told = []
    guard.observers = (Notes(told),)
    pieces = [*before, bad, b"unseen. " * 40]

    heard = drive(answering(pieces, kind), guard)
    guard.observers = ()

    assert WORDS[:4].encode() in heard.body
    assert b"unseen" not in heard.body
    assert heard.ended
    assert b"content_filter" in heard.body or b"cut by the content policy" in heard.body
    (verdict,) = told
    assert [s.reason for s in verdict.coverage.skipped] == ["undecodable"]


class Notes:
    """An observer."""

    def __init__(self, told):
        self.told = told

    def verdict(self, verdict, caller):
        self.told.append(verdict)


@pytest.mark.parametrize(
    ("kind", "bad"), [(SSE, b"data: \xff\n\n"), (TEXT, b"\xff\xff"), (LINES, b"{oops\n")]
)
def test_what_is_refused_before_anything_left_has_a_status(guard, kind, bad):
    heard = drive(answering([bad, b"more"], kind), guard)

    assert heard.status == 400
    assert json.loads(heard.body)["error"]["code"] == "content_filter"
    assert heard.headers["content-length"] == str(len(heard.body))


def test_a_refusal_may_be_an_answer_of_the_dialect(guard):
    asked = json.dumps({"messages": [{"role": "user", "content": "hi"}], "stream": True}).encode()
    bad = answering([b"data: \xff\n\n"], SSE)

    heard = drive(bad, guard, body=asked, refusals="refusal")

    assert (heard.status, heard.headers["content-type"].split(";")[0]) == (200, SSE)
    assert "refused" in content(heard.body, field="refusal")
    assert reasons(heard.body) == {0: "content_filter"}


def test_a_policy_may_let_what_cannot_be_read_pass():
    accepted = {SkipReason.UNDECODABLE: Decision.ALLOW}
    guard = Guard(secret_policy(on_incomplete=accepted))
    raw = [WORDS.encode(), b"caf\xc3", b"\xff rest", b" more"]

    heard = drive(answering(raw, TEXT), guard)
    guard.close()

    assert heard.body == b"".join(raw)


def test_a_text_that_ends_within_a_sign_is_cut(guard):
    heard = drive(answering([b"caf\xc3"], TEXT), guard)

    assert heard.status == 400


def test_a_text_with_a_length_is_judged_whole_and_given_its_new_length(guard):
    raw = f"It is {SECRET}".encode()
    headers = [(b"content-length", str(len(raw)).encode())]

    heard = drive(answering([raw[:9], raw[9:]], TEXT, headers=headers), guard)

    assert heard.body == f"It is {CUT}".encode()
    assert heard.headers["content-length"] == str(len(heard.body))


def test_a_stream_in_an_encoding_is_refused(guard):
    headers = [(b"content-encoding", b"gzip")]

    assert drive(answering([b"\x1f\x8b"], SSE, headers=headers), guard).status == 400


@pytest.mark.parametrize(("status", "method"), [(204, "POST"), (304, "POST"), (200, "HEAD")])
def test_no_body_goes_along_where_there_can_be_none(guard, status, method):
    async def app(scope, receive, send):
        head = [(b"content-type", b"text/plain")]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": SECRET.encode()})

    heard = drive(app, guard, method=method)

    assert (heard.status, heard.body, heard.ended) == (status, b"", True)


def test_two_content_types_are_not_believed(guard):
    headers = [(b"content-type", b"image/png")]

    assert drive(answering([SECRET.encode()], TEXT, headers=headers), guard).status == 400


def test_a_dialect_that_nobody_reads_yet_is_refused_or_read(guard):
    raw = b'event: message_start\ndata: {"type": "message_start", "message": {}}\n\n'
    heard = drive(answering([raw], SSE), guard)

    assert heard.status == (200 if Dialect.MESSAGES in STREAMS else 400)


def test_an_answer_longer_than_the_limit_is_cut():
    guard = Guard(secret_policy(limits=Limits(chars=1_000)))

    heard = drive(answering(said(WORDS * 40, 100), SSE), guard)
    guard.close()

    assert reasons(heard.body) == {0: "content_filter"}
    assert len(content(heard.body)) <= 1_000


def test_a_stream_that_says_nothing_is_not_kept_without_end():
    guard = Guard(secret_policy(limits=Limits(response_bytes=2_000)))
    nothing = [chunk({"role": "assistant"})] * 1_000

    heard = drive(answering(nothing, SSE), guard)
    guard.close()

    assert (heard.status, json.loads(heard.body)["error"]["code"]) == (502, "response_too_large")


def test_a_waiting_client_gets_the_comments_that_keep_it_waiting(guard):
    seen, ready = [], []

    async def app(scope, receive, send):
        head = [(b"content-type", SSE.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b": wait\n\n", "more_body": True})
        ready.extend(seen)
        await send({"type": "http.response.body", "body": DONE})

    asked = b'{"messages": [{"role": "user", "content": "hi"}], "stream": true}'
    drive(app, guard, body=asked, notebook=seen)

    assert [m.get("body") for m in ready] == [None, b": wait\n\n"]


def test_an_application_that_raises_leaves_no_half_that_looks_whole(guard):
    seen = []
    broken = answering(said(WORDS * 3)[:-1], SSE, fail=RuntimeError("upstream"))

    with pytest.raises(RuntimeError, match="upstream"):
        drive(broken, guard, notebook=seen)

    last = documents(b"".join(m.get("body", b"") for m in seen))[-2]
    assert last["error"]["code"] == "upstream_ended"


@pytest.mark.parametrize("kind", [TEXT, LINES, "application/json"])
def test_a_text_that_breaks_off_is_not_ended(guard, kind):
    seen = []
    broken = answering([f'"{WORDS}"\n'.encode()] * 4, kind, fail=RuntimeError("upstream"))

    with pytest.raises(RuntimeError, match="upstream"):
        drive(broken, guard, notebook=seen)

    assert not seen or seen[-1]["more_body"]


def test_a_policy_that_only_observes_delays_and_changes_nothing():
    guard = Guard(secret_policy(mode="observe"))
    raw = b"".join(said(f"It is {SECRET}. ")) + DONE

    heard = drive(answering(sliced(raw, 40), SSE), guard)
    guard.close()

    assert heard.body == raw
