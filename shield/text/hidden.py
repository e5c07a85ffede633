"""Hidden channels: text that no reader sees but that a tokenizer may read.

Tag characters mirror ASCII (U+E0020..7E), variation selectors 1-256 carry one byte each,
and two invisible characters make a binary alphabet, in one run or strewn over a text. Flag
emoji made of tag characters (England, Scotland, Wales) are honest and left alone, and so are
the selectors and joiners that emoji, ideographs, Persian and Indic words need.
"""

import re
from collections.abc import Iterable, Iterator

from shield.text.assemble import Part, assembled
from shield.text.decoders.readable import reads_as_words
from shield.view import View

_ANY = re.compile(
    "[\u00ad\u034f\u061c\u115f\u180e\u200b-\u200f\u2060-\u2069\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_TAGS = re.compile("[\U000e0020-\U000e007e]+")
_FLAG, _END = "\U0001f3f4", "\U000e007f"
_UNTAGGED = {0xE0000 + point: chr(point) for point in range(0x20, 0x7F)}
_FLAGS = frozenset({"gbeng", "gbsct", "gbwls"})
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{2,}")
_STREWN = re.compile("[\ufe00-\ufe0d\U000e0100-\U000e01ef]")
_IDEOGRAPH = re.compile("[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_SYMBOLS = "\u200b\u200c\u200d\u2060-\u2064\ufeff\u00ad\u034f\u061c\u180e\u200e\u200f\u2066-\u2069\u3164\uffa0\u115f\ufe00\ufe01"
_RUN = re.compile(f"[{_SYMBOLS}]{{16,}}")
# Between two letters of these scripts a joiner or its opposite is spelling.
_SCRIPT = "\u0590-\u08ff\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff"
_SYMBOL = re.compile(f"[{_SYMBOLS}]+")
_SPELLING = re.compile(f"[{_SCRIPT}\u2600-\u27bf\ufe0f\U0001f000-\U0001fbff]")
_LETTERS, _ASCII = 0.8, 0.9
_SPARSE = 64
_MIXED = 6  # kinds of invisible characters from which no alphabet is tried


def hidden(text: str, parent: View | None = None) -> Iterator[View]:
    """One view for each hidden channel, or run of one, that decodes to readable text."""
    if text.isascii() or not _ANY.search(text):
        return
    found = (_tags(text), _selectors(text), _binary(text))
    for parts in found:
        for part, glue in parts:
            made = assembled("hidden", part, parent, glue=glue)
            if made is not None:
                yield made


def _tags(text: str) -> Iterator[tuple[list[Part], str]]:
    """All runs of tags together: words apart, letters strewn over a text in a row."""
    parts: list[Part] = []
    for run in _TAGS.finditer(text):
        shown = run[0].translate(_UNTAGGED)
        closed = text[run.end() : run.end() + 1] == _END
        flag = closed and text[run.start() - 1 : run.start()] == _FLAG
        if not (flag and shown in _FLAGS):
            parts.append((shown, run.start(), run.end() + closed))
    if parts:
        whole = sum(len(shown) > 2 for shown, _, _ in parts) * 2 > len(parts)
        flags = any(text[start - 1] == _FLAG for _, start, _ in parts if start)
        yield parts, " " if whole and not flags else ""


def _selectors(text: str) -> Iterator[tuple[list[Part], str]]:
    runs = [(_read(_selected(run[0])), *run.span()) for run in _SELECTORS.finditer(text)]
    whole = [part for part in runs if part[0]]
    if whole:
        yield whole, "\n"
        return
    strewn = [
        m
        for m in _STREWN.finditer(text)
        if not _IDEOGRAPH.match(text[max(0, m.start() - 1) : m.start()])
    ]
    if len(strewn) > 3:
        shown = _read(bytes(_selector_byte(m[0]) for m in strewn))
        yield [(shown, strewn[0].start(), strewn[-1].end())], "\n"


def _selected(run: str) -> bytes:
    return bytes(map(_selector_byte, run))


def _selector_byte(char: str) -> int:
    point = ord(char)
    return point - 0xFE00 if point <= 0xFE0F else point - 0xE0100 + 16


def _binary(text: str) -> Iterator[tuple[list[Part], str]]:
    found = False
    for run in _RUN.finditer(text):
        if shown := _said(run[0]):
            found = True
            yield [(shown, *run.span())], ""
    strewn = [] if found else [m for m in _SYMBOL.finditer(text) if not _is_spelling(m)]
    if sum(len(m[0]) for m in strewn) >= _SPARSE:
        shown = _said("".join(m[0] for m in strewn))
        if sum(map(str.isascii, shown)) > _ASCII * len(shown) or reads_as_words(shown):
            yield [(shown, strewn[0].start(), strewn[-1].end())], ""


def _is_spelling(run: re.Match[str]) -> bool:
    """True for a joiner after a letter or an emoji that needs it."""
    before = run.string[max(0, run.start() - 1) : run.start()]
    return len(run[0]) < 3 and _SPELLING.match(before) is not None


def _said(run: str) -> str:
    """The reading with the most letters, if they are most of it."""
    best = max(_alphabets(run), key=_letters, default="")
    return best if _letters(best) >= _LETTERS else ""


def _letters(shown: str) -> float:
    return sum(c.isalnum() or c == " " for c in shown) / max(1, len(shown))


def _alphabets(run: str) -> Iterator[str]:
    """Every text that the run spells, each symbol as a zero, a one or a gap."""
    symbols = sorted(set(run))
    if len(symbols) == 2:
        yield from _bits(run, symbols)
    elif 2 < len(symbols) < _MIXED:
        for gap in symbols:
            rest = sorted(set(symbols) - {gap})
            groups = run.split(gap)
            if len(rest) == 2 and max(map(len, groups)) <= 21:
                yield from _grouped(groups, rest)


def _bits(run: str, symbols: list[str]) -> Iterator[str]:
    for zero, one in (symbols, symbols[::-1]):
        bits = run.translate({ord(zero): "0", ord(one): "1"})
        for size in (8, 7):
            for step in (1, -1):
                whole = range(0, len(bits) - len(bits) % size, size)
                raw = bytes(int(bits[i : i + size][::step], 2) for i in whole)
                if shown := _read(raw):
                    yield shown


def _grouped(groups: Iterable[str], symbols: list[str]) -> Iterator[str]:
    """A gap after each character: as many bits as it takes."""
    for zero, one in (symbols, symbols[::-1]):
        table = {ord(zero): "0", ord(one): "1"}
        points = [int(group.translate(table), 2) for group in groups if group]
        shown = "".join(chr(p) for p in points if 8 < p < 0xD800)
        if len(shown) == len(points) and _readable(shown):
            yield shown


def _read(raw: bytes) -> str:
    shown = raw.decode("utf-8", errors="ignore")
    return shown if 3 * len(shown.encode()) >= 2 * len(raw) and _readable(shown) else ""


def _readable(shown: str) -> bool:
    """True for printable text."""
    readable = sum(c.isprintable() or c.isspace() for c in shown)
    return len(shown) > 1 and readable >= 0.9 * len(shown)
