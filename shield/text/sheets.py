"""Tables of a text as figures with their row, their column and their scale.

Markdown, CSV (with comma, semicolon or tab), columns set with blanks, and HTML. The first row names the
columns, the first column the rows; a scale or a currency that the title, a row or a column names
holds for their figures.
"""

import csv
import re
from collections.abc import Iterator, Sequence
from html import unescape

from msgspec import Struct

from shield.text.figures import Figure, figures
from shield.text.measures import CURRENCIES, PERCENT, SCALES

_MOST_CELLS = 20_000
_ROW = re.compile(r"(?i)<tr\b[^<>]{0,300}>")
_CELL = re.compile(r"(?i)<t[hd]\b[^<>]{0,300}>")
_TAG = re.compile(r"<[^<>]{0,300}>")
_RULE = re.compile(r"[\s|:+=-]+")
_WIDE = re.compile(r" {2,}|\t+")
_TITLE = 300  # characters before a table that belong to it
_WORD = re.compile(r"[A-Z]{0,2}[€$£¥₹]|[^\W\d_]+\.?|%")
_PAIR = re.compile(r"(?i)\b(k|m|mio|mrd|t|tsd)\.?[ \u00a0]?(€|eur|\$|usd|chf)(?!\w)")
_COMPOUND = {"百万円": (1e6, "JPY"), "千円": (1e3, "JPY"), "億円": (1e8, "JPY"), "百万": (1e6, "")}
_COMPOUND |= {
    "万元": (1e4, "CNY"),
    "亿元": (1e8, "CNY"),
    "千元": (1e3, "CNY"),
    "万円": (1e4, "JPY"),
}
_TITLED = re.compile(
    r"[(（]([^()（）\n]{1,60})[)）]|(?i:[₹€$£]?\s?\b(?:in|en|em|as)\s+([^\n;|<>()]{1,20}))|[₹€$£]\s?(?!in\b)(\w{1,10})"
)


class Cell(Struct, frozen=True):
    """A figure of a table: its row and column by number, and the scale and unit that hold for it.

    `signed` says that it was written with a sign, as changes are.
    """

    row: int
    column: int
    figure: Figure
    scale: float
    unit: str
    signed: bool = False

    @property
    def values(self) -> tuple[float, ...]:
        """What it can be, with its sign."""
        sign = -1.0 if self.figure.negative else 1.0
        return tuple(sign * value * self.scale for value, _ in self.figure.readings)


class Sheet(Struct, frozen=True):
    """One table. `start` and `end` are the range of its text; labels may be empty."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]
    start: int
    end: int


def sheets(text: str) -> list[Sheet]:
    """The tables of a text that hold a figure, in order."""
    made = [
        _sheet(text, start, end, grid)
        for reading in (_html, _lines)
        for start, end, grid in reading(text)
    ]
    return sorted((one for one in made if one is not None), key=lambda one: one.start)


def measure(label: str) -> tuple[float, str]:
    """The scale and the unit that a label names; 1 and nothing where it names none."""
    for name, (scale, unit) in _COMPOUND.items():
        if name in label:
            return scale, unit
    if pair := _PAIR.search(label):
        return SCALES[pair[1].lower()], CURRENCIES[pair[2].lower()]
    scale, unit = 1.0, ""
    for word in _WORD.findall(label):
        name = word.casefold().rstrip(".")
        if name in SCALES and (len(name) > 1 or not scale > 1):
            scale = SCALES[name]
        elif name in CURRENCIES:
            unit = unit or CURRENCIES[name]
        elif name in PERCENT:
            unit = "%"
    return scale, unit


def _titled(text: str, start: int) -> tuple[float, str]:
    """What the lines above a table say of its figures; the line nearest to it counts."""
    above = text[max(0, start - _TITLE) : start]
    best = (1.0, "")
    for match in _TITLED.finditer(above):
        scale, unit = measure(match[0])
        if scale != 1.0 or unit:
            best = scale, unit or best[1]
    if best[0] == 1.0 and (pair := _PAIR.search(above)):
        return SCALES[pair[1].lower()], CURRENCIES[pair[2].lower()]
    return best


def _sheet(text: str, start: int, end: int, grid: Sequence[Sequence[str]]) -> Sheet | None:
    if len(grid) < 2 or sum(map(len, grid)) > _MOST_CELLS:
        return None
    head, body = grid[0], grid[1:]
    title = _titled(text, start)
    of_columns = [measure(_named(label)) for label in head]
    cells = []
    for number, row in enumerate(body):
        of_row = measure(_named(row[0])) if row else (1.0, "")
        for column, shown in enumerate(row[1:], 1):
            named = of_columns[column] if column < len(head) else (1.0, "")
            cell = _cell(number, column, shown, (of_row, named, title))
            if cell:
                cells.append(cell)
    if not cells:
        return None
    rows = tuple(row[0] if row else "" for row in body)
    return Sheet(rows, tuple(head), tuple(cells), start, end)


def _named(label: str) -> str:
    """What a label says in brackets or behind a comma or slash: there stand units."""
    inside = re.findall(r"[(（\[]([^)）\]]{1,40})[)）\]]", label)
    rest = re.split(r"[,/]", label)[1:]
    return " ".join((*inside, *rest, *re.findall(r"[%€$£¥₹]", label)))


def _cell(row: int, column: int, shown: str, named: Sequence[tuple[float, str]]) -> Cell | None:
    text = shown.strip().strip("*_ ")
    found = figures(text)
    if len(found) != 1 or not found[0].readings:
        return None
    (figure,) = found
    bracketed = text.startswith("(") and text.endswith(")")
    if bracketed or text.startswith(("-", "\u2212", "\u2013")):
        figure = Figure(
            figure.readings,
            figure.start,
            figure.end,
            figure.scale,
            figure.scaled,
            figure.unit,
            negative=True,
        )
    unit = figure.unit or next((unit for _, unit in named if unit), "")
    is_share = unit in {"%", "pp"}
    told = next((scale for scale, of in named if scale != 1.0 and of != "%"), 1.0)
    scale = figure.scale if figure.scaled else 1.0 if is_share else told
    signed = figure.negative or text.startswith("+")
    return Cell(row, column, figure, scale, unit, signed=signed)


def _html(text: str) -> Iterator[tuple[int, int, list[list[str]]]]:
    lower = text.lower() if "<" in text else ""
    at = 0
    while (start := lower.find("<table", at)) >= 0:
        end = lower.find("</table", start)
        end = len(text) if end < 0 else end
        rows = _ROW.split(text[start:end])[1:]
        grid = [[_plain(cell) for cell in _CELL.split(row)[1:]] for row in rows]
        yield start, end, [row for row in grid if row]
        at = end + 1


def _plain(cell: str) -> str:
    return unescape(_TAG.sub(" ", cell)).strip()


def _lines(text: str) -> Iterator[tuple[int, int, list[list[str]]]]:
    """Runs of lines that are parted in the same way."""
    start = at = 0
    mark, kept = "", list[str]()
    for line in text.splitlines(keepends=True):
        own = _mark(line, mark)
        if own != mark:
            if mark and len(kept) > 1:
                yield start, at, _grid(kept, mark)
            start, kept, mark = at, [], own
        if own:
            kept.append(line)
        at += len(line)
    if mark and len(kept) > 1:
        yield start, at, _grid(kept, mark)


def _mark(line: str, before: str) -> str:
    """What parts a line into cells; empty for one that is no row."""
    bare = line.strip()
    if not bare or bare.startswith("<"):
        return ""
    if "|" in bare:
        return "|"
    counts = {sign: bare.count(sign) for sign in (";", "\t")}
    best = max(counts, key=counts.__getitem__)
    if counts[best] >= 1 and (before == best or counts[best] >= 2):
        return best
    if _WIDE.search(bare) and (before == "  " or len(_WIDE.findall(bare)) >= 2):
        return "  "
    is_row = bare.count(",") >= 1 and not bare.endswith((".", "!", "?")) and ", " not in bare
    return "," if is_row else ""


def _grid(lines: Sequence[str], mark: str) -> list[list[str]]:
    if mark == "|":
        framed = all(line.lstrip().startswith("|") for line in lines)
        bare = [line.strip().strip("|") if framed else line.strip("\r\n") for line in lines]
        rows = [line.split("|") for line in bare]
        kept = [row for row, line in zip(rows, lines, strict=True) if not _RULE.fullmatch(line)]
        return [[cell.strip() for cell in row] for row in kept]
    if mark == "  ":
        return [[cell.strip() for cell in _WIDE.split(line.strip())] for line in lines]
    try:
        return [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=mark)]
    except csv.Error:
        return [[cell.strip() for cell in line.split(mark)] for line in lines]
