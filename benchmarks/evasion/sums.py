"""What a matrix came to: shares still detected, by transform, family and pair."""

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any, NamedTuple

from benchmarks.evasion.replays import Outcome
from shield.audit.budget import Rate, rate
from shield.audit.mutate import TRANSFORMS, Idea

EVERY = "all"


class Cell(NamedTuple):
    """Attacks tried, those still detected, and those of them only as not read to their end."""

    tried: int
    detected: int
    incomplete: int

    @property
    def escaped(self) -> float:
        """The share that was not detected."""
        return 1 - self.detected / self.tried if self.tried else 0.0


Cells = Mapping[tuple[str, str], Cell]


def cells(outcomes: Iterable[Outcome]) -> dict[tuple[str, str], Cell]:
    """By transform and family, and by transform and `EVERY`; pairs by the ideas of both."""
    found: dict[tuple[str, str], Cell] = {}
    for outcome in outcomes:
        if len(outcome.names) == 1:
            keys = [(outcome.names[0], outcome.group), (outcome.names[0], EVERY)]
        else:
            first, second = (TRANSFORMS[name].idea for name in outcome.names)
            keys = [(first, second), (EVERY, EVERY)]
        for key in keys:
            cell = found.get(key, Cell(0, 0, 0))
            found[key] = Cell(
                cell.tried + 1,
                cell.detected + outcome.stopped,
                cell.incomplete + outcome.incomplete,
            )
    return found


def worst(alone: Cells, *ideas: Idea) -> tuple[str, float]:
    """The transform of these ideas under which most attacks escape, and their share."""
    names = [name for name, made in TRANSFORMS.items() if made.idea in ideas]
    return max(((name, alone[name, EVERY].escaped) for name in names), key=lambda pair: pair[1])


def published(alone: Cells) -> float:
    """The mean share that escapes under the twelve published character injections."""
    names = [name for name, made in TRANSFORMS.items() if made.published]
    return fmean(alone[name, EVERY].escaped for name in names)


def report(alone: Cells, paired: Cells) -> dict[str, Any]:
    """All figures as JSON can hold them; shares with their Wilson intervals."""
    return {
        "transforms": {
            name: {
                "idea": made.idea,
                "published": made.published,
                **_shown(alone[name, EVERY]),
                "families": {
                    g: _shown(c) for (n, g), c in alone.items() if n == name and g != EVERY
                },
            }
            for name, made in TRANSFORMS.items()
        },
        "pairs": {
            "all": _shown(paired[EVERY, EVERY]),
            "ideas": {f"{a}+{b}": _shown(c) for (a, b), c in paired.items() if a != EVERY},
        },
    }


def _shown(cell: Cell) -> dict[str, float]:
    held: Rate = rate(cell.detected, cell.tried)
    return {
        "tried": cell.tried,
        "detected": cell.detected,
        "incomplete": cell.incomplete,
        "share": round(held.value, 4),
        "low": round(held.low, 4),
        "high": round(held.high, 4),
    }
