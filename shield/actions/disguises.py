"""How a value looks inside a text that encodes it.

It is the value that is encoded, and not the text that is decoded: that costs a search or two a text. A value
found so is untrusted, never more; what no encoding here finds stands nowhere, which a person decides.
"""

import base64
import codecs
from collections.abc import Iterator
from urllib.parse import quote

from shield.actions.reading import words
from shield.actions.values import fold, squash

_MIN_CORE, _MIN_SHOWN = 8, 4


def encoded(value: str) -> tuple[str, ...]:
    """What to look for in a text as it stands: the value in base64, hex and percent signs.

    Values of fewer than a handful of characters have none: they would be found everywhere.
    """
    if len(value) < _MIN_SHOWN:
        return ()
    raw = value.encode("utf-8", "surrogatepass")
    found = [*_base64(raw), raw.hex(), "".join(f"%{b:02X}" for b in raw), _quoted(value)]
    return tuple(n for n in dict.fromkeys(found) if len(n) >= _MIN_SHOWN and n != value)


def turned(value: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """What to look for in a folded text, each with its words: the value in ROT13, and reversed."""
    if len(value) < _MIN_SHOWN:
        return ()
    folded = fold(value)
    shown = {codecs.encode(folded, "rot13"), folded[::-1]} - {folded}
    return tuple((s, words(s)) for s in shown)


def core(value: str) -> str:
    """The letters and digits of a value, which stand together when everything between them is taken out;
    empty for a short one.
    """
    shown = squash(fold(value))
    return shown if len(shown) >= _MIN_CORE else ""


def _quoted(value: str) -> str:
    return quote(value, safe="", errors="replace")


def _base64(raw: bytes) -> Iterator[str]:
    """The value inside a longer base64 text, at each of the three places where it can begin."""
    for shift in range(3):
        padded = base64.b64encode(b"\0" * shift + raw).decode()
        first = (shift * 8 + 5) // 6
        last = (shift + len(raw)) * 8 // 6
        if last - first >= _MIN_SHOWN:
            yield padded[first:last]
