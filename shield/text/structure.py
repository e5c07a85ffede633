"""Structured texts as sentences: leaves of JSON, comments of a program, columns of a table,
first letters of lines.
"""

import json
import re
from bisect import bisect
from collections.abc import Iterator
from itertools import groupby

from shield.text.assemble import Part, assembled
from shield.text.segment import segmented
from shield.view import View

_STRING = re.compile(r"\"((?:[^\"\\]|\\.)*+)\"(\s*:)?", re.DOTALL)
_BEGINS = re.compile(r"\s*[\[{]|.*?```json", re.DOTALL)
_COMMENT = re.compile(
    r"(?m)^[ \t]*(?://+|#+|--+|;+|%+|\*+|>+|/\*+|<!--|REM\b|'''|\"\"\")[ \t]*(?P<line>[^\n]*)$"
    r"|[ \t](?://+|#+|--|/\*+)[ \t]+(?P<tail>[^\n]*)$"
)
_SIGNS = ("//", "#", "--", "/*", "* ", "\n>", "\n;", "\n%", "\nREM", "'''", '"""')
_CELL = re.compile(r"[^|\n]+")
_RULER = re.compile(r"[\s:|-]*")
_INITIAL = re.compile(r"(?m)^[^\w\n]*(?:\d{1,3}[.):]\s*)?([^\W\d_])")
_BREAK = re.compile(r"\n[ \t]*\n")
_LEAST_LINES, _MOST_LINES = 9, 400
_FEW = 2


def leaves(text: str, parent: View | None = None) -> Iterator[View]:
    """The string values of a JSON text, a line each, without its keys."""
    if '"' not in text or not _BEGINS.match(text):
        return
    parts = [
        (_plain(string[1]), *string.span(1))
        for string in _strings(text)
        if string[2] is None and string[1]
    ]
    made = assembled("leaves", parts, parent) if len(parts) >= _FEW else None
    if made is not None:
        yield made


def _strings(text: str) -> Iterator[re.Match[str]]:
    """The strings in order, as far as each is closed: behind an open one there is none."""
    at = text.find('"')
    while at >= 0 and (string := _STRING.match(text, at)):
        yield string
        at = text.find('"', string.end())


def _plain(string: str) -> str:
    if "\\" not in string:
        return string
    try:
        said: str = json.loads(f'"{string}"', strict=False)
    except ValueError:
        return string
    return said


def comments(text: str, parent: View | None = None) -> Iterator[View]:
    """What stands behind the signs of comments, quotations and lists, in one stretch."""
    if not any(sign in text for sign in _SIGNS):
        return
    parts = []
    for comment in _COMMENT.finditer(text):
        name = "line" if comment["line"] is not None else "tail"
        said = comment[name].rstrip(" \t*/->")
        start = comment.start(name)
        parts.append((said, start, start + len(said)))
    made = assembled("comments", parts, parent, glue=" ") if len(parts) >= _FEW else None
    if made is not None:
        yield made


def columns(text: str, parent: View | None = None) -> Iterator[View]:
    """The cells of a table from top to bottom, column after column."""
    if text.count("|") < 2 * _FEW:
        return
    parts: list[Part] = []
    rows: list[list[Part]] = []
    at = 0
    for line in (*text.split("\n"), ""):
        if "|" in line and not _RULER.fullmatch(line):
            cells = _CELL.finditer(text, at, at + len(line))
            rows.append([(cell[0].strip(), *cell.span()) for cell in cells])
        elif "|" not in line:
            parts += _downwards(rows)
            rows = []
        at += len(line) + 1
    made = assembled("columns", parts, parent, glue=" ")
    if made is not None:
        yield made


def _downwards(rows: list[list[Part]]) -> Iterator[Part]:
    """The cells of rows of one width; a table of one row or one column is read as it is."""
    if len(rows) < _FEW or max(map(len, rows)) < _FEW:
        return
    for column in range(max(map(len, rows))):
        for row in rows:
            if column < len(row) and row[column][0]:
                yield row[column]


def acrostics(text: str, parent: View | None = None) -> Iterator[View]:
    """First letters of the lines, where they spell words."""
    if not _LEAST_LINES <= text.count("\n") + 1 <= _MOST_LINES:
        return
    initials = [(m[1], *m.span(1)) for m in _INITIAL.finditer(text)]
    breaks = [m.start() for m in _BREAK.finditer(text)]
    blocks = [list(b) for _, b in groupby(initials, lambda initial: bisect(breaks, initial[1]))]
    for block in (*blocks, initials) if len(blocks) > 1 else blocks:
        words = segmented("".join(letter for letter, _, _ in block).lower())
        if len(block) >= _LEAST_LINES and sum(len(w) > 3 for w in words) >= _FEW:
            made = assembled("acrostic", _spaced(block, words), parent, glue="")
            if made is not None:
                yield made


def _spaced(letters: list[Part], words: tuple[str, ...]) -> Iterator[Part]:
    place = 0
    for word in words:
        yield from letters[place : place + len(word)]
        place += len(word)
        yield " ", *letters[place - 1][1:]
