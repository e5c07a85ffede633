"""The request side of every HTTP host: what was sent → what the application may read.

Sans-io: the host gathers the bytes, and carries out what is said here.
"""

import re

from msgspec import Struct

from shield.actions.pins import offers
from shield.errors import WireError
from shield.exchange import Exchange
from shield.hosts.mount import Headers, Mount, named
from shield.types import Segment
from shield.wire import body as bodies
from shield.wire import form, told
from shield.wire.compressed import plain
from shield.wire.refusal import Refusal, unreadable
from shield.wire.strict import Json

# With the ways of RFC 2231 to write a parameter, which some readers know.
_CHARSET = re.compile(rb"\s*;\s*charset(?:\*\d*)?\*?\s*=\s*(?:\"[^\"]*\"|[^;]*)", re.IGNORECASE)
_UTF_8 = frozenset({"", "utf-8", "ascii"})
_REWRITTEN = frozenset({b"transfer-encoding", b"content-length", b"content-encoding"})


class RefusedError(Exception):
    """The request goes no further; `answer` is what the client is told."""

    def __init__(self, answer: Refusal) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Message(Struct, frozen=True):
    """A request: its query string, headers and body. `document` is what JSON said."""

    query: bytes
    headers: Headers
    body: bytes
    document: Json = None


def too_large(limit: int) -> RefusedError:
    """What a host raises as soon as a body has more than `limit` bytes."""
    return RefusedError(unreadable(413, "too_large", f"the body exceeds {limit} bytes"))


def screened(mount: Mount, exchange: Exchange, sent: Message) -> Message:
    """The request for the application: the canonical bytes of what was scanned, without what was
    cut out, and with headers that fit them. Blocks for as long as judging takes.

    Raises:
        RefusedError: the request was refused, or cannot be read.
    """
    try:
        return _screened(mount, exchange, sent)
    except WireError as error:
        raise RefusedError(unreadable(error.status, error.code, str(error))) from None


def _screened(mount: Mount, exchange: Exchange, sent: Message) -> Message:
    encodings = named(sent.headers, b"content-encoding")
    raw = plain(sent.body, encodings, mount.limits.body_bytes)
    line = sent.query
    query = form.pairs(line, mount.shape.nodes)
    asked = form.segments(query, form.QUERY)
    body = _read(mount, raw, named(sent.headers, b"content-type"))
    if query and body.charset not in _UTF_8:
        # Django reads the query string in the charset of the body.
        raise WireError(415, "unknown_charset", "send UTF-8, or no query string")
    exchange.tell(told.asked(body.document))
    after = _passed(mount, exchange, (*asked, *body.segments), body)
    if not line.isascii() or after[: len(asked)] != asked:
        line = form.encoded(after[: len(asked)])
    try:
        clean = body.write(after[len(asked) :])
    except KeyError:
        answer = unreadable(400, "content_filter", "a name cannot be redacted")
        raise RefusedError(answer) from None
    return Message(line, _headers(sent.headers, clean, body), clean, body.document)


def _read(mount: Mount, raw: bytes, types: list[str]) -> bodies.Body:
    if len(types) > 1:
        raise WireError(415, "content_type", "send one content type")
    if not raw:
        return bodies.EMPTY
    kind = types[0] if types else ""
    return bodies.read_request(raw, kind, mount.shape, trust_system=mount.trust_system)


def _passed(
    mount: Mount, exchange: Exchange, segments: tuple[Segment, ...], body: bodies.Body
) -> tuple[Segment, ...]:
    """The segments to send on."""
    if not segments and not body.skipped:
        return ()
    outcome = exchange.input(segments, skipped=body.skipped, offers=offers(body.document))
    if not outcome.passes:
        raise RefusedError(mount.refusal(outcome, body.document))
    return outcome.segments


def _headers(before: Headers, clean: bytes, body: bodies.Body) -> Headers:
    """The headers that fit what was scanned."""
    kept = []
    for name, value in before:
        key = name.lower()
        if key == b"content-type":
            value = _typed(value, body.charset)
        if key not in _REWRITTEN:
            kept.append((name, value))
    return [*kept, (b"content-length", str(len(clean)).encode())] if clean else kept


def _typed(value: bytes, charset: str) -> bytes:
    """A content type that names the charset in which its body was read, once, or none: a framework
    may read the query string or a form in the charset of anything.
    """
    bare = _CHARSET.sub(b"", value)
    return bare if bare == value or not charset else b"%s; charset=%s" % (bare, charset.encode())
