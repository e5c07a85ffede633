"""Views put together from stretches of a source, with the map that belongs to them."""

from array import array
from collections.abc import Iterable

from shield.view import Pieces, View

Part = tuple[str, int, int]  # what it reads as, and the source range behind it


def assembled(
    kind: str,
    parts: Iterable[Part],
    parent: View | None,
    *,
    glue: str = "\n",
    backwards: bool = False,
) -> View | None:
    """The parts as one view, `glue` between them; None when they say nothing.

    A part as long as its source maps character for character, in reverse where `backwards`.
    """
    shown: list[str] = []
    at: list[int] = []
    starts: list[int] = []
    ends: list[int] = []
    length = 0
    for text, start, end in parts:
        if not text or start >= end:
            continue
        if glue and shown:
            at.append(length)
            starts.append(max(0, start - 1))
            ends.append(start + (start == 0))
            shown.append(glue)
            length += len(glue)
        at.append(length)
        starts.append(start)
        ends.append(end)
        shown.append(text)
        length += len(text)
    if not shown:
        return None
    pieces = Pieces(array("I", at), array("I", starts), array("I", ends), backwards)
    return View(kind, "".join(shown), pieces=pieces, parent=parent)


def replaced(
    kind: str, text: str, parts: Iterable[Part], parent: View | None, around: int
) -> View | None:
    """The parts in their places, with up to `around` characters of `text` on both sides.

    The parts are in order and do not overlap.
    """
    made: list[Part] = []
    last = 0
    for shown, start, end in parts:
        made += _between(text, last, start, around if made else 0, around)
        made.append((shown, start, end))
        last = end
    if not made:
        return None
    made += _between(text, last, len(text), around, 0)
    return assembled(kind, made, parent, glue="")


def _between(text: str, start: int, end: int, head: int, tail: int) -> list[Part]:
    """The characters between two replacements; of many only the first and the last."""
    if end - start <= head + tail:
        return [(text[start:end], start, end)]
    ahead, behind = start + head, end - tail
    cut = [("\n", ahead, ahead + 1)] if head and tail else []
    return [(text[start:ahead], start, ahead), *cut, (text[behind:end], behind, end)]
