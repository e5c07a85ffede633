"""Rates of groups with their Wilson intervals: detection, and false positives against the budget."""

from collections.abc import Iterator, Sequence

from shield.audit.budget import Group, Rate
from shield.audit.corpus import Kind
from shield.audit.pictures import svg
from shield.audit.report import Report

_WIDE, _LEFT, _RIGHT, _ROW, _TOP = 760, 210, 130, 22, 34


def detection(made: Report) -> str:
    """Attacks stopped by family, the least detected first."""
    rows = _rows(made, Kind.ATTACK, least=True)
    if not rows:
        return ""
    axis = svg.Axis(0.0, 1.0, _LEFT, _WIDE - _RIGHT)
    whole = Group(Kind.ATTACK, "all families", made.detection)
    return _drawn("Attacks stopped, by family, with 95 % intervals", axis, [whole, *rows], svg.GOOD)


def false_positives(made: Report) -> str:
    """Benign cases harmed by domain, the most harmed first, and what the budget accepts."""
    rows = _rows(made, Kind.BENIGN, least=False)
    if not rows or made.accepted is None:
        return ""
    whole = Group(Kind.BENIGN, "all domains", made.false_positives)
    most = max(made.accepted.domain, made.accepted.pooled, *(row.rate.high for row in rows))
    axis = svg.Axis(0.0, 1.1 * min(most, 1.0), _LEFT, _WIDE - _RIGHT)
    title = "Benign cases harmed, by domain, with 95 % intervals, and the budget"
    return _drawn(title, axis, [whole, *rows], svg.BAD, tuple(_bounds(made, axis, len(rows))))


def _rows(made: Report, kind: Kind, *, least: bool) -> list[Group]:
    found = [group for group in made.groups if group.kind is kind]
    return sorted(found, key=lambda g: (g.rate.value if least else -g.rate.value, g.name))


def _drawn(
    title: str, axis: svg.Axis, rows: Sequence[Group], ink: str, above: tuple[str, ...] = ()
) -> str:
    bottom = _TOP + _ROW * len(rows) + 6
    height = bottom + (48 if above else 26)
    marks = [
        svg.text(8, 18, title, size=14),
        *svg.across(axis, _TOP - 4, bottom),
        *above,
        *(mark for n, row in enumerate(rows) for mark in _row(axis, row, _TOP + _ROW * n, ink)),
    ]
    return svg.picture(_WIDE, height, title, marks)


def _row(axis: svg.Axis, row: Group, top: float, ink: str) -> Iterator[str]:
    middle = top + _ROW / 2
    rate, low, high = row.rate, axis.at(row.rate.low), axis.at(row.rate.high)
    yield svg.text(_LEFT - 10, middle + 4, row.name.replace("_", " "), anchor="end")
    yield svg.line(low, middle, high, middle, ink=svg.SOFT, width=1.5)
    for end in (low, high):
        yield svg.line(end, middle - 4, end, middle + 4, ink=svg.SOFT, width=1.5)
    yield svg.dot(axis.at(rate.value), middle, ink, told=f"{row.name}: {_told(rate)}")
    shown = f"{rate.count} of {rate.n}, {svg.share(rate.value)}"
    yield svg.text(_WIDE - _RIGHT + 12, middle + 4, shown, ink=svg.SOFT)


def _told(rate: Rate) -> str:
    interval = f"{svg.share(rate.low)} to {svg.share(rate.high)}"
    return f"{rate.count} of {rate.n}, 95 % {interval}, exact upper bound {svg.share(rate.upper)}"


def _bounds(made: Report, axis: svg.Axis, count: int) -> Iterator[str]:
    """The accepted rate of the union, with the exact bound that is held against it, and of domains."""
    accepted = made.accepted
    if accepted is None:
        return
    pooled, domain = axis.at(accepted.pooled), axis.at(accepted.domain)
    end = _TOP + _ROW * (count + 1)
    yield svg.box(axis.start, _TOP, axis.end - axis.start, _ROW, "#f4f6f9")
    yield svg.line(pooled, _TOP, pooled, _TOP + _ROW, ink=svg.INK, width=2)
    upper = axis.at(made.false_positives.upper)
    told = f"exact upper bound {svg.share(made.false_positives.upper)}"
    yield svg.box(upper - 4, _TOP + _ROW / 2 - 4, 8, 8, svg.INK, told=told)
    yield svg.line(domain, _TOP + _ROW, domain, end, ink=svg.INK, width=2, dash="5 3")
    shown = f"accepted: {svg.share(accepted.pooled)} in all (solid, held against the exact bound ■)"
    yield svg.text(8, end + 44, f"{shown}, {svg.share(accepted.domain)} a domain (dashed)")
