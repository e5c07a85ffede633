"""Records as `yaml.safe_dump` prints them, which is how many agents are shown their results.

Only that shape is read: a list of records, or one record, in block style. What is not exactly of that
shape is free text, so that nobody becomes a record by writing a colon. One pass, no recursion.
"""

from typing import Any

import regex
from msgspec import Struct

from shield.actions.literals import Data, UnreadableError, literal, unescaped

_LINE = regex.compile(r"( *+)((?:- )*+)(.*+)")
_KEY = regex.compile(
    r"([A-Za-z_][\w .\-]{0,60}+|'[^']{1,80}+'|\"[^\"]{1,80}+\"):(?: (.*+))?$", regex.S
)
_BLOCK = regex.compile(r"[|>][-+]?\d?[-+]?$")
_FEWEST_KEYS = 2


class _Open(Struct):
    """A list or record whose lines are being read, and the column they stand in."""

    column: int
    held: Any
    key: str = ""


def dumped(text: str) -> Data:
    """The value that a text dumps. A last value that is cut off, as hosts cut long results, is left out.

    Raises:
        UnreadableError: it is not a dump of a record or of a list of records.
    """
    lines = text.rstrip().split("\n")
    root: list[Any] = []
    stack = [_Open(-1, root)]
    at, cut = 0, False
    while at < len(lines) and not cut:
        try:
            at = _taken(lines, at, stack)
        except _CutError:
            cut = True
        except UnreadableError:
            cut = at == len(lines) - 1
            if not cut:
                raise
    if len(root) != 1 or not _records(root[0], cut=cut):
        raise UnreadableError("not a list of records")
    return root[0]


class _CutError(Exception):
    """The text ends inside a value."""


def _records(value: Any, *, cut: bool) -> bool:
    """True for records of two fields and more; one that was cut off may have fewer."""
    items = value if isinstance(value, list) else [value]
    if cut and len(items) > 1:
        items = items[:-1]
    return bool(items) and all(isinstance(i, dict) and len(i) >= _FEWEST_KEYS for i in items)


def _taken(lines: list[str], at: int, stack: list[_Open]) -> int:
    """Read the line at `at`, and those that its scalar goes on in; return the next one's number."""
    match = _LINE.match(lines[at])
    if match is None or not match[3]:
        raise UnreadableError("an empty line between records")
    column, rest = len(match[1]), match[3]
    for _ in range(len(match[2]) // 2):
        _item(stack, column)
        column += 2
    if rest == "-":
        raise UnreadableError("an empty item")
    found = _KEY.match(rest)
    if found is None:
        if not match[2]:
            raise UnreadableError("a line that is neither key nor item")
        value, after = _value(rest, lines, at, column - 2)
        stack[-1].held.append(value)
        return after
    record = _record(stack, column)
    record.key = found[1].strip("'\"")
    shown = (found[2] or "").strip()
    if not shown:
        record.held[record.key] = ""
        return at + 1
    record.held[record.key], after = _value(shown, lines, at, column)
    return after


def _item(stack: list[_Open], column: int) -> None:
    """Go to the list whose items stand at `column`; open it when it is new."""
    while stack[-1].column > column:
        stack.pop()
    top = stack[-1]
    if isinstance(top.held, list) and top.column == column:
        return
    if isinstance(top.held, dict) and top.held.get(top.key) != "":
        raise UnreadableError("an item where no list is")
    opened: list[Any] = []
    _put(top, opened)
    stack.append(_Open(column, opened))


def _record(stack: list[_Open], column: int) -> _Open:
    """Go to the record whose keys stand at `column`; open it when it is new."""
    while stack[-1].column > column or (
        stack[-1].column == column and isinstance(stack[-1].held, list)
    ):
        stack.pop()
    top = stack[-1]
    if isinstance(top.held, dict) and top.column == column:
        return top
    if isinstance(top.held, dict) and top.held.get(top.key) != "":
        raise UnreadableError("a record where a value is")
    opened: dict[str, Any] = {}
    _put(top, opened)
    stack.append(_Open(column, opened))
    return stack[-1]


def _put(top: _Open, opened: Any) -> None:
    if isinstance(top.held, dict):
        top.held[top.key] = opened
    else:
        top.held.append(opened)


def _value(shown: str, lines: list[str], at: int, column: int) -> tuple[Data, int]:
    """A scalar that begins at the end of line `at`, and the number of the line after it."""
    if _BLOCK.match(shown):
        return _indented(lines, at + 1, column)
    if shown[0] in "'\"":
        return _quoted(shown, lines, at)
    end = at + 1
    while end < len(lines) and _column(lines[end]) > column:
        end += 1
    joined = " ".join([shown, *(line.strip() for line in lines[at + 1 : end])])
    return _plain(joined), end


def _indented(lines: list[str], at: int, column: int) -> tuple[str, int]:
    end = at
    while end < len(lines) and (not lines[end].strip() or _column(lines[end]) > column):
        end += 1
    return "\n".join(line.strip() for line in lines[at:end]), end


def _quoted(shown: str, lines: list[str], at: int) -> tuple[str, int]:
    """A quoted scalar; quotation marks inside single quotes are doubled."""
    mark = shown[0]
    parts, end = [shown[1:]], at
    while not _ends(parts[-1], mark, first=len(parts) == 1):
        end += 1
        if end >= len(lines):
            raise _CutError
        parts.append(lines[end].strip())
    inner = "\n".join(parts)[:-1]
    return (inner.replace("''", "'") if mark == "'" else unescaped(inner)), end + 1


def _ends(line: str, mark: str, *, first: bool) -> bool:
    if not line.endswith(mark):
        return False
    if mark == "'":
        count = len(line) - len(line.rstrip("'"))
        return count % 2 == 1 or (first and len(line) == count == 0)
    before = line[:-1]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 0


def _plain(shown: str) -> Data:
    if shown[0] in "[{":
        return literal(shown)
    if shown in {"null", "~"}:
        return None
    if shown in {"true", "false"}:
        return shown == "true"
    try:
        return int(shown) if shown.lstrip("-").isdigit() and len(shown) < 20 else float(shown)
    except ValueError:
        return shown


def _column(line: str) -> int:
    return len(line) - len(line.lstrip(" "))
