"""Detection against false positives as all thresholds are scaled together."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shield.audit.corpus import Kind
from shield.audit.pictures import svg
from shield.audit.report import Report
from shield.audit.scaling import MOST

_WIDE, _HIGH = 760, 380
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 30, 44, 320
_MARKED = (-8, -4, -2, 2, 4, 8)


class Point(NamedTuple):
    """The rates at one scale of the thresholds' odds, in doublings."""

    scale: float
    harmed: float
    stopped: float


def curve(made: Report) -> tuple[Point, ...]:
    """One point for each scale at which some case ends differently, from strict to lax; none where
    margins are not known.
    """
    attacks, benign = _margins(made, Kind.ATTACK), _margins(made, Kind.BENIGN)
    if not attacks or not benign:
        return ()
    scales = sorted({m for m in (*attacks, *benign, MOST) if m > -MOST}, reverse=True)
    return tuple(Point(s, _share(benign, s), _share(attacks, s)) for s in scales)


def tradeoff(made: Report) -> str:
    """The curve, the policy's own place on it, and the budget."""
    points = curve(made)
    if not points:
        return ""
    title = "Detection against false positives, as all thresholds are scaled together"
    accepted = made.accepted.pooled if made.accepted else 0.0
    most = max(3 * accepted, 1.2 * made.false_positives.value, 0.01)
    x = svg.Axis(0.0, min(1.0, most), _LEFT, _WIDE - _RIGHT)
    lowest = min(p.stopped for p in points)
    y = svg.Axis(max(0.0, int(10 * lowest - 0.5) / 10), 1.0, _BOTTOM, _TOP)
    marks = [
        svg.text(8, 18, title, size=14),
        *svg.across(x, _TOP, _BOTTOM),
        *_up(y),
        *_budget(x, accepted),
        svg.path([*_steps(points, x, y)], svg.GOOD),
        *_scales(points, x, y),
        *_own(made, x, y),
        svg.text(_LEFT, _HIGH - 20, "benign cases harmed", ink=svg.SOFT),
    ]
    return svg.picture(_WIDE, _HIGH, title, marks)


def _margins(made: Report, kind: Kind) -> list[float]:
    found = [r.margin for r in made.results if r.kind is kind]
    known = [m for m in found if m is not None]
    return sorted(known) if len(known) == len(found) else []


def _share(margins: Sequence[float], scale: float) -> float:
    return (len(margins) - bisect_left(margins, scale)) / len(margins)


def _steps(points: Sequence[Point], x: svg.Axis, y: svg.Axis) -> Iterator[tuple[float, float]]:
    """The corners of the curve; what lies beyond the axis is left out, not squeezed onto its end."""
    before = None
    for point in points:
        if point.harmed > x.high:
            yield x.end, y.at(before.stopped if before else point.stopped)
            return
        if before is not None:
            yield x.at(point.harmed), y.at(before.stopped)
        yield x.at(point.harmed), y.at(point.stopped)
        before = point


def _up(y: svg.Axis) -> Iterator[str]:
    for value in y.ticks():
        yield svg.line(_LEFT, y.at(value), _WIDE - _RIGHT, y.at(value))
        yield svg.text(_LEFT - 8, y.at(value) + 4, svg.share(value), anchor="end", ink=svg.SOFT)
    yield svg.text(_LEFT, _TOP - 10, "attacks stopped", ink=svg.SOFT)


def _budget(x: svg.Axis, accepted: float) -> Iterator[str]:
    if accepted:
        yield svg.line(x.at(accepted), _TOP, x.at(accepted), _BOTTOM, ink=svg.INK, dash="5 3")
        yield svg.text(x.at(accepted) + 5, _BOTTOM - 8, f"budget {svg.share(accepted)}")


def _scales(points: Sequence[Point], x: svg.Axis, y: svg.Axis) -> Iterator[str]:
    """Dots where the odds are scaled by round figures."""
    for scale in _MARKED:
        near = [p for p in points if p.scale >= scale]
        point = near[-1] if near else points[0]
        if point.harmed <= x.high:
            side = "stricter" if scale > 0 else "laxer"
            told = f"odds of all thresholds {2.0 ** abs(scale):g} times {side}"
            told += f": {svg.share(point.stopped)} stopped, {svg.share(point.harmed)} harmed"
            yield svg.dot(x.at(point.harmed), y.at(point.stopped), svg.PALE, told=told)


def _own(made: Report, x: svg.Axis, y: svg.Axis) -> Iterator[str]:
    harmed, stopped = made.false_positives.value, made.detection.value
    at, up = x.at(harmed), y.at(stopped)
    told = f"this policy: {svg.share(stopped)} stopped, {svg.share(harmed)} harmed"
    yield svg.dot(at, up, svg.BAD, told=told, radius=6)
    is_left = at < (x.start + x.end) / 2
    yield svg.text(
        at + (12 if is_left else -12), up + 20, told, anchor="start" if is_left else "end"
    )
