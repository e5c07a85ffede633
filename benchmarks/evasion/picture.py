"""The matrix as a picture: a heat map in SVG, without a library."""

from collections.abc import Iterable, Iterator
from html import escape

from benchmarks.evasion.sums import EVERY, Cell, Cells
from shield.audit.mutate import TRANSFORMS, Idea

# From what share still detected; blue to orange, which colour-blind readers tell apart.
_SHADES = ((0.98, "#0b559f"), (0.95, "#4f9bd1"), (0.90, "#b5d4e9"), (0.80, "#fdc38d"))
_LOWEST, _NOTHING = "#d9541e", "#f2f2f2"
_WIDE, _HIGH = 44, 15
_LEFT, _TOP, _GAP = 150, 150, 10
_FONT = "font-family='DejaVu Sans, Helvetica, Arial, sans-serif'"


def heat_map(alone: Cells, paired: Cells, title: str) -> str:
    """Transforms by attack families, and pairs of ideas beside them."""
    families = [EVERY, *sorted({group for _, group in alone} - {EVERY})]
    rows = list(_rows())
    height = _TOP + rows[-1][1] + _HIGH + 40
    beside = _LEFT + _WIDE * len(families) + 90
    width = beside + _LEFT + _WIDE * len(Idea) + 20
    body = [
        _text(12, 24, title, size=15),
        *_legend(12, 40),
        *_heads(_LEFT, _TOP, families),
        *(piece for name, y in rows for piece in _row(alone, families, name, _TOP + y)),
        *_pairs(paired, beside),
    ]
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' {_FONT}>"
        f"<rect width='100%' height='100%' fill='white'/>{''.join(body)}</svg>\n"
    )


def _rows() -> Iterator[tuple[str, int]]:
    """Transforms by idea, each with its place from the top."""
    y = 0
    for idea in (Idea.CHARACTER, Idea.ENCODING, Idea.SPLIT, Idea.FRAME, Idea.SPELLING, Idea.TOKEN):
        for name, made in TRANSFORMS.items():
            if made.idea is idea:
                yield name, y
                y += _HIGH
        y += _GAP


def _row(alone: Cells, families: list[str], name: str, y: int) -> Iterator[str]:
    shown = name.replace("_", " ") + (" *" if TRANSFORMS[name].published else "")
    yield _text(_LEFT - 6, y + 11, shown, anchor="end")
    for column, family in enumerate(families):
        yield _cell(alone.get((name, family)), _LEFT + _WIDE * column + 6 * (column > 0), y)


def _pairs(paired: Cells, left: int) -> Iterator[str]:
    x = left + _LEFT
    yield _text(left, _TOP - 100, "two transforms in one text", size=13)
    yield from _heads(x, _TOP, [str(idea) for idea in Idea], shift=0)
    for number, first in enumerate(Idea):
        y = _TOP + _HIGH * number
        yield _text(x - 6, y + 11, f"{first}, then", anchor="end")
        for column, second in enumerate(Idea):
            yield _cell(paired.get((first, second)), x + _WIDE * column, y)
    whole = _TOP + _HIGH * len(Idea) + _GAP
    yield _text(x - 6, whole + 11, "all pairs", anchor="end")
    yield _cell(paired.get((EVERY, EVERY)), x, whole)


def _heads(x: int, y: int, names: Iterable[str], shift: int = 6) -> Iterator[str]:
    for column, name in enumerate(names):
        at = x + _WIDE * column + _WIDE // 2 + shift * (column > 0)
        yield (
            f"<text transform='translate({at + 4},{y - 6}) rotate(-45)' font-size='11'>"
            f"{escape(name.replace('_', ' '))}</text>"
        )


def _legend(x: int, y: int) -> Iterator[str]:
    named = [(shade, f"from {share:.0%}") for share, shade in _SHADES] + [(_LOWEST, "less")]
    for number, (shade, name) in enumerate(named):
        at = x + 84 * number
        yield f"<rect x='{at}' y='{y}' width='14' height='12' fill='{shade}'/>"
        yield _text(at + 18, y + 10, name)
    yield _text(x + 84 * len(named), y + 10, "of detected attacks are still detected;")
    yield _text(x, y + 28, "* one of the twelve character injections of Hackett et al. 2025")


def _cell(cell: Cell | None, x: int, y: int) -> str:
    if cell is None or not cell.tried:
        return _box(x, y, _NOTHING)
    share = 1 - cell.escaped
    shade = next((shade for least, shade in _SHADES if share >= least), _LOWEST)
    ink = "white" if shade in {_SHADES[0][1], _SHADES[1][1], _LOWEST} else "black"
    # Rounded down: what is shown as a bar's figure has reached it.
    number = _text(x + _WIDE // 2, y + 11, f"{int(1000 * share) / 10:g}", anchor="middle", ink=ink)
    return _box(x, y, shade) + number


def _box(x: int, y: int, shade: str) -> str:
    return f"<rect x='{x}' y='{y}' width='{_WIDE - 1}' height='{_HIGH - 1}' fill='{shade}'/>"


def _text(
    x: int, y: int, shown: str, *, anchor: str = "start", size: int = 11, ink: str = "black"
) -> str:
    return (
        f"<text x='{x}' y='{y}' font-size='{size}' text-anchor='{anchor}' fill='{ink}'>"
        f"{escape(shown)}</text>"
    )
