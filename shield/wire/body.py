"""A message body of any content type ↔ segments.

JSON is read whatever the content type says, because applications do so too; forms and plain
text by their type. What cannot be read is skipped with a reason, which the policy decides.
"""

import codecs
import json
import re
from collections.abc import Callable
from email.message import Message

from msgspec import Struct

from shield.errors import WireError
from shield.label import segment
from shield.types import Segment, Skip, SkipReason, Source, ToolCall
from shield.wire import chat, entities, form, reading, strict
from shield.wire.strict import Json, Shape

_MEDIA = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip")
_OPAQUE = ("application/octet-stream", "application/wasm")
_TEXTUAL = ("text/", "application/xml", "application/javascript", "application/x-ndjson")
# Read in answers only: a request in YAML means more than its letters show.
_WRITTEN = re.compile(
    r"[^/]+/[^/]+\+(?:xml|yaml)"
    r"|application/(?:x-)?(?:yaml|toml|sql|graphql|markdown|rtf|tex|latex|ecmascript|javascript|sh)"
)
_FORM = "application/x-www-form-urlencoded"
_STREAM = "text/event-stream"
_BLANK = b"\xef\xbb\xbf\xff\xfe \t\r\n"
# "{" or "[" in prose is no document; followed by another sign of JSON it means to be one.
_OPENING = re.compile(rb"[{\[]\s{0,64}[\"{}\[\]]")
# Charsets in which ASCII bytes are ASCII characters: what was scanned is what anyone reads.
_PLAIN = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d")


class Body(Struct, frozen=True):
    """A body that has been read. `write` makes the bytes to send from changed segments; `document`
    is what JSON said, `charset` what a text is encoded in. `changed`
    says that something was left out unread: only what `write` makes may be sent on.
    """

    segments: tuple[Segment, ...]
    write: Callable[[tuple[Segment, ...]], bytes]
    calls: tuple[ToolCall, ...] = ()
    skipped: tuple[Skip, ...] = ()
    is_json: bool = False
    document: Json = None
    charset: str = ""
    changed: bool = False


EMPTY = Body((), lambda _: b"")


def read_request(raw: bytes, content_type: str, shape: Shape, *, trust_system: bool) -> Body:
    """A request body.

    Raises:
        WireError: it claims or looks to be JSON, a form or text, and is not, or could be read as two of them.
    """
    kind, charset = _kind(content_type)
    if _is_json(raw, kind):
        if kind == _FORM:
            raise WireError(400, "ambiguous", "the body is a form and JSON at once")
        return _json(reading.read_request(strict.decode(raw, shape), trust_system=trust_system))
    if kind == _FORM:
        found = form.pairs(raw, shape.nodes)
        return Body(form.segments(found, form.FORM), form.encoded)
    body = _other(raw, kind, charset, Source.USER)
    if body.charset not in {"", "utf-8"} and not raw.isascii() and _is_utf_8(raw):
        # Flask's `get_data(as_text=True)` and many an application read UTF-8 whatever was said.
        raise WireError(400, "ambiguous", "the text could be read in two charsets; send UTF-8")
    return body


def read_response(raw: bytes, content_type: str, shape: Shape) -> Body:
    """A response body.

    Raises:
        WireError: it claims to be JSON or text and is not.
    """
    kind, charset = _kind(content_type)
    if "json" in kind and "x-ndjson" not in kind:
        return _json(reading.read_response(strict.decode(raw, shape)))
    return _other(raw, kind, charset, Source.ASSISTANT)


def judged_response(content_type: str) -> bool:
    """True for responses that are judged; the others pass, counted as media."""
    kind, _ = _kind(content_type)
    return "json" in kind or _is_textual(kind) or _WRITTEN.fullmatch(kind) is not None


def type_of(content_type: str) -> tuple[str, str]:
    """The media type of a text, and a charset in which ASCII bytes are ASCII characters.

    Raises:
        WireError: 415 when the header cannot be read, or names another charset.
    """
    kind, charset = _kind(content_type)
    return kind, _charset(charset)


def _json(of: chat.Reading) -> Body:
    def write(after: tuple[Segment, ...]) -> bytes:
        return strict.encode(chat.written(of.document, of.segments, after))

    return Body(
        of.segments,
        write,
        of.calls,
        of.skipped,
        is_json=True,
        document=of.document,
        changed=of.changed,
    )


def _other(raw: bytes, kind: str, charset: str, source: Source) -> Body:
    if kind == _STREAM:
        return skipped(raw, SkipReason.UNKNOWN_CONTENT_TYPE)
    if _is_textual(kind) or (source is Source.ASSISTANT and _WRITTEN.fullmatch(kind)):
        charset = _charset(charset)
        return _text(strict.text_of(raw, charset), charset, source)
    is_media = kind.startswith((*_MEDIA, *_OPAQUE))
    if is_media and (shown := _disguised(raw)):
        return _text(shown, "utf-8", source)
    return skipped(raw, SkipReason.MEDIA if is_media else SkipReason.UNKNOWN_CONTENT_TYPE)


def _text(text: str, charset: str, source: Source) -> Body:
    entities.check(text)
    return Body(
        (segment(text, source),),
        lambda after: "".join(s.text for s in after).encode(charset),
        charset=charset,
    )


def _disguised(raw: bytes) -> str:
    """A text that calls itself a medium, or none: applications read bodies without asking what they are
    called, and no picture is valid UTF-8.
    """
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""


def skipped(raw: bytes, reason: SkipReason) -> Body:
    """A body that is not looked at, for `reason`."""
    return Body((), lambda _: raw, (), (Skip("", reason),))


def _is_json(raw: bytes, kind: str) -> bool:
    """True when the body claims to be JSON, or a JSON reader would take it whatever it claims."""
    if "json" in kind:
        return True
    head = raw.replace(b"\0", b"").lstrip(_BLANK)[:1]
    if head == b'"':
        return _accepted(raw)
    if head in {b"{", b"["} and _is_textual(kind):
        return _OPENING.match(raw.replace(b"\0", b"").lstrip(_BLANK)) is not None or _accepted(raw)
    return head in {b"{", b"["}


def _accepted(raw: bytes) -> bool:
    try:
        json.loads(raw)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _is_utf_8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_textual(kind: str) -> bool:
    return kind.startswith(_TEXTUAL) or not kind


def _kind(content_type: str) -> tuple[str, str]:
    """The media type and charset of a header.

    Raises:
        WireError: 415 when the header cannot be read.
    """
    message = Message()
    message["content-type"] = content_type or "unknown/none"
    try:
        kind = message.get_content_type().lower() if content_type else ""
        charset = message.get_param("charset", "utf-8")
    except (TypeError, ValueError):
        raise WireError(415, "content_type", "the content type cannot be read") from None
    return kind, str(charset)


def _charset(name: str) -> str:
    try:
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        known = ""
    if not _PLAIN.fullmatch(known):
        raise WireError(415, "unknown_charset", "the charset is not supported; send UTF-8")
    return known
