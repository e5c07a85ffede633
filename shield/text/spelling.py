"""Respellings of a canonical view: spaced out, digits for letters, ROT13, backwards."""

from array import array
from collections.abc import Iterator

import regex

from shield.view import View

# Single characters, each followed by the same short separator: "i g n o r e", "i.g.n.o.r.e".
_SPACED = regex.compile(r"(?<!\w)\w(?:[ \t.\-_*/|·,+~]{1,3}\w){4,}(?!\w)")
_TOKEN = regex.compile(r"\S+")
_LEET = str.maketrans("0134578@$!|+9", "oieastbasiitg")
_ROT13 = str.maketrans({chr(97 + i): chr(97 + (i + 13) % 26) for i in range(26)})
_LEET_CHARS = frozenset("0134578@$!|+9")
_LEET_MARK = regex.compile(
    r"[a-z][0134578@$!|+9]+[a-z]|[0134578@$][a-z]{2,}|(?<![a-z])[a-z]{2,}+[01345@$7]\b"
)


def despaced(view: View) -> Iterator[View]:
    """The spaced-out runs of a canonical view with their separators taken out."""
    chars: list[str] = []
    starts = array("I")
    for run in _SPACED.finditer(view.text):
        last = run.start() - 1
        for position in range(*run.span()):
            if view.text[position].isalnum():
                if position - last > 2:  # a wider gap than one separator ends a word
                    chars.append(" ")
                    starts.append(position - 1)
                chars.append(view.text[position])
                starts.append(position)
                last = position
        chars.append("\n")
        starts.append(run.end() - 1)
    if chars:
        ends = array("I", (s + 1 for s in starts))
        yield View("despaced", "".join(chars), starts, ends, parent=view)


def leet(view: View) -> Iterator[View]:
    """A canonical view with digits and signs inside words read as letters."""
    if not _LEET_MARK.search(view.text):
        return
    shown = _TOKEN.sub(lambda token: _word(token[0]), view.text)
    if shown != view.text:
        yield View("leet", shown, parent=view)


def mirrored(view: View) -> Iterator[View]:
    """A canonical view in ROT13, and read backwards."""
    yield View("rot13", view.text.translate(_ROT13), parent=view)
    starts = array("I", range(len(view.text) - 1, -1, -1))
    ends = array("I", range(len(view.text), 0, -1))
    yield View("reversed", view.text[::-1], starts, ends, parent=view)


def _word(token: str) -> str:
    core = token.rstrip("!|+")
    letters = sum(c.isalpha() for c in core)
    if not letters or letters == len(core) or _LEET_CHARS.isdisjoint(core):
        return token
    return core.translate(_LEET) + token[len(core) :]
