"""Marks of a picture in SVG: text, boxes, lines, dots and axes. Everything shown is escaped."""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import NamedTuple

INK, SOFT, GRID = "#1c2430", "#5a6472", "#e3e7ec"
# Told apart by colour-blind readers, and in grey by their lightness.
GOOD, BAD, PALE = "#1f6fb2", "#c8501e", "#b9d3ea"
_FONT = "system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif"
_STEPS = (1, 2, 2.5, 5, 10)


class Axis(NamedTuple):
    """Values from `low` to `high` at places from `start` to `end`, in pixels."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """The place of a value; one beyond the axis is at its end."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))

    def ticks(self, most: int = 6) -> list[float]:
        """Round values along the axis, `most` at most."""
        raw = (self.high - self.low) / max(1, most - 1)
        unit = 10.0 ** math.floor(math.log10(raw))
        step = unit * next(s for s in _STEPS if unit * s >= raw * 0.999)
        first = math.ceil(self.low / step - 1e-9)
        count = math.floor(self.high / step + 1e-9) - first
        return [round((first + n) * step, 10) for n in range(count + 1)]


def picture(width: int, height: int, title: str, marks: Iterable[str]) -> str:
    """A whole picture; the title is for readers who do not see it."""
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
        f'style="max-width:100%;height:auto" font-family="{_FONT}" font-size="12">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>{"".join(marks)}</svg>'
    )


def text(
    x: float, y: float, shown: str, *, anchor: str = "start", ink: str = INK, size: int = 12
) -> str:
    """Words at a place; `anchor` is start, middle or end."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{ink}" '
        f'font-size="{size}">{escape(shown)}</text>'
    )


def slanted(x: float, y: float, shown: str) -> str:
    """Words that rise to the right, over a column."""
    return (
        f'<text transform="translate({x:.1f},{y:.1f}) rotate(-45)" fill="{INK}" '
        f'font-size="11">{escape(shown)}</text>'
    )


def box(x: float, y: float, width: float, height: float, fill: str, *, told: str = "") -> str:
    """A filled box; `told` is shown where a pointer rests on it."""
    size = f'x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height:.1f}"'
    return f'<rect {size} fill="{fill}">{_told(told)}</rect>'


def line(
    x: float, y: float, x2: float, y2: float, *, ink: str = GRID, width: float = 1, dash: str = ""
) -> str:
    """A straight line."""
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    place = f'x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {place} stroke="{ink}" stroke-width="{width}"{dashed}/>'


def dot(x: float, y: float, ink: str, *, told: str = "", radius: float = 4) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{ink}">{_told(told)}</circle>'


def path(points: Sequence[tuple[float, float]], ink: str) -> str:
    """A line through points."""
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{ink}" stroke-width="2"/>'


def across(axis: Axis, top: float, bottom: float, *, percent: bool = True) -> Iterator[str]:
    """The grid and the figures of a horizontal axis, below `bottom`."""
    for value in axis.ticks():
        x = axis.at(value)
        yield line(x, top, x, bottom)
        yield text(
            x, bottom + 16, share(value) if percent else f"{value:g}", anchor="middle", ink=SOFT
        )


def _told(shown: str) -> str:
    return f"<title>{escape(shown)}</title>" if shown else ""


def share(value: float) -> str:
    """A share in per cent, as short as it can be told."""
    return f"{round(100 * value, 2):g} %"
