"""What a text must contain for a pattern to match, and within how many characters.

It is read off the syntax tree of the standard library's parser. Whatever that does not know
(the patterns are written for `regex`) is left out, so that a need is always necessary.
"""

import re
import warnings
from collections.abc import Iterable, Iterator
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from msgspec import Struct

_LEAST = 3
_LEAST_FOREIGN = 2
WIDEST = 1_024
_WORD = 64  # what an unbounded run other than of blanks may measure


class All(Struct, frozen=True):
    """Each of the parts is needed."""

    parts: "tuple[Need, ...]"


class Either(Struct, frozen=True):
    """One of the parts is needed."""

    parts: "tuple[Need, ...]"


Need = str | All | Either


class Needs(Struct, frozen=True):
    """What a match holds, None when nothing is sure, and how long it can be at most; blanks
    in a row and repetitions of one character count once.
    """

    need: Need | None
    width: int


def needs(pattern: str) -> Needs:
    """The needs of a pattern; none when the parser does not understand it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = _parser.parse(pattern)
    except (re.error, RecursionError):
        return Needs(None, WIDEST)
    return Needs(_sequence(tree), min(WIDEST, _width(tree)))


def met(need: Need | None, text: str) -> bool:
    """True when the text holds what is needed, wherever it stands."""
    if need is None:
        return True
    if isinstance(need, str):
        return need in text
    if isinstance(need, All):
        return all(met(part, text) for part in need.parts)
    return any(met(part, text) for part in need.parts)


def _sequence(tree: Iterable[Any]) -> Need | None:
    found = tuple(dict.fromkeys(_parts(tree)))
    return (found[0] if len(found) == 1 else All(found)) if found else None


def _parts(tree: Iterable[Any]) -> Iterator[Need]:
    """The needs of the parts; literals that follow each other count as one."""
    run = ""
    for kind, value in (*tree, (None, None)):
        if kind is op.LITERAL:
            run += chr(value)
            continue
        if len(run) >= (_LEAST if run.isascii() else _LEAST_FOREIGN):
            yield run
        run = ""
        need = _part(kind, value)
        if need is not None:
            yield need


def _part(kind: Any, value: Any) -> Need | None:
    if kind is op.SUBPATTERN:
        return _sequence(value[-1])
    if kind is op.ATOMIC_GROUP:
        return _sequence(value)
    if kind is op.BRANCH:
        found = [_sequence(branch) for branch in value[1]]
        known = tuple(need for need in found if need is not None)
        return Either(known) if len(known) == len(found) else None
    if kind in _REPEATS and value[0] > 0:
        return _sequence(value[2])
    return None


_REPEATS = frozenset({op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT})
_NO_WIDTH = frozenset({op.AT, op.ASSERT, op.ASSERT_NOT})


def _width(tree: Iterable[Any]) -> int:
    return sum(_width_of(kind, value) for kind, value in tree)


def _width_of(kind: Any, value: Any) -> int:
    if kind in _NO_WIDTH:
        return 0
    if kind is op.SUBPATTERN:
        return _width(value[-1])
    if kind is op.ATOMIC_GROUP:
        return _width(value)
    if kind is op.BRANCH:
        return max(map(_width, value[1]))
    if kind in _REPEATS:
        _, most, item = value
        if most is op.MAXREPEAT:
            most = 1 if _is_blank(item) else _WORD
        return int(most) * _width(item)
    return 1


def _is_blank(item: Any) -> bool:
    blank = (op.IN, [(op.CATEGORY, op.CATEGORY_SPACE)])
    return list(item) == [blank]
