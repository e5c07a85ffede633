"""Decoders: runs of a text that carry another text in an encoding.

Each decoder yields `(kind, start, end, decoded)` for the runs it can read. They are tried
on every text, so each is linear, starts from a cheap test, and gives up on what does not
read as text.
"""

import base64
import binascii
import html
from collections.abc import Callable, Iterator
from functools import partial
from urllib.parse import unquote

import regex

Decoded = tuple[str, int, int, str]

_BASE64 = regex.compile(r"[A-Za-z0-9+/_-]{16,}+(?:\s[A-Za-z0-9+/_-]{16,}+)*+={0,2}")
_BASE32 = regex.compile(r"[A-Z2-7]{16,}+={0,6}")
_HEX = regex.compile(r"(?:(?:0x|\\x|%)?[0-9a-fA-F]{2}[\s:,]?){8,}+")
_BINARY = regex.compile(r"(?:[01]{8}\s?){4,}+")
_PERCENT = regex.compile(r"%[0-9a-fA-F]{2}")
_CHUNK = regex.compile(r"\S++")
# Bounded: `html.unescape` raises on a number of thousands of digits.
_ENTITY = regex.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][0-9A-Za-z]{1,30});")
_ESCAPE = regex.compile(
    r"\\u\{[0-9a-fA-F]{1,6}\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\U[0-9a-fA-F]{8}"
)
_HEX_SIGNS = regex.compile(r"0x|\\x|[%\s:,]")
_OCTET = regex.compile(r"[01]{8}")
_SEPARATORS = " \t\r\n:,"
_DIGITS = regex.compile(r"[0-9a-fA-F]+")
_WORDS = regex.compile(r"[^\W\d_]{2,}")


def decoded(text: str) -> Iterator[Decoded]:
    """Every readable decoding of a run of `text`."""
    for decoder in _DECODERS:
        yield from decoder(text)


def reads_as_text(shown: str) -> bool:
    """True when a decoding is mostly letters in words, not noise; control characters aside."""
    plain = "".join(c for c in shown if c.isprintable())
    if len(plain) < 4 or 4 * len(plain) < 3 * len(shown):
        return False
    letters = sum(c.isalpha() or c == " " for c in plain)
    return letters >= 0.7 * len(plain) and _WORDS.search(plain) is not None


def _base64(text: str) -> Iterator[Decoded]:
    for run in _BASE64.finditer(text):
        whole = list(_of_base64(run[0], run.start()))
        # A long ordinary word beside the payload spoils the run; then each piece is tried.
        yield from whole
        for piece in () if whole else _CHUNK.finditer(run[0]):
            yield from _of_base64(piece[0], run.start() + piece.start())


def _of_base64(run: str, start: int) -> Iterator[Decoded]:
    raw = "".join(run.split()).rstrip("=").translate({45: "+", 95: "/"})
    yield from _of_bytes("base64", run, start, partial(base64.b64decode, _padded(raw, 4)))


def _base32(text: str) -> Iterator[Decoded]:
    for run in _BASE32.finditer(text):
        read = partial(base64.b32decode, _padded(run[0].rstrip("="), 8))
        yield from _of_bytes("base32", run[0], run.start(), read)


def _padded(raw: str, block: int) -> str:
    return raw + "=" * (-len(raw) % block)


def _hex(text: str) -> Iterator[Decoded]:
    for run in _HEX.finditer(text):
        digits = _HEX_SIGNS.sub("", run[0])
        yield from _of_bytes("hex", run[0], run.start(), partial(bytes.fromhex, digits))


def _binary(text: str) -> Iterator[Decoded]:
    for run in _BINARY.finditer(text):
        found = [int(octet, 2) for octet in _OCTET.findall(run[0])]
        yield from _of_bytes("binary", run[0], run.start(), partial(bytes, found))


def _of_bytes(kind: str, run: str, start: int, read: Callable[[], bytes]) -> Iterator[Decoded]:
    try:
        shown = read().decode("utf-8")
    except (ValueError, binascii.Error):
        return
    if reads_as_text(shown) or next(decoded(shown), None):
        yield kind, start, start + len(run.rstrip(_SEPARATORS)), shown


def _percent(text: str) -> Iterator[Decoded]:
    if "%" in text:
        for run in _CHUNK.finditer(text):
            if not _PERCENT.search(run[0]):
                continue
            shown = unquote(run[0]).replace("+", " ")
            if shown != run[0] and reads_as_text(shown):
                yield "percent", run.start(), run.end(), shown


def _entities(text: str) -> Iterator[Decoded]:
    if "&" in text and len(_ENTITY.findall(text)) >= 3:
        yield "entities", 0, len(text), _ENTITY.sub(lambda run: html.unescape(run[0]), text)


def _escapes(text: str) -> Iterator[Decoded]:
    if "\\" in text and len(_ESCAPE.findall(text)) >= 3:
        yield "escapes", 0, len(text), _ESCAPE.sub(_escape, text)


def _escape(run: "regex.Match[str]") -> str:
    digits = _DIGITS.search(run[0])
    point = int(digits[0], 16) if digits else 0x110000
    return chr(point) if point < 0x110000 and not 0xD800 <= point < 0xE000 else run[0]


_DECODERS: tuple[Callable[[str], Iterator[Decoded]], ...] = (
    _base64,
    _base32,
    _hex,
    _binary,
    _percent,
    _entities,
    _escapes,
)
