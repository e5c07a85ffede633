"""Hidden channels: text that no reader sees but that a tokenizer may read.

Tag characters mirror ASCII (U+E0020..7E), variation selectors 1-256 carry one byte each,
and two zero-width characters make a binary alphabet. Flag emoji made of tag characters
(England, Scotland, Wales) are honest and left alone.
"""

from collections.abc import Iterator

import regex

from shield.view import View

_TAGS = regex.compile(r"(?P<flag>\U0001F3F4)?[\U000E0020-\U000E007E]+(?P<end>\U000E007F)?")
_SELECTORS = regex.compile(r"[\uFE00-\uFE0F\U000E0100-\U000E01EF]{2,}")
_BINARY = regex.compile(r"[\u200B\u200C\u200D\u2060\u2062\u2063\u2064\uFEFF]{16,}")
_FLAGS = frozenset({"gbeng", "gbsct", "gbwls"})


def hidden(text: str, parent: View | None = None) -> Iterator[View]:
    """One view for each run of a hidden channel that decodes to readable text."""
    if text.isascii():
        return
    for run in _TAGS.finditer(text):
        shown = "".join(chr(ord(c) - 0xE0000) for c in run[0] if 0xE0020 <= ord(c) <= 0xE007E)
        if not (run["flag"] and run["end"] and shown in _FLAGS):
            yield _view(shown, run.span(), parent)
    for run in _SELECTORS.finditer(text):
        if shown := _bytes(bytes(map(_selector_byte, run[0]))):
            yield _view(shown, run.span(), parent)
    for run in _BINARY.finditer(text):
        for shown in _bits(run[0]):
            yield _view(shown, run.span(), parent)


def _selector_byte(char: str) -> int:
    point = ord(char)
    return point - 0xFE00 if point <= 0xFE0F else point - 0xE0100 + 16


def _bits(run: str) -> Iterator[str]:
    symbols = sorted(set(run))
    if len(symbols) != 2:
        return
    for zero, one in (symbols, symbols[::-1]):
        bits = run.translate({ord(zero): "0", ord(one): "1"})
        whole = len(bits) - len(bits) % 8
        if shown := _bytes(bytes(int(bits[i : i + 8], 2) for i in range(0, whole, 8))):
            yield shown


def _bytes(raw: bytes) -> str:
    shown = raw.decode("utf-8", errors="ignore")
    readable = sum(c.isprintable() or c.isspace() for c in shown)
    return shown if len(shown) >= 2 and readable >= 0.9 * len(shown) else ""


def _view(shown: str, span: tuple[int, int], parent: View | None) -> View:
    return View("hidden", shown, whole=span, parent=parent)
