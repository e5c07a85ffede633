"""Figures that follow from supplied ones: sums, differences, averages, ratios, changes.

So many pairs of a table give so many results that some figure always follows by chance; a
figure therefore follows only from what its sentence names, and only where the sentence
says that it reckons.
"""

import math
import re
from collections.abc import Iterator, Sequence
from itertools import combinations

from shield.text.figures import Figure
from shield.text.measures import DERIVES, FALLS, RISES, TOTALS
from shield.text.sheets import Cell

_MOST = 48  # cells that are combined
_SHORT = 4
_UNSPACED = 0x3000  # scripts from here on have no blanks between words


def _stems(words: Sequence[str]) -> "re.Pattern[str]":
    """Long words also as the beginning of their forms, short ones only by themselves."""
    long = "|".join(re.escape(word) for word in words if len(word) > _SHORT)
    short = "|".join(re.escape(word) for word in words if len(word) <= _SHORT)
    signs = "|".join(word for word in words if ord(word[0]) > _UNSPACED) or "(?!)"
    return re.compile(rf"(?i)(?<![^\W\d_])(?:(?:{long})|(?:{short})(?![^\W\d_]))|{signs}")


_TOTALS = _stems(TOTALS)
_CUES, _FALLS, _RISES = _stems([*DERIVES, *FALLS, *RISES]), _stems(FALLS), _stems(RISES)


def reckons(sentence: str) -> bool:
    """True when a sentence speaks of sums, changes or shares."""
    return _CUES.search(sentence) is not None


def adds(sentence: str) -> bool:
    """True when a sentence speaks of a sum."""
    return _TOTALS.search(sentence) is not None


def direction(sentence: str) -> int:
    """1 for a rise, -1 for a fall, 0 where a sentence says neither or both."""
    falls, rises = _FALLS.search(sentence) is not None, _RISES.search(sentence) is not None
    return int(rises) - int(falls)


def follows(
    figure: Figure, cells: Sequence[Cell], sentence: str, named: frozenset[int] = frozenset()
) -> bool:
    """True when a figure is the result of a reckoning with some of the cells.

    Where columns are `named`, sums are of these alone, and differences and ratios have a part in them.
    """
    if not cells or not (figure.unit == "pp" or reckons(sentence)):
        return False
    way = direction(sentence)
    inner = [cell for cell in cells if not named or cell.column in named]
    pairs = [
        (one, other)
        for one, other in _pairs(cells)
        if not named or one.column in named or other.column in named
    ]
    if figure.unit in {"%", "pp"}:
        shares = (*_ratios(pairs, figure.unit), *_shares(inner))
        results = (*(100 * share for share in shares), *_differences(pairs, shares=True))
        return any(_is(figure, result, way) for result in results)
    if any(figure.near(total) for total in _sums(inner)):
        return True
    ratios = () if figure.unit or figure.scaled else tuple(_ratios(pairs, ""))
    return any(_is(figure, r, way) for r in _differences(pairs, shares=False)) or any(
        figure.near(ratio) for ratio in ratios
    )


def totals(figure: Figure, cells: Sequence[Cell], sentence: str, named: frozenset[int]) -> bool:
    """True when a figure is the sum of a whole column, whatever rows its sentence names too."""
    if not adds(sentence):
        return False
    columns: dict[int, list[float]] = {}
    for cell in cells:
        if not named or cell.column in named:
            columns.setdefault(cell.column, []).append(cell.values[0])
    return any(figure.near(math.fsum(values)) for values in columns.values())


def _is(figure: Figure, result: float, way: int) -> bool:
    """True when the result, and its direction where the sentence has one, is what is stated."""
    return figure.near(result) and (not way or result * way >= 0 or figure.negative)


def _lines(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """The cells by row, by column."""
    for attribute in ("row", "column"):
        lines: dict[int, list[Cell]] = {}
        for cell in cells:
            lines.setdefault(getattr(cell, attribute), []).append(cell)
        yield from (line for line in lines.values() if len(line) > 1)


def _pairs(cells: Sequence[Cell]) -> Iterator[tuple[Cell, Cell]]:
    for line in _lines(cells[:_MOST]):
        for one, other in combinations(line, 2):
            if one.unit == other.unit:
                yield one, other


def _sums(cells: Sequence[Cell]) -> Iterator[float]:
    for line in _lines(cells):
        for unit in {cell.unit for cell in line}:
            values = [cell.values[0] for cell in line if cell.unit == unit]
            yield math.fsum(values)
            yield math.fsum(values) / len(values)
    for one, other in _pairs(cells):
        yield one.values[0] + other.values[0]


def _differences(pairs: Sequence[tuple[Cell, Cell]], *, shares: bool) -> Iterator[float]:
    for one, other in pairs:
        if (one.unit in {"%", "pp"}) is shares:
            late, early = (other, one) if one.column <= other.column else (one, other)
            gap = late.values[0] - early.values[0]
            yield gap
            if late.column == early.column:
                yield -gap


def _ratios(pairs: Sequence[tuple[Cell, Cell]], unit: str) -> Iterator[float]:
    """Changes from the earlier to the later column, and one as a share of another."""
    for one, other in pairs:
        first, last = one.values[0], other.values[0]
        if unit == "%" and first and one.column != other.column:
            yield (last - first) / abs(first)
        elif first and last:
            yield first / last
            yield last / first
            yield (last - first) / abs(first)
            yield (first - last) / abs(last)


def _shares(cells: Sequence[Cell]) -> Iterator[float]:
    """Each as a share of its line's sum."""
    for line in _lines(cells):
        total = math.fsum(cell.values[0] for cell in line)
        if total:
            yield from (cell.values[0] / total for cell in line)
