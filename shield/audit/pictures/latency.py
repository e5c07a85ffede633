"""How long verdicts took: a histogram over doublings of a millisecond."""

import math
from collections import Counter

from shield.audit.pictures import svg
from shield.audit.report import Report

_WIDE, _HIGH, _LEFT, _TOP, _BOTTOM = 760, 230, 70, 34, 180
_SHORTEST, _LONGEST = -4, 16


def latency(made: Report) -> str:
    """Bars of the verdicts by the time that they took."""
    times = [t for result in made.results for t in result.elapsed_ms]
    if not times:
        return ""
    bins = Counter(_bin(time) for time in times)
    first, last = min(bins), max(bins)
    title = f"Time that {len(times)} verdicts took, in milliseconds"
    step = (_WIDE - _LEFT - 30) / (last - first + 1)
    y = svg.Axis(0, max(bins.values()) * 1.05, _BOTTOM, _TOP)
    marks = [svg.text(8, 18, title, size=14)]
    for value in y.ticks(5):
        marks.append(svg.line(_LEFT, y.at(value), _WIDE - 30, y.at(value)))
        marks.append(svg.text(_LEFT - 8, y.at(value) + 4, f"{value:g}", anchor="end", ink=svg.SOFT))
    for number in range(first, last + 2):
        x = _LEFT + step * (number - first)
        marks.append(svg.text(x, _BOTTOM + 16, f"{2.0**number:g}", anchor="middle", ink=svg.SOFT))
        top = y.at(bins[number])
        told = f"{bins[number]} verdicts from {2.0**number:g} to {2.0 ** (number + 1):g} ms"
        if bins[number]:
            marks.append(svg.box(x + 1, top, step - 2, _BOTTOM - top, svg.GOOD, told=told))
    return svg.picture(_WIDE, _HIGH, title, marks)


def _bin(time: float) -> int:
    """The power of two at or below a time, within bounds."""
    return max(_SHORTEST, min(_LONGEST, math.floor(math.log2(time)) if time > 0 else _SHORTEST))
