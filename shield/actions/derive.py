"""Values that follow from known ones: sums, differences, products, percentages, and joined names.

The search is small on purpose. With enough numbers everything is the sum of something, so that one operand
is always the principal's, or both stand in one record, or all stand in one column.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations, islice

import regex

from shield.actions.reading import Leaf, Reading
from shield.actions.values import link, stands

_CENT = 0.005
_MOST_GIVEN, _MOST_KNOWN, _MOST_RECORD, _MOST_PARTS = 24, 400, 12, 12
_HOST = regex.compile(r"(?:https?://|www\.|[\w-]+\.[a-z]{2,})")


def computed(value: float, given: Iterable[float], readings: Iterable[Reading]) -> bool:
    """True when an amount follows from numbers that the user gave and those of tool results.

    Args:
        value: the amount, without its sign.
        given: numbers in the principal's words.
        readings: structured results.
    """
    mine = list(islice((n for n in given if n), _MOST_GIVEN))
    tables = list(readings)
    theirs = list(islice((n for r in tables for n in r.counts if n), _MOST_KNOWN))
    pairs = ((a, b) for a in mine for b in (*mine, *theirs))
    if any(_follows(value, a, b) for a, b in pairs):
        return True
    return any(_in_record(value, r) or _in_column(value, r) for r in tables)


def _follows(value: float, a: float, b: float) -> bool:
    results = (a + b, a - b, b - a, a * b, a * b / 100, b - a * b / 100, b + a * b / 100)
    if any(_same(value, result) for result in results):
        return True
    return (b != 0 and _same(value, a / b)) or (a != 0 and _same(value, b / a))


def _same(value: float, result: float) -> bool:
    return abs(value - result) < _CENT or (value >= 1 and value == round(result))


def _in_record(value: float, reading: Reading) -> bool:
    """True when two numbers of one record make the amount: a price and how many."""
    rows: dict[int, list[float]] = {}
    for number, leaf in islice(_numbers(reading), _MOST_KNOWN):
        rows.setdefault(leaf.record, []).append(number)
    return any(
        _same(value, a * b) or _same(value, a + b) or _same(value, abs(a - b))
        for row in rows.values()
        for a, b in combinations(row[:_MOST_RECORD], 2)
    )


def _in_column(value: float, reading: Reading) -> bool:
    """True when the amount sums up, counts or averages one field over all records."""
    columns: dict[str, list[float]] = {}
    for number, leaf in _numbers(reading):
        columns.setdefault(leaf.key, []).append(number)
    return any(
        _same(value, sum(column)) or _same(value, sum(column) / len(column)) or value == len(column)
        for column in columns.values()
        if len(column) > 1
    )


def _numbers(reading: Reading) -> Iterator[tuple[float, Leaf]]:
    for number, leaves in reading.counts.items():
        for leaf in leaves:
            yield number, leaf


def joined(folded: str, own: Iterable[Reading], tables: Iterable[Reading]) -> bool:
    """True for a path whose every part stands in the principal's words or is a whole leaf of a result."""
    parts = [part for part in folded.split("/") if part]
    if "/" not in folded or not 1 < len(parts) <= _MOST_PARTS or _HOST.match(link(folded)):
        return False
    mine, leaves = list(own), list(tables)
    return all(
        any(stands(part, r.text) for r in mine) or any(part in r.whole for r in leaves)
        for part in parts
    )
