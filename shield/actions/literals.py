"""Printed values, such as Python's `repr` of a result: read without evaluating anything.

JSON, Python literals and printed objects (`Issue(title='x', tags=['a'])`). One pass and no
recursion: hostile nesting costs what other text of its length costs.
"""

from collections.abc import Iterator
from typing import Any

import regex

Data = Any  # list, dict with string keys, str, int, float, bool or None

_TOKEN = regex.compile(
    r"""\s*+(?:(?P<text>[bru]?(?:'(?:[^'\\]|\\.)*+'|"(?:[^"\\]|\\.)*+"))"""
    r"""|(?P<number>[-+]?\d++(?:\.\d*+)?(?:[eE][-+]?\d++)?)"""
    r"""|(?P<name>[A-Za-z_][\w.]*+)|(?P<mark>[\[\](){}:,=]))""",
    regex.DOTALL,
)
_ESCAPE = regex.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|(.))", regex.S)
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "0": "\0", "\n": ""}
_WORDS = {"True": True, "true": True, "False": False, "false": False}
_NOTHING = frozenset({"None", "null", "nan", "NaN"})
_CLOSES = {"]": "[", ")": "(", "}": "{"}
_MOST_DIGITS = 40


class UnreadableError(ValueError):
    """A text is no printed value. The message holds none of it."""


def literal(text: str) -> Data:
    """The value that a text prints, with sets and tuples as lists, objects as dicts.

    Raises:
        UnreadableError: it is not one complete value.
    """
    outer: list[Any] = []
    stack: list[tuple[str, list[Any]]] = [("", outer)]
    for kind, shown in _tokens(text):
        items = stack[-1][1]
        if kind != "mark":
            items.append(_scalar(kind, shown))
        elif shown in "[({":
            stack.append((shown, []))
        elif shown in _CLOSES:
            opened, held = stack.pop()
            if opened != _CLOSES[shown]:
                raise UnreadableError("brackets do not match")
            _close(stack[-1][1], opened, held)
        else:
            items.append(_Mark(shown))
    if len(stack) != 1 or len(outer) != 1 or isinstance(outer[0], _Mark):
        raise UnreadableError("not one complete value")
    return None if isinstance(outer[0], _Name) else outer[0]


def unescaped(inner: str) -> str:
    """The text between quotation marks with its backslash escapes undone."""
    return _ESCAPE.sub(_character, inner) if "\\" in inner else inner


class _Mark(str):
    """A colon, comma or equals sign between values."""

    __slots__ = ()


class _Name(str):
    """A bare word: the name of an object or of an argument."""

    __slots__ = ()


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at, end = 0, len(text.rstrip())
    while at < end:
        found = _TOKEN.match(text, at, end)
        if found is None:
            raise UnreadableError("not a printed value")
        at = found.end()
        assert found.lastgroup is not None  # noqa: S101 — every branch is named
        yield found.lastgroup, found[found.lastgroup]


def _scalar(kind: str, shown: str) -> Any:
    if kind == "text":
        return unescaped(shown[shown.index(shown[-1]) + 1 : -1])
    if kind == "number":
        whole = shown.lstrip("+-").isdigit()
        if len(shown) > _MOST_DIGITS:
            return shown
        return int(shown) if whole else float(shown)
    if shown in _NOTHING:
        return None
    return _WORDS.get(shown, _Name(shown))


def _close(items: list[Any], opened: str, held: list[Any]) -> None:
    """Put a finished container in its place; an object's name goes with its parentheses."""
    if opened == "(" and items and isinstance(items[-1], _Name):
        items.pop()
    empty = opened == "{" and not held
    if empty or any(isinstance(item, _Mark) and item in ":=" for item in held):
        items.append(_pairs(held))
    else:
        items.append([item for item in held if not isinstance(item, _Mark)])


def _pairs(held: list[Any]) -> dict[str, Any]:
    """The members of `{key: value, ...}` or of `(name=value, ...)`; values alone get their place."""
    found: dict[str, Any] = {}
    at = 0
    while at < len(held):
        if at + 2 < len(held) and isinstance(held[at + 1], _Mark) and held[at + 1] in ":=":
            found[str(held[at])] = held[at + 2]
            at += 3
        else:
            if not isinstance(held[at], _Mark):
                found[str(at)] = held[at]
            at += 1
    return found


def _character(match: "regex.Match[str]") -> str:
    code = match[1] or match[2] or match[3]
    if code is None:
        return _PLAIN.get(match[4], match[4])
    point = int(code, 16)
    return chr(point) if point < 0x110000 else ""
