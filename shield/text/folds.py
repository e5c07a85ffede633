"""The fold tables: what one character looks like once disguises are taken off.

`folds.json` is generated from Python's Unicode data and the UTS-39 confusables that the
PyPI package `confusable-homoglyphs` carries (extra `train`):

    python -m shield.text.folds > shield/text/folds.json

The tables hold one entry a character, so that no request ever pays for
`unicodedata.normalize`, which is quadratic on runs of combining marks.
"""

import json
import unicodedata
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import Struct

_Ranges = tuple[tuple[int, int], ...]
_MARKS: _Ranges = (
    (0x300, 0x36F),
    (0x483, 0x489),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE20, 0xFE2F),
)
# Default_Ignorable_Code_Point, with the Braille blank that renders as nothing too.
_INVISIBLE: _Ranges = (
    (0xAD, 0xAD),
    (0x34F, 0x34F),
    (0x61C, 0x61C),
    (0x115F, 0x1160),
    (0x17B4, 0x17B5),
)
_INVISIBLE += ((0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F))
_INVISIBLE += ((0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF))
_INVISIBLE += ((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A))
_INVISIBLE += ((0xE0000, 0xE0FFF), (0x00, 0x08), (0x0E, 0x1F), (0x7F, 0x9F))
# Letters in boxes that compatibility decomposition leaves alone: first code point, first letter.
_BOXED = ((0x1F130, 0x1F149), (0x1F150, 0x1F169), (0x1F170, 0x1F189), (0x1F1E6, 0x1F1FF))
# Letters in brackets, of which it makes three characters: first code point, last one.
_BRACKETED = ((0x249C, 0x24B5), (0x1F110, 0x1F129))
_SMALL_CAPITALS = {"\ua730": "f", "\ua731": "s", "\ua7af": "q", "\u1d22": "z", "\ua7ae": "i"}
_SPACES = {"\u2028": "\n", "\u2029": "\n", "\x0b": " ", "\x0c": " ", "\x85": "\n"}


class Folds(Struct, frozen=True):
    """`compat` maps a character to its plain form ("" removes it); `confusable` to the
    ASCII letter that it imitates.
    """

    unicode: str
    compat: dict[str, str]
    confusable: dict[str, str]
    invisible: frozenset[str]


@cache
def folds() -> Folds:
    """The shipped tables; read once a process."""
    raw = json.loads(files("shield.text").joinpath("folds.json").read_text("utf-8"))
    invisible = frozenset(c for c in map(chr, _points(_INVISIBLE)))
    compat = {**raw["compat"], **dict.fromkeys(invisible, ""), **_SPACES, **_SMALL_CAPITALS}
    for first, last in _BRACKETED:
        compat |= {chr(p): chr(ord("a") + p - first) for p in range(first, last + 1)}
    return Folds(raw["unicode"], compat, raw["confusable"], invisible)


def compute() -> dict[str, Any]:
    """The content of `folds.json`, from the Unicode data at hand."""
    compat = {c: f for c in map(chr, range(0x80, 0x2FFFF)) if (f := _plain(c)) != c}
    compat |= {chr(p): c for p in range(0x1D00, 0x1D30) if (c := _small_capital(chr(p)))}
    compat |= {
        c: low
        for c in "\u0262\u026a\u0274\u0280\u028f\u0299\u029c\u029f"
        if (low := _small_capital(c))
    }
    for first, last in _BOXED:
        compat |= {chr(p): chr(ord("a") + p - first) for p in range(first, last + 1)}
    # A fold may itself fold; the table is closed, so that one look-up is enough.
    compat = {c: "".join(compat.get(p, p) for p in f) for c, f in compat.items()}
    return {
        "unicode": unicodedata.unidata_version,
        "compat": compat,
        "confusable": _confusables(compat),
    }


def _plain(char: str) -> str:
    if "\uac00" <= char <= "\ud7a3" or "\ud800" <= char <= "\udfff":
        return char  # Hangul syllables are letters, surrogates are not characters
    marks = frozenset(map(chr, _points(_MARKS)))
    kept = "".join(c for c in unicodedata.normalize("NFKD", char) if c not in marks)
    return unicodedata.normalize("NFC", kept)


def _small_capital(char: str) -> str:
    name = unicodedata.name(char, "")
    tail = name.removeprefix("LATIN LETTER SMALL CAPITAL ")
    return tail.lower() if len(tail) == 1 else ""


def _confusables(compat: dict[str, str]) -> dict[str, str]:
    from confusable_homoglyphs import confusables

    table: dict[str, str] = {}
    for char, twins in confusables.confusables_data.items():
        plain = [t["c"] for t in twins if len(t["c"]) == 1 and t["c"].isascii()]
        letters = [c for c in plain if c.isalpha()] or [c for c in plain if c.isdigit()]
        if len(char) == 1 and not char.isascii() and char.isalpha() and letters:
            if not compat.get(char, char).isascii():
                table[char] = letters[0].lower()
    return dict(sorted(table.items()))


def _points(ranges: _Ranges) -> list[int]:
    return [p for first, last in ranges for p in range(first, last + 1)]


if __name__ == "__main__":
    print(json.dumps(compute(), ensure_ascii=True, indent=0, sort_keys=True))
