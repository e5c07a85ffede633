"""What a screen shows: deletions and overwriting applied, terminal codes gone, bidi order."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from shield.text.assemble import Part, assembled
from shield.view import View

_LINE = re.compile(r"[^\n]+|\n")
_DELETION = re.compile(r"(?:[\b\x7f]|\^H)+")
_ERASING = ("\b", "\x7f", "^H", "\x1b")
_RETURN = re.compile(r"\r(?!\n|\Z)")
_TERMINAL = re.compile(
    r"\x1b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\)|[@-_])"
)
_OPENING = {"\u202a": (0, ""), "\u202b": (1, ""), "\u202d": (0, "L"), "\u202e": (1, "R")}
_OPENING |= {"\u2066": (0, ""), "\u2067": (1, ""), "\u2068": (0, "")}
_ISOLATES = frozenset("\u2066\u2067\u2068")
_POP, _POP_ISOLATE = "\u202c", "\u2069"
_CONTROL = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_TURNING = re.compile(r"[\u202b\u202d\u202e\u2067]")
_PARTS = 64  # of a progress bar only the end is seen
_CONTROLS = 4_000  # a line with more of them has no order that anybody could read
_DEEPEST = 8  # deeper than this nobody reads, and each level costs a pass

Range = tuple[int, int]


def erased(raw: View) -> Iterator[View]:
    """The text after its backspaces, carriage returns and terminal codes did their work."""
    signs = any(sign in raw.text for sign in _ERASING)
    if not signs and not ("\r" in raw.text and _RETURN.search(raw.text)):
        return
    kept: list[Range] = []
    for line in _LINE.finditer(raw.text):
        kept += _overwritten(raw.text, *line.span())
    made = assembled("erased", ((raw.text[s:e], s, e) for s, e in kept), raw, glue="")
    if made is not None and made.text != raw.text:
        yield made


def _overwritten(text: str, start: int, end: int) -> list[Range]:
    """A line whose parts between carriage returns are written over each other."""
    shown: list[Range] = []
    returns = [m.start() for m in _RETURN.finditer(text, start, end)]
    if len(returns) > _PARTS:
        start = returns[-_PARTS - 1] + 1
    for stop in (*returns[-_PARTS:], end):
        written = _deleted(text, start, stop)
        shown = written + _from(shown, sum(e - s for s, e in written))
        start = stop + 1
    return shown


def _from(ranges: list[Range], skip: int) -> list[Range]:
    """The ranges without their first `skip` characters."""
    left: list[Range] = []
    for start, end in ranges:
        if skip < end - start:
            left.append((start + skip, end))
        skip = max(0, skip - (end - start))
    return left


def _deleted(text: str, start: int, end: int) -> list[Range]:
    """What is left when each deletion takes the character before it."""
    kept: list[Range] = []
    at = start
    for run in _DELETION.finditer(text, start, end):
        kept += _typed(text, at, run.start())
        _take(kept, len(run[0].replace("^H", "\b")))
        at = run.end()
    return kept + _typed(text, at, end)


def _take(kept: list[Range], count: int) -> None:
    while count and kept:
        start, end = kept.pop()
        if end - start > count:
            kept.append((start, end - count))
        count = max(0, count - (end - start))


def _typed(text: str, start: int, end: int) -> list[Range]:
    """A stretch without its terminal codes."""
    kept: list[Range] = []
    for code in _TERMINAL.finditer(text, start, end):
        kept.append((start, code.start()))
        start = code.end()
    return [r for r in (*kept, (start, end)) if r[0] < r[1]]


class _Run(NamedTuple):
    start: int
    end: int
    level: int


def reordered(raw: View) -> Iterator[View]:
    """The order in which explicit bidi controls show a text, letters of all scripts taken as
    written from left to right (UAX #9, rules X1 to X8 and L2).
    """
    if not _TURNING.search(raw.text):
        return
    parts: list[Part] = []
    for line in _LINE.finditer(raw.text):
        if len(_CONTROL.findall(line[0])) > _CONTROLS:
            parts.append((line[0], *line.span()))
            continue
        runs = _levels(raw.text, *line.span())
        for run in _visual(runs):
            parts += _shown(raw.text, run)
    made = assembled("reordered", parts, raw, glue="")
    if made is not None and made.text != _CONTROL.sub("", raw.text):
        yield made


def _levels(text: str, start: int, end: int) -> list[_Run]:
    runs: list[_Run] = []
    stack: list[tuple[int, str, bool]] = [(0, "", False)]
    for control in _CONTROL.finditer(text, start, end):
        runs.append(_run(start, control.start(), stack[-1]))
        start = control.end()
        sign = control[0]
        if sign in _OPENING:
            odd, override = _OPENING[sign]
            level = stack[-1][0] + 1
            level += level % 2 != odd
            if sign in _ISOLATES:  # a point of the outer level between two inner stretches
                runs.append(_Run(start, start, stack[-1][0]))
            if level <= _DEEPEST:
                stack.append((level, override, sign in _ISOLATES))
        elif len(stack) > 1 and stack[-1][2] == (sign == _POP_ISOLATE):
            stack.pop()
            if sign == _POP_ISOLATE:
                runs.append(_Run(start, start, stack[-1][0]))
    runs.append(_run(start, end, stack[-1]))
    return [run for run in runs if run.start < run.end or run.level >= 0]


def _run(start: int, end: int, state: tuple[int, str, bool]) -> _Run:
    """Letters in an odd level without an override run from left to right, one level up."""
    level, override, _ = state
    return _Run(start, end, level + 1 if level % 2 and not override else level)


def _visual(runs: list[_Run]) -> list[_Run]:
    order = list(runs)
    for level in range(max((run.level for run in runs), default=0), 0, -1):
        at = 0
        while at < len(order):
            end = at
            while end < len(order) and order[end].level >= level:
                end += 1
            if end > at:
                order[at:end] = order[at:end][::-1]
            at = end + 1
    return order


def _shown(text: str, run: _Run) -> Iterator[Part]:
    if run.level % 2:
        yield from ((text[p], p, p + 1) for p in range(run.end - 1, run.start - 1, -1))
    elif run.start < run.end:
        yield text[run.start : run.end], run.start, run.end
