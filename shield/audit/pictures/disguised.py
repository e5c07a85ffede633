"""A heat map: how many attacks are still stopped, transform by transform and family by family."""

from collections.abc import Iterator

from shield.audit.budget import Rate
from shield.audit.pictures import svg
from shield.audit.report import Report

# From what share still stopped: from blue to orange, which colour-blind readers tell apart.
_SHADES = ((0.98, "#0b559f"), (0.95, "#4f9bd1"), (0.90, "#b5d4e9"), (0.80, "#fdc38d"))
_LOWEST, _NOTHING = "#d9541e", "#f4f6f9"
_DARK = frozenset({"#0b559f", "#4f9bd1", _LOWEST})
_LEFT, _TOP, _WIDE, _HIGH = 150, 150, 44, 16


def disguised(made: Report) -> str:
    """Rows are transforms, the least detected first; columns all attacks and each family."""
    if not made.disguises:
        return ""
    families = sorted({family.group for one in made.disguises for family in one.families})
    title = "Attacks that are stopped as they are, and in disguise"
    marks = [svg.text(8, 18, title, size=14), *_legend()]
    for column, name in enumerate(["all", *families]):
        marks.append(
            svg.slanted(_LEFT + _WIDE * column + _WIDE / 2, _TOP - 6, name.replace("_", " "))
        )
    for number, one in enumerate(made.disguises):
        top = _TOP + _HIGH * number
        known = {"all": one.rate, **{family.group: family.rate for family in one.families}}
        marks.append(
            svg.text(_LEFT - 8, top + 12, one.name.replace("_", " "), anchor="end", size=11)
        )
        for column, name in enumerate(["all", *families]):
            told = f"{one.name}, {name}"
            marks += _cell(known.get(name), _LEFT + _WIDE * column, top, told)
    width = max(760, _LEFT + _WIDE * (len(families) + 1) + 80)
    return svg.picture(width, _TOP + _HIGH * len(made.disguises) + 12, title, marks)


def _cell(rate: Rate | None, x: float, y: float, told: str) -> Iterator[str]:
    if rate is None or not rate.n:
        yield svg.box(x, y, _WIDE - 1, _HIGH - 1, _NOTHING)
        return
    shade = next((shade for least, shade in _SHADES if rate.value >= least), _LOWEST)
    yield svg.box(x, y, _WIDE - 1, _HIGH - 1, shade, told=f"{told}: {rate.count} of {rate.n}")
    # Rounded down: what is shown as a bar's figure has reached it.
    shown = f"{int(100 * rate.value)}"
    ink = "#ffffff" if shade in _DARK else svg.INK
    yield svg.text(x + _WIDE / 2, y + 12, shown, anchor="middle", ink=ink, size=11)


def _legend() -> Iterator[str]:
    named = [(shade, f"from {least:.0%}") for least, shade in _SHADES] + [(_LOWEST, "less")]
    for number, (shade, name) in enumerate(named):
        yield svg.box(8 + 92 * number, 30, 14, 12, shade)
        yield svg.text(26 + 92 * number, 40, name, ink=svg.SOFT, size=11)
    yield svg.text(8 + 92 * len(named), 40, "per cent still stopped", ink=svg.SOFT, size=11)
