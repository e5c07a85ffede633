"""Figures that follow from what a sentence names, though no word of it says that it reckons.

Every language has its own hundred ways to say that something rose by so much. What a sentence
names is the surer sign: the two periods of one row, two rows of one column, the whole of a
column. So few results are tried that a wrong figure seldom is one of them by chance.
"""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from shield.scanners.grounding.derived import direction
from shield.text.figures import Figure
from shield.text.sheets import Cell

_MOST_PAIRS, _FEW_PAIRS, _MOST_GROUPS = 24, 2, 8
_COMMA = re.compile(r"[,;:](?=\s)|[、，；]")
_MARK = r"(?:\s+(?:the|die|der|den|la|le|les|los|il|barre|marke?|grens|barrera|soglia|des|de|van|of|de los|a)){0,4}"
_OVER = re.compile(
    r"(?i)(?:\b(?:more than|at least|over|above|exceed\w*|pass\w*|surpass\w*|top\w*|cross\w*|mehr als|mindestens|über\w*|plus d[e'’]"
    r"|au moins|franchi\w*|dépass\w*|más de|al menos|super\w*|oltre|più di|almeno|mais d[eo]s?|pelo menos|ultrapass\w*|acima d[eo]s?"
    rf"|meer dan|boven|ruim|ponad|powyżej|przekrocz\w*|över|drygt|mer än){_MARK}|超え?|以上)[\s€$£¥₹]{{0,3}}$"
)
_SHORT = re.compile(
    r"(?i)(?:\b(?:less than|fewer than|at most|under|below|weniger als|höchstens|unter|moins d[e'’]|menos de|meno di|abaixo d[eo]s?"
    rf"|minder dan|onder|poniżej|knappt|mindre än){_MARK}|未満)[\s€$£¥₹]{{0,3}}$"
)
_SHARES = frozenset({"%", "pp"})


def implied(
    figure: Figure,
    cells: Sequence[Cell],
    sentence: str,
    rows: frozenset[int],
    columns: frozenset[int],
) -> bool:
    """True for a difference, a change or a ratio of two cells that the sentence names.

    With `rows` the pairs are of these rows alone, and with `columns` one of each pair is in one of
    them; where neither is named, nothing is implied.
    """
    if not (rows or columns):
        return False
    pairs, way = _pairs(cells, rows, columns), direction(clause(sentence, figure))
    if digits(figure) < 2:
        pairs = pairs if len(pairs) <= _FEW_PAIRS else []  # one digit is often right by chance
    elif figure.unit == "%" and any(figure.near(s) for s in _shares(cells, rows, columns)):
        return True
    for one, other in pairs:
        if figure.near(one.values[0]) or figure.near(other.values[0]):
            continue  # what is next to nothing beside the other implies nothing
        gaps = _gaps(one, other) if one.unit == other.unit else ()
        if figure.unit == "%" and _SHARES.isdisjoint({one.unit, other.unit}):
            results = tuple(_changes(one, other, gaps))
        elif (figure.unit in _SHARES) is (one.unit in _SHARES):
            results = gaps
        else:
            continue
        if any(figure.near(r) and (not way or r * way >= 0 or figure.negative) for r in results):
            return True
        if _is_ratio(figure, one, other):
            return True
    return False


def summed(
    figure: Figure, cells: Sequence[Cell], columns: frozenset[int] | None, *, said: bool = False
) -> bool:
    """True for the sum of a whole column, of `columns` where the sentence says which; `said`, when it
    says that it adds up.
    """
    only = said or (columns is not None and len(columns) == 1)
    if digits(figure) < 3 - only or figure.unit in _SHARES:
        return False
    held: dict[int, list[float]] = {}
    for cell in cells:
        if columns is None or cell.column in columns:
            held.setdefault(cell.column, []).append(cell.values[0])
    return any(len(v) > 1 and figure.near(math.fsum(v)) for v in held.values())


def alike(said: Iterable[str], labels: Sequence[tuple[str, ...]]) -> list[frozenset[int]]:
    """The rows that have a word in common which a sentence says: `sales` is all kinds of sales."""
    groups = (
        frozenset(number for number, stems in enumerate(labels) if stem in stems)
        for stem in dict.fromkeys(said)
    )
    return [group for group in groups if 1 < len(group) < len(labels)][:_MOST_GROUPS]


def beside(figure: Figure, cell: Cell, cells: Sequence[Cell], sentence: str) -> bool:
    """True for a difference or a change from a neighbour of a cell that the sentence states."""
    near = [
        other
        for other in cells
        if (other.row == cell.row and abs(other.column - cell.column) == 1)
        or (other.column == cell.column and abs(other.row - cell.row) == 1 and figure.unit != "%")
    ]
    ends = frozenset({cell.row, *(other.row for other in near)})
    return any(
        implied(figure, sorted((cell, other), key=_place), sentence, ends, frozenset())
        for other in near
    )


def _place(cell: Cell) -> tuple[int, int]:
    return cell.column, cell.row


def restated(figure: Figure, stated: Sequence[Figure]) -> bool:
    """True for what follows from two supported figures of the same sentence."""
    if digits(figure) < 2 or len(stated) > 8:
        return False
    plain = [f for f in stated if f.unit not in _SHARES and f.readings]
    for one, other in combinations(plain, 2):
        first, last = one.values[0], other.values[0]
        if figure.unit == "%" and first and last:
            share = 100 * first / last
            if any(figure.near(r) for r in (share, 1e4 / share, share - 100, 1e4 / share - 100)):
                return True
        elif figure.unit not in _SHARES and figure.near(last - first):
            return True
    bare = [f.values[0] for f in plain if not (f.unit or f.scaled or figure.unit or figure.scaled)]
    return any(figure.near(v * by) for v in bare for by in (1e-3, 1e3))  # GWh said as TWh


def clause(sentence: str, figure: Figure) -> str:
    """The part of a sentence, between commas, that a figure stands in."""
    first = max((m.end() for m in _COMMA.finditer(sentence, 0, figure.start)), default=0)
    last = _COMMA.search(sentence, figure.end)
    return sentence[first : last.start() if last else len(sentence)]


def bounds(figure: Figure, cells: Sequence[Cell], sentence: str) -> bool:
    """True for a round mark that a cell is said to be beyond or short of, and is near to."""
    over, short = (form.search(sentence, 0, figure.start) for form in (_OVER, _SHORT))
    if digits(figure) > 2 or not (over or short):
        return False
    low, high = (1.0, 1.5) if over else (0.67, 1.0)
    sizes = [abs(v) for c in cells if not c.unit or figure.unit in {"", c.unit} for v in c.values]
    return any(low * value <= size <= high * value for value in figure.values for size in sizes)


def digits(figure: Figure) -> int:
    """How many digits of a figure tell something: leading and, of whole numbers, last zeros do not."""
    bare = figure.plain.strip("()")
    marked = any(sign in bare for sign in ".,")
    shown = "".join(sign for sign in bare if sign.isdigit()).lstrip("0")
    return len(shown if marked else shown.rstrip("0"))


def _pairs(
    cells: Sequence[Cell], rows: frozenset[int], columns: frozenset[int]
) -> list[tuple[Cell, Cell]]:
    """Two cells of one row, or of one column and two named rows; none when they are too many."""
    mine = [cell for cell in cells if not rows or cell.row in rows]
    if len(mine) > 2 * _MOST_PAIRS:
        return []
    found = [
        (one, other) if one.column <= other.column else (other, one)
        for one, other in combinations(mine, 2)
        if (one.row == other.row or (one.column == other.column and (rows or columns)))
        and (not columns or one.column in columns or other.column in columns)
    ]
    return found if len(found) <= _MOST_PAIRS else []


def _shares(
    cells: Sequence[Cell], rows: frozenset[int], columns: frozenset[int]
) -> Iterator[float]:
    """What part of its column, in percent, the cell of a named row is."""
    held: dict[int, list[Cell]] = {}
    for cell in cells:
        if cell.unit not in _SHARES and (not columns or cell.column in columns):
            held.setdefault(cell.column, []).append(cell)
    for line in held.values() if 0 < len(rows) * len(held) <= _MOST_PAIRS else ():
        whole = math.fsum(cell.values[0] for cell in line)
        if any(math.isclose(2 * cell.values[0], whole, rel_tol=1e-3) for cell in line):
            whole /= 2  # one row is the sum of the others
        if whole and len(line) > 1:
            yield from (100 * c.values[0] / whole for c in line if c.row in rows)


def _gaps(one: Cell, other: Cell) -> tuple[float, ...]:
    """The later less the earlier; of two costs also by size, of two rows both ways."""
    first, last = one.values[0], other.values[0]
    gap = last - first
    more = (-gap,) if one.column == other.column else ()
    return (gap, *more, -gap) if first < 0 and last < 0 else (gap, *more)


def _changes(one: Cell, other: Cell, gaps: Sequence[float]) -> Iterator[float]:
    first, last = abs(one.values[0]), abs(other.values[0])
    if first and last:
        yield from (100 * gap / first for gap in gaps)
        if one.column == other.column:
            yield from (100 * gap / last for gap in gaps)
            yield 100 * min(first, last) / max(first, last)


def _is_ratio(figure: Figure, one: Cell, other: Cell) -> bool:
    """True for one per the other, of two columns of a row, written with a decimal mark."""
    first, last = abs(one.values[0]), abs(other.values[0])
    plain = not (figure.scaled or figure.unit or figure.plain.isdigit())
    if not plain or one.row != other.row or not (first and last):
        return False
    return figure.near(first / last) or figure.near(last / first)
