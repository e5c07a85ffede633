"""What was supplied, as the figures of an answer are compared with it."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from msgspec import Struct

from shield.text.canonical import canonical
from shield.text.dates import Day, dates
from shield.text.figures import Figure, figures, free
from shield.text.sheets import Cell, Sheet, sheets

_UNSPACED = "\u3040-\u30ff\u3400-\u9fff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+|\d+")
_STEM = 5
_STOP = frozenset(
    "of the and in for per at to a an by on vs fy der die das und je im in pro von den de la le les du des et en par el los las y "  # noqa: SIM905
    "del di il e da do dos das em van het een w z na ii".split()
)


class Token(Struct, frozen=True):
    """A word or number of a text, as labels are compared: its stem, at [start, end)."""

    stem: str
    start: int
    end: int


class Labels(Struct, frozen=True):
    """The stems of a table's labels on one side, and those that begin with a stem."""

    stems: tuple[tuple[str, ...], ...]
    first: dict[str, tuple[int, ...]]

    @classmethod
    def of(cls, stems: Sequence[tuple[str, ...]]) -> "Labels":
        """Labels by their first stem."""
        first: dict[str, list[int]] = {}
        for number, label in enumerate(stems):
            if label:
                first.setdefault(label[0], []).append(number)
        return cls(tuple(stems), {stem: tuple(numbers) for stem, numbers in first.items()})


class Table(Struct, frozen=True):
    """A supplied table: `sized` are its cells' numbers by size."""

    cells: tuple[Cell, ...]
    rows: Labels
    columns: Labels
    sized: tuple[tuple[float, int], ...]

    def like(self, figure: Figure) -> list[Cell]:
        """The cells of a figure's size; the first 400 of each reading."""
        found: set[int] = set()
        for value in figure.values:
            slack = figure.reach(value)
            low = bisect_left(self.sized, (value - slack, -1))
            for size, number in self.sized[low : low + 400]:
                if size > value + slack:
                    break
                found.add(number)
        return [self.cells[number] for number in sorted(found)]


class Supplied(Struct, frozen=True):
    """Tables; other figures with their unit, by size; dates; words."""

    tables: tuple[Table, ...]
    sizes: tuple[float, ...]
    loose: tuple[tuple[float, str], ...]
    days: frozenset[Day]
    words: frozenset[str]

    def holds(self, figure: Figure) -> tuple[bool, bool]:
        """Whether some loose figure can be meant, and whether one in its unit can."""
        found = False
        for value in figure.values:
            slack = figure.reach(value)
            low = bisect_left(self.sizes, value - slack)
            for known, unit in self.loose[low : low + 400]:
                if known > value + slack:
                    break
                if figure.near(known):
                    found = True
                    if not unit or not figure.unit or unit == figure.unit:
                        return True, True
        return found, False


def tokens(text: str) -> tuple[Token, ...]:
    """The words and numbers of a text in order."""
    found = (Token(_stem(m[0]), *m.span()) for m in _TOKEN.finditer(_even(text)))
    return tuple(
        one if one.stem not in _STOP else Token(text[one.start], one.start, one.end)
        for one in found
        if one.stem not in _STOP or _is_name(text, one)
    )


def _is_name(text: str, one: Token) -> bool:
    """True for one capital letter, as lines and wards are named, but not where a sentence begins."""
    alone = one.end - one.start == 1 and text[one.start].isupper()
    return alone and (one.start > 0 or len(text) == 1)


def _even(text: str) -> str:
    """The text in lower case without marks, character for character."""
    if text.isascii():
        return text.lower()
    made = canonical(text)
    if len(made.text) == len(text):
        return made.text
    low = text.lower()
    return low if len(low) == len(text) else text


def _stem(word: str) -> str:
    if word.isdigit():
        return word
    return (word.removesuffix("s") if len(word) > 3 else word)[:_STEM]


def supplied(texts: Iterable[str], also: Iterable[str]) -> Supplied:
    """What documents supply; `also` are other texts that figures may come from."""
    tables: list[Table] = []
    loose: list[tuple[float, str]] = []
    days: set[Day] = set()
    words: set[str] = set()
    for text in texts:
        found = sheets(text)
        tables += map(_table, found)
        inside = [(sheet.start, sheet.end) for sheet in found]
        loose += _loose(free(figures(text), inside))
        for sheet in found:
            loose += _loose(n for label in (*sheet.rows, *sheet.columns) for n in figures(label))
        days.update(day for dated in dates(text) for day in dated.days)
        words.update(_words(text))
    for text in also:
        loose += _loose(figures(text))
        days.update(day for dated in dates(text) for day in dated.days)
        words.update(_words(text))
    ordered = sorted(set(loose))
    sizes = tuple(size for size, _ in ordered)
    return Supplied(tuple(tables), sizes, tuple(ordered), frozenset(days), frozenset(words))


def _table(sheet: Sheet) -> Table:
    sized = sorted(
        (size, number) for number, cell in enumerate(sheet.cells) for size in _sizes(cell)
    )
    # The head of the first column names no figure.
    columns = ((), *_stems(sheet.columns)[1:])
    return Table(sheet.cells, Labels.of(_stems(sheet.rows)), Labels.of(columns), tuple(sized))


def _sizes(cell: Cell) -> set[float]:
    """What a cell can be, and what it shows where a scale is said elsewhere."""
    return {abs(value) / scale for value in cell.values for scale in (1.0, cell.scale)}


def _stems(labels: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """The stems of labels; units in brackets say nothing of what a row is."""
    bare = (re.sub(r"[(\[（][^)\]）]{0,40}[)\]）]", " ", label) for label in labels)
    return tuple(tuple(dict.fromkeys(token.stem for token in tokens(label))) for label in bare)


def _loose(found: Iterable[Figure]) -> list[tuple[float, str]]:
    return [(value, one.unit) for one in found for value in one.values]


def _words(text: str) -> set[str]:
    return {m[0] for m in re.finditer(r"[^\W\d_]{2,}", _even(text))}
