"""One sentence of an answer: which of its figures, dates and names nothing supplied supports."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shield.scanners.grounding.bound import Mention, bound, mentions
from shield.scanners.grounding.derived import adds, direction, follows, totals
from shield.scanners.grounding.implied import (
    alike,
    beside,
    bounds,
    clause,
    digits,
    implied,
    restated,
    summed,
)
from shield.scanners.grounding.names import unknown_names
from shield.scanners.grounding.supplied import Supplied, Table, tokens
from shield.text.dates import dates
from shield.text.figures import Figure, figures, free
from shield.text.measures import NEGATIVE
from shield.text.sheets import Cell

_SMALL = 12  # whole numbers up to it count things of the sentence itself
_MOST_TELLING = 8
_MOST_CELLS = 2_000  # of a table that figures may follow from
_SHARES = frozenset({"%", "pp"})
_YEARS = range(1500, 2101)
_NEGATIVE = re.compile(
    r"(?i)(?<![^\W\d_])(?:" + "|".join(map(re.escape, NEGATIVE)) + r")(?![^\W\d_])|[損赤]|fehl"
)
_LOSS = re.compile(
    r"(?i)(?<![^\W\d_])(?:loss|deficit|verlust|fehlbetrag|defizit|perte|déficit|pérdida|perdita|prejuízo|perda|verlies|strata)\w{0,2}"
    r"(?:\W+\w{1,6}){0,3}\W{0,3}$"
)
_PROFIT = re.compile(
    r"(?i)(?<![^\W\d_])(?:profit|surplus|gain|gewinn|überschuss|bénéfice|excédent|beneficio|superávit|ganancia|utile|lucro|winst|zysk)"
    r"s?(?![^\W\d_])|黒字|利益"
)
# What a mark is out of: "8.1 out of 10".
_OF = re.compile(r"(?i)\d\s*(?:/|out of|of|von|sur|su|sobre|van de|av|z)\s*$")
UNKNOWN, SWAPPED, SCALE, SIGN, UNIT = (
    "unknown-figure",
    "swapped-figure",
    "wrong-scale",
    "wrong-sign",
    "wrong-unit",
)
DATE, NAME = "unknown-date", "unknown-name"
_RECKONED = frozenset({UNKNOWN, SWAPPED, SCALE})


class Doubt(NamedTuple):
    """What is not supported, how surely, at [start, end) of the sentence."""

    rule: str
    score: float
    start: int
    end: int


class _Place(NamedTuple):
    """A table with the labels that a sentence names, and what each figure is bound to."""

    table: Table
    rows: list[frozenset[int] | None]
    columns: list[frozenset[int] | None]
    named: tuple[frozenset[int], frozenset[int]]
    groups: list[frozenset[int]]


def doubts(sentence: str, known: Supplied) -> Iterator[Doubt]:
    """What a sentence states that was not supplied."""
    dated = dates(sentence)
    for one in dated:
        if not any(day.fits(seen) for day in one.days for seen in known.days) and not _is_label(
            sentence[one.start : one.end], known
        ):
            yield Doubt(DATE, 0.75, one.start, one.end)
    stated = list(free(figures(sentence), [(one.start, one.end) for one in dated]))
    yield from _figures(sentence, stated, known)
    for score, start, end in unknown_names(sentence, known.words):
        yield Doubt(NAME, score, start, end)


def _is_label(shown: str, known: Supplied) -> bool:
    stems = {token.stem for token in tokens(shown)}
    return any(
        stems and stems <= set(label)
        for table in known.tables
        for label in (*table.rows.stems, *table.columns.stems)
    )


def _figures(sentence: str, stated: list[Figure], known: Supplied) -> Iterator[Doubt]:
    said = tokens(sentence)
    taken: list[Mention] = []
    named = []
    for table in known.tables:
        pair = mentions(said, table.rows), mentions(said, table.columns)
        named.append(pair)
        taken += (*pair[0], *pair[1])
    own = [f for f in stated if not any(m.start < f.end and f.start < m.end for m in taken)]
    if not own:
        return
    places = [
        _Place(
            table,
            _fitting(own, bound(sentence, own, rows), table, "row"),
            _fitting(own, bound(sentence, own, columns, periods=True), table, "column"),
            (_labels(rows), _labels(columns)),
            alike((token.stem for token in said), table.rows.stems),
        )
        for table, (rows, columns) in zip(known.tables, named, strict=True)
    ]
    judged = [_judged(sentence, figure, number, places, known) for number, figure in enumerate(own)]
    held = [figure for figure, doubt in zip(own, judged, strict=True) if doubt is None]
    for figure, doubt in zip(own, judged, strict=True):
        if doubt is None:
            continue
        if doubt[0] not in _RECKONED or not _restated(sentence, figure, held, places):
            yield Doubt(*doubt, figure.start, figure.end)


def _restated(
    sentence: str, figure: Figure, held: Sequence[Figure], places: Sequence[_Place]
) -> bool:
    """True for what follows from supported figures of the sentence, or from the rows that they stand
    in, whatever the sentence calls these.
    """
    if restated(figure, held):
        return True
    telling = [one for one in held if digits(one) >= 3][:_MOST_TELLING]
    for place in places:
        cells = [c for one in telling for c in place.table.like(one) if _same(one, c)]
        rows = frozenset(cell.row for cell in cells)
        few = 0 < len(rows) <= len(telling) and len(place.table.cells) <= _MOST_CELLS
        if few and (
            implied(figure, place.table.cells, sentence, rows, frozenset())
            or any(
                beside(figure, cell, place.table.cells, sentence) for cell in cells[:_MOST_TELLING]
            )
        ):
            return True
    return False


def _fitting(
    stated: Sequence[Figure], owners: Sequence[frozenset[int] | None], table: Table, axis: str
) -> list[frozenset[int] | None]:
    """The owners without those that hold no figure of the kind: percentages, or others."""
    kinds = {(getattr(c, axis), c.unit in _SHARES) for c in table.cells}
    return [
        owner
        if owner is None or any((label, figure.unit in _SHARES) in kinds for label in owner)
        else None
        for figure, owner in zip(stated, owners, strict=True)
    ]


def _labels(found: Sequence[Mention]) -> frozenset[int]:
    return frozenset().union(*(mention.labels for mention in found))


def _judged(
    sentence: str, figure: Figure, number: int, places: Sequence[_Place], known: Supplied
) -> tuple[str, float] | None:
    """The rule and score of a figure that is not supported; None for one that is."""
    if not figure.readings or _counts(figure):
        return None if _OF.search(sentence, 0, figure.start) else _small(figure, number, places)
    matching = [(p, c) for p in places for c in p.table.like(figure) if _same(figure, c)]
    at_place = [(p, c) for p, c in matching if _at(p, c, number)]
    best = _best([_fault(sentence, figure, cell) for _, cell in at_place])
    if best == "":
        return None
    held, in_unit = known.holds(figure)
    if in_unit or any(_derived(sentence, figure, number, place) for place in places):
        return None
    if best:
        return best, 0.8
    if matching:
        return SWAPPED, 0.8
    if held:
        return UNIT, 0.7
    if figure.whole is not None and figure.whole in _YEARS:
        return DATE, 0.6
    near = [c for p in places for c in p.table.cells[:_MOST_CELLS] if _at(p, c, number)]
    if any(_shifted(figure, cell) for cell in near):
        return SCALE, 0.8
    telling = figure.unit or figure.scaled or len(figure.plain) > 2
    return UNKNOWN, 0.8 if telling else 0.6


def _counts(figure: Figure) -> bool:
    return figure.whole is not None and figure.whole <= _SMALL


def _small(figure: Figure, number: int, places: Sequence[_Place]) -> tuple[str, float] | None:
    """A small number is held against a table only where its row and its column are both named."""
    for place in places:
        row, column = place.rows[number], place.columns[number]
        if row is None or column is None or not figure.readings:
            continue
        cells = [c for c in place.table.cells if c.row in row and c.column in column]
        if len(cells) == 1 and not any(figure.near(v) for v in cells[0].values):
            return UNKNOWN, 0.6
    return None


def _same(figure: Figure, cell: Cell) -> bool:
    """True when a figure has a cell's size, in the cell's scale or, where it names none, bare."""
    if figure.unit in _SHARES and not cell.unit and cell.scale != 1.0:
        return False  # a share is no thousands
    if any(figure.near(value) for value in cell.values):
        return True
    bare = not figure.scaled and not figure.unit and cell.scale != 1.0
    return bare and any(figure.near(value / cell.scale) for value in cell.values)


def _at(place: _Place, cell: Cell, number: int) -> bool:
    """True when a cell stands where the sentence says that the figure stands."""
    row, column = place.rows[number], place.columns[number]
    return (row is None or cell.row in row) and (column is None or cell.column in column)


def _fault(sentence: str, figure: Figure, cell: Cell) -> str:
    """What is wrong with a figure of a cell's size: its unit, its sign, or nothing."""
    both = {figure.unit, cell.unit}
    if "" not in both and len(both) > 1 and both != {"%", "pp"}:
        return UNIT
    return SIGN if _wrong_sign(sentence, figure, cell) else ""


def _wrong_sign(sentence: str, figure: Figure, cell: Cell) -> bool:
    negative = cell.figure.negative
    lost = _LOSS.search(sentence, max(0, figure.start - 40), figure.start) is not None
    if cell.unit in {"%", "pp"} and cell.signed:
        way = -1 if figure.negative else direction(sentence)
        return way > 0 if negative else way < 0
    if negative and _PROFIT.search(part := clause(sentence, figure)):
        return not (figure.negative or _NEGATIVE.search(part))
    if negative:
        return not (figure.negative or _NEGATIVE.search(sentence) or direction(sentence) < 0)
    return figure.negative or lost


def _best(faults: Sequence[str]) -> str | None:
    """The mildest of the faults: none at all if some cell has none; None without a cell."""
    if not faults:
        return None
    return "" if "" in faults else faults[0]


def _shifted(figure: Figure, cell: Cell) -> bool:
    """True when a figure is a cell's, but for a power of ten."""
    return any(
        figure.near(value / 10.0**power)
        for value in cell.values
        for power in (*range(-9, 0), *range(1, 10))
    )


def _derived(sentence: str, figure: Figure, number: int, place: _Place) -> bool:
    rows, columns = place.named
    whole = place.table.cells
    if len(whole) > _MOST_CELLS:
        return False
    if implied(figure, whole, sentence, rows, columns):
        return True
    if bounds(figure, [cell for cell in whole if _at(place, cell, number)], sentence):
        return True
    column, said = place.columns[number], adds(sentence)
    groups = [[c for c in whole if c.row in group] for group in place.groups]
    if any(summed(figure, group, column, said=said) for group in groups):
        return True
    if len(rows) != 1 and summed(figure, whole, column, said=said):
        return True
    cells = [cell for cell in whole if not rows or cell.row in rows]
    if len(columns) > 1:
        cells = [cell for cell in cells if cell.column in columns]
    return follows(figure, cells, sentence, columns) or totals(figure, whole, sentence, columns)
