"""Plain tables: a line of column names, and lines of as many cells. Commas, semicolons, tabs or bars."""

import csv
from typing import Any

import regex

from shield.actions.literals import UnreadableError

_NAME = regex.compile(r"\s*[^\W\d][\w .\-]{0,40}\s*")
_RULE = regex.compile(r"[\s|:\-]+")
_FEWEST_COLUMNS, _MOST_COLUMNS = 2, 60


class Table(list[dict[str, Any]]):
    """Rows by column."""


def table(text: str) -> Table:
    """The rows of a table, by column.

    Raises:
        UnreadableError: some line has not as many cells as the first, or the first names no columns.
    """
    lines = [line for line in text.splitlines() if line.strip() and not _RULE.fullmatch(line)]
    if len(lines) < 2:
        raise UnreadableError("no table")
    mark = next((m for m in "\t|;," if m in lines[0]), "")
    names = _cells(lines[0], mark) if mark else []
    wide = _FEWEST_COLUMNS <= len(names) <= _MOST_COLUMNS
    if not wide or not all(_NAME.fullmatch(name) for name in names):
        raise UnreadableError("no column names")
    rows = [_cells(line, mark) for line in lines[1:]]
    if any(len(row) != len(names) for row in rows):
        raise UnreadableError("a line of another width")
    return Table(dict(zip(names, row, strict=True)) for row in rows)


def _cells(line: str, mark: str) -> list[str]:
    if mark == "|":
        return [cell.strip() for cell in line.strip().strip("|").split("|")]
    return [cell.strip() for cell in next(csv.reader([line], delimiter=mark))]
