"""What each scanner buys and costs: cases that it decides alone, and that only it decides."""

from collections.abc import Iterator

from shield.audit.pictures import svg
from shield.audit.price import Price
from shield.audit.report import Report

_WIDE, _LEFT, _GAP, _ROW, _TOP = 760, 170, 60, 22, 62


def prices(made: Report) -> str:
    """Two bars a scanner: attacks that it stops to the left, benign cases that it harms to the right."""
    rows = [p for p in made.prices if p.detections_alone or p.detections_only or _harm(p)]
    if not rows:
        return ""
    title = "What each scanner buys and costs"
    bottom = _TOP + _ROW * len(rows)
    half = (_WIDE - _LEFT - _GAP - 30) / 2
    left = _axis(max(p.detections_alone for p in rows), _LEFT, _LEFT + half)
    right = _axis(max(map(_harm, rows)), _LEFT + half + _GAP, _WIDE - 30)
    marks = [
        svg.text(8, 18, title, size=14),
        svg.text(left.start, 40, "attacks stopped", ink=svg.SOFT),
        svg.text(right.start, 40, "benign cases harmed", ink=svg.SOFT),
        *svg.across(left, _TOP - 8, bottom, percent=False),
        *svg.across(right, _TOP - 8, bottom, percent=False),
        *(m for n, row in enumerate(rows) for m in _row(row, left, right, _TOP + _ROW * n)),
        *_legend(bottom + 34),
    ]
    return svg.picture(_WIDE, bottom + 50, title, marks)


def _axis(most: int, start: float, end: float) -> svg.Axis:
    return svg.Axis(0, max(5, most), start, end)


def _harm(price: Price) -> int:
    return max(price.harmed_alone, price.harmed_only)


def _row(price: Price, left: svg.Axis, right: svg.Axis, top: float) -> Iterator[str]:
    yield svg.text(_LEFT - 10, top + 14, price.scanner.replace("_", " "), anchor="end")
    pairs = (
        (left, price.detections_alone, price.detections_only, svg.PALE, svg.GOOD),
        (right, price.harmed_alone, price.harmed_only, "#f0c9b6", svg.BAD),
    )
    for axis, alone, only, pale, full in pairs:
        told = f"{price.scanner}: {alone} alone, {only} only"
        yield svg.box(axis.start, top + 3, axis.at(alone) - axis.start, 14, pale, told=told)
        yield svg.box(axis.start, top + 6, axis.at(only) - axis.start, 8, full, told=told)
        yield svg.text(
            axis.at(max(alone, only)) + 5, top + 14, f"{only}/{alone}", ink=svg.SOFT, size=10
        )


def _legend(y: float) -> Iterator[str]:
    shown = (
        "dark: only this scanner decides the case · pale: its findings alone would have sufficed"
    )
    yield svg.text(_LEFT, y, shown, ink=svg.SOFT, size=11)
