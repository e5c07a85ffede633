"""The response side of every HTTP host: what the application sends → what the client may read.

Sans-io. Streams (events, lines of JSON, plain text without a length) leave as far as they have
been judged; other texts leave when all of it has been; what is no text passes as it comes. Where
nothing has left yet, a block is a refusal with its status; after that the stream is cut.
"""

from contextlib import suppress
from typing import TypedDict

from msgspec import Struct

from shield.errors import WireError
from shield.exchange import Exchange
from shield.hosts.mount import Headers, Mount, named
from shield.pipeline import Detection
from shield.types import Coverage, Outcome, Skip, SkipReason
from shield.wire import body as bodies
from shield.wire import told
from shield.wire.dialect import Dialect, EventStream, Stream, opened
from shield.wire.framing import LINES
from shield.wire.prose import TextStream
from shield.wire.records import RecordStream
from shield.wire.refusal import Refusal, unreadable
from shield.wire.strict import Json, Shape

_BODILESS = frozenset({204, 304})
_EVENTS = "text/event-stream"
_LINES = frozenset(
    f"application/{name}" for name in ("x-ndjson", "ndjson", "jsonl", "x-jsonl", "jsonlines")
)
_PROSE = frozenset({"text/plain", "text/markdown"})
_OF_BYTES = frozenset({b"content-length", b"etag", b"content-md5", b"digest"})


class Head(Struct, frozen=True):
    """The status and headers of a response."""

    status: int
    headers: Headers


class Leaving(Struct, frozen=True):
    """What leaves now: the head first, where it is given. `over` says that nothing follows."""

    head: Head | None = None
    body: bytes = b""
    over: bool = False


class _Bounds(TypedDict):
    """What streams of all kinds are made with."""

    shape: Shape
    limit: int
    held: int
    tells: bool


_NOTHING = Leaving()
_UNREAD = Detection((), Coverage())  # scanners that want a whole answer have none to judge


class Answer:
    """One response on its way to the client. Not for use from two threads at once.

    All block for as long as judging takes, `feed` and `end` not where `waits`, `passing` or `over`.
    `stopped` says that the answer was cut or refused: the application need not go on making it.
    `calls_judged` is for a host that has put the tool calls of a whole answer past the action
    checkpoint itself, with labels that the answer no longer shows.

    Args:
        mount: of the host.
        exchange: that the request was judged in.
        asked: the parsed body of the request.
        method: of the request.
    """

    def __init__(self, mount: Mount, exchange: Exchange, asked: Json, method: str) -> None:
        self._mount, self._exchange = mount, exchange
        self._asked, self._method = asked, method
        self._head: Head | None = None
        self._stream: Stream | None = None
        self._held = bytearray()
        self._left = self._bodiless = False
        self.passing = False
        self.over = False
        self.stopped = False
        self.calls_judged = False

    @property
    def waits(self) -> bool:
        """True while what is fed is only kept."""
        return self._stream is None and not self.passing

    def start(self, head: Head) -> Leaving:
        """The application has begun to answer; a second head takes the place of the first."""
        if self._left or self.over:
            return _NOTHING
        self._head = head
        if self._unjudged(head):
            return self._let_by(head)
        self._stream = self._streamed(head)
        return _NOTHING

    def _let_by(self, head: Head) -> Leaving:
        """What is no text: the policy decides, as it does of media, and the verdict says so."""
        notes: Headers = []
        if not self._bodiless:
            media = Skip("", SkipReason.MEDIA)
            outcome = self._exchange.output((), skipped=(media,), found=_UNREAD)
            if not outcome.passes:
                return self._refused(self._mount.refusal(outcome, self._asked))
            notes = self._mount.notes(outcome)
        self.passing = self._left = True
        return Leaving(Head(head.status, [*head.headers, *notes]))

    def feed(self, chunk: bytes) -> Leaving:
        """Take the next bytes; what leaves now."""
        if self.over:
            return _NOTHING
        if self.passing:
            return Leaving(None, b"" if self._bodiless else chunk)
        if self._stream is not None:
            return self._flowing(self._stream, self._stream.feed(chunk))
        self._held += chunk
        most = self._mount.limits.response_bytes
        return self._too_large() if len(self._held) > most else _NOTHING

    @property
    def ahead(self) -> bool:
        """True when what has left may not have been judged: `catch_up` is due."""
        return self._mount.gate == "async" and self._stream is not None and not self.over

    def catch_up(self) -> Leaving:
        """Judge what has left ahead of its judgement; what leaves because of that."""
        if self._stream is None or not self.ahead:
            return _NOTHING
        return self._flowing(self._stream, self._stream.catch_up())

    def end(self) -> Leaving:
        """The application has answered; what still leaves."""
        if self.over:
            return _NOTHING
        if self.passing:
            self.over = True
            return Leaving(over=True)
        if self._stream is not None:
            return self._flowing(self._stream, self._stream.end())
        return self._whole()

    def fail(self) -> Leaving:
        """The application has raised: a stream of events that has begun ends as its dialect does
        when an answer breaks off. Anything else stays without an end, so that no half looks whole.
        """
        stream = self._stream
        if isinstance(stream, EventStream) and self._left and not self.over:
            if stream.dialect is not Dialect.GENERIC:
                return self._flowing(stream, stream.end())
        self.abandon()
        return _NOTHING

    def abandon(self) -> None:
        """The client has gone: what has come of a stream is judged, told and remembered."""
        if self._stream is not None and not self.over:
            self._stream.end()
        self.over = True

    def _unjudged(self, head: Head) -> bool:
        self._bodiless = self._method == "HEAD" or head.status in _BODILESS
        if self._bodiless:
            return True
        try:
            return not any(map(bodies.judged_response, _types(head)))
        except WireError:
            return False

    def _streamed(self, head: Head) -> Stream | None:
        """The stream of a content type; None for what is judged whole."""
        types = _types(head)
        if len(types) > 1 or not _is_plain(head):
            return None
        try:
            kind, charset = bodies.type_of(types[0])
        except WireError:
            return None
        limits, exchange, shape = self._mount.limits, self._exchange, self._mount.shape
        limit, held = limits.body_bytes, limits.response_bytes
        mode, action, tells = self._mount.gate, exchange.action, self._mount.tells
        bounds = _Bounds(shape=shape, limit=limit, held=held, tells=tells)
        if kind == _EVENTS:
            return opened(self._asked, exchange.stream(mode), action, **bounds)
        if kind in _LINES:
            return RecordStream(exchange.stream(mode), action, **bounds, framing=LINES)
        if kind in _PROSE and not named(head.headers, b"content-length"):
            # Nothing in a plain text could take back what has left.
            return TextStream(exchange.stream("hold" if mode == "async" else mode), charset)
        return None

    def _flowing(self, stream: Stream, out: bytes) -> Leaving:
        self.over, self.stopped = stream.over, stream.over and stream.cut
        if self._left:
            return Leaving(None, out, self.over)
        self._held += out
        if stream.cut and not stream.began and stream.outcome is not None:
            return self._refused(self._mount.refusal(stream.outcome, self._asked))
        if not (stream.began or stream.over):
            most = self._mount.limits.response_bytes
            return self._too_large() if len(self._held) > most else _NOTHING
        self._left = True
        return Leaving(self._bare(), bytes(self._held), self.over)

    def _whole(self) -> Leaving:
        """All of a body has come: judge it."""
        raw = bytes(self._held)
        assert self._head is not None  # noqa: S101 — hosts give the head first
        if not raw:
            return self._delivered(self._head, raw)
        body = self._read(raw)
        self._exchange.tell(told.answered(body.document))
        for call in () if self.calls_judged else body.calls:
            outcome = self._exchange.action(call)
            if not outcome.passes:
                return self._refused(self._mount.refusal(outcome, self._asked))
        outcome = self._exchange.output(body.segments, skipped=body.skipped)
        clean = self._clean(body, outcome)
        if clean is None:
            return self._refused(self._mount.refusal(outcome, self._asked))
        notes = self._mount.notes(outcome)
        if outcome.segments == body.segments and not body.changed:
            return self._delivered(Head(self._head.status, [*self._head.headers, *notes]), raw)
        length = (b"content-length", str(len(clean)).encode())
        bare = self._bare()
        return self._delivered(Head(bare.status, [*bare.headers, length, *notes]), clean)

    def _read(self, raw: bytes) -> bodies.Body:
        assert self._head is not None  # noqa: S101 — hosts give the head first
        types = _types(self._head)
        with suppress(WireError):  # the policy decides, as it does of what is compressed
            if len(types) == 1 and _is_plain(self._head):
                return bodies.read_response(raw, types[0], self._mount.shape)
        return bodies.skipped(raw, SkipReason.UNDECODABLE)

    def _clean(self, body: bodies.Body, outcome: Outcome) -> bytes | None:
        try:
            return body.write(outcome.segments) if outcome.passes else None
        except KeyError:
            return None

    def _bare(self) -> Head:
        """The head without what is only true of the bytes as they came."""
        assert self._head is not None  # noqa: S101 — hosts give the head first
        kept = [(k, v) for k, v in self._head.headers if k.lower() not in _OF_BYTES]
        return Head(self._head.status, kept)

    def _delivered(self, head: Head, body: bytes) -> Leaving:
        self.over = self._left = True
        return Leaving(head, body, over=True)

    def _refused(self, answer: Refusal) -> Leaving:
        self.stopped = True
        return self._delivered(Head(answer.status, list(answer.headers)), answer.body)

    def _too_large(self) -> Leaving:
        return self._refused(unreadable(502, "response_too_large", "the response cannot be judged"))


def _types(head: Head) -> list[str]:
    """The content types: more than one may be read as any of them."""
    return named(head.headers, b"content-type") or [""]


def _is_plain(head: Head) -> bool:
    return set(named(head.headers, b"content-encoding")) <= {"", "identity"}
