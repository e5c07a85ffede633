"""What an application must not send: each has a verdict that names it, and an ending that clients can read."""

import itertools
import json

import pytest

from shield.guard import Guard
from shield.types import Decision, SkipReason
from tests import blocks, items
from tests.hosts.both import HOSTS
from tests.items import Script
from tests.streams import DONE, chunk, content, reasons, said, secret_policy, sliced

WORDS = "This is an honest sentence about the weather. "
SSE, LINES, TEXT = "text/event-stream", "application/x-ndjson", "text/plain"
HUGE = [b'data: {"x": "', *[b"a " * 32_768] * 160]  # ten megabytes, and no end
MESSAGE = blocks.START + b"".join(blocks.said(WORDS * 4)[:-1])
RESPONSE = (
    Script().begin().message(WORDS * 4).bytes.partition(b"event: response.output_text.done")[0]
)


@pytest.fixture(scope="module")
def guard():
    document = secret_policy().document
    changes = {"deadline_ms": 60_000, "chars": 40_000, "body_bytes": 4_194_304}
    made = Guard(secret_policy(limits=document.limits.model_copy(update=changes)))
    yield made
    made.close()


@pytest.fixture(params=HOSTS)
def ask(guard, request):
    """The status, the body and the verdicts on an answer."""

    def asked(pieces, kind, **options):
        told = []
        guard.observers = (Notes(told),)
        status, body = HOSTS[request.param](guard, pieces, kind, **options)
        guard.observers = ()
        return status, body, told

    return asked


class Notes:
    """An observer."""

    def __init__(self, told):
        self.told = told

    def verdict(self, verdict, caller):
        self.told.append(verdict)


def named(told):
    (verdict,) = told
    return verdict.decision, [s.reason for s in verdict.coverage.skipped]


def ends_as_chat(raw):
    return reasons(raw) == {0: "content_filter"} and raw.endswith(DONE)


def ends_as_message(raw):
    return blocks.reason(raw) == "refusal" and blocks.events(raw)[-1]["type"] == "message_stop"


def ends_as_response(raw):
    last = items.events(raw)[-1]
    return (last["type"], last["response"]["status"]) == ("response.incomplete", "incomplete")


def ends_as_record(raw):
    last = raw.decode().strip().splitlines()[-1].removeprefix("data: ")
    return json.loads(last)["error"]["code"] == "content_filter"


def ends_as_text(raw):
    return raw.endswith(b"[The answer was cut by the content policy.]\n")


KINDS = {
    "chat": (said(WORDS * 4)[:-1], SSE, ends_as_chat),
    "messages": ([MESSAGE], SSE, ends_as_message),
    "responses": ([RESPONSE], SSE, ends_as_response),
    "events": ([f"data: {WORDS}\n\n".encode()] * 4, SSE, ends_as_record),
    "lines": ([json.dumps({"t": WORDS}).encode() + b"\n"] * 4, LINES, ends_as_record),
}
BAD = {
    "malformed": ([b'data: {"a": 1, "a": 2}\n\n'], "undecodable"),
    "no utf-8": ([b"data: \xff\n\n"], "undecodable"),
    "ten megabytes": (HUGE, "limit"),
    "too deep": ([b"data: " + b"[" * 400 + b"]" * 400 + b"\n\n"], "limit"),
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("kind", KINDS)
def test_what_cannot_be_read_is_named_and_ends_well(ask, kind, bad):
    before, media, ends_well = KINDS[kind]
    pieces, reason = BAD[bad]
    if media == LINES:
        pieces = [piece.replace(b"data: ", b"").replace(b"\n\n", b"\n") for piece in pieces]

    status, body, told = ask([*before, *pieces, *said("unseen. ")], media)

    assert (status, named(told)) == (200, (Decision.BLOCK, [reason]))
    assert ends_well(body)
    assert b"unseen" not in body
    assert WORDS[:4].encode() in body


def test_a_text_that_is_no_utf_8_is_named_and_ends_well(ask):
    status, body, told = ask([*[WORDS.encode()] * 4, b"\xff unseen"], TEXT)

    assert (status, named(told)) == (200, (Decision.BLOCK, ["undecodable"]))
    assert ends_as_text(body)
    assert b"unseen" not in body


def endless(kind):
    if kind == "chat":
        return itertools.chain(
            [chunk({"role": "assistant"})], itertools.repeat(chunk({"content": WORDS}))
        )
    if kind == "messages":
        more = blocks.delta(0, "text_delta", text=WORDS)
        return itertools.chain([MESSAGE], itertools.repeat(more))
    if kind == "lines":
        return itertools.repeat(json.dumps({"t": WORDS}).encode() + b"\n")
    if kind == "events":
        return itertools.repeat(f"data: {WORDS}\n\n".encode())
    return itertools.repeat(WORDS.encode())


ENDS = {
    "chat": (SSE, ends_as_chat),
    "messages": (SSE, ends_as_message),
    "events": (SSE, ends_as_record),
    "lines": (LINES, ends_as_record),
    "text": (TEXT, ends_as_text),
}


@pytest.mark.parametrize("kind", ENDS)
def test_an_answer_that_never_ends_is_ended_by_the_limit(ask, kind):
    media, ends_well = ENDS[kind]

    status, body, told = ask(endless(kind), media)

    assert (status, named(told)) == (200, (Decision.BLOCK, ["limit"]))
    assert ends_well(body)


@pytest.mark.parametrize(
    ("kind", "said_of"),
    [
        ("chat", b"upstream_ended"),
        ("messages", b"api_error"),
        ("responses", b"ended before it was"),
    ],
)
def test_an_answer_that_ends_early_is_judged_and_is_an_error_for_the_client(ask, kind, said_of):
    before, media, _ = KINDS[kind]

    status, body, told = ask(sliced(b"".join(before), 77), media)

    assert (status, named(told)) == (200, (Decision.ALLOW, []))
    assert WORDS[:4].encode() in body
    assert said_of in body


@pytest.mark.parametrize("media", ["application/x-thing", "image/png", "application/octet-stream"])
def test_an_answer_that_is_no_text_passes_with_a_verdict_that_says_so(ask, media):
    raw = [b"\x89PNG", b"\xff" * 70]

    status, body, told = ask(raw, media)

    assert (status, body, named(told)) == (200, b"".join(raw), (Decision.ALLOW, ["media"]))


@pytest.mark.parametrize("host", HOSTS.values())
def test_a_policy_may_refuse_an_answer_that_is_no_text(host):
    strict = Guard(secret_policy(on_incomplete={SkipReason.MEDIA: Decision.BLOCK}))

    status, body = host(strict, [b"\x89PNG"], "image/png")
    strict.close()

    assert (status, json.loads(body)["error"]["code"]) == (400, "content_filter")


def test_a_stream_in_an_encoding_is_refused_unread(ask):
    status, body, told = ask([b"\x1f\x8b"], SSE, headers=[("content-encoding", "gzip")])

    assert (status, named(told)) == (400, (Decision.BLOCK, ["undecodable"]))
    assert json.loads(body)["error"]["code"] == "content_filter"


def test_a_clean_answer_is_not_among_them(ask):
    _, body, told = ask([*said(WORDS), DONE], SSE)

    assert (content(body), named(told)) == (WORDS, (Decision.ALLOW, []))
