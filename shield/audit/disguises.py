"""What is still detected when the attacks of an audit are disguised, transform by transform."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from shield.audit.budget import Rate, rate
from shield.audit.corpus import Case, Kind
from shield.audit.disguised import Run, alone, plain
from shield.audit.mutate import TRANSFORMS
from shield.audit.replay import Result

SEED = 7


class Family(Struct, frozen=True):
    """Disguised attacks of one family that are still stopped."""

    group: str
    rate: Rate


class Disguise(Struct, frozen=True):
    """One transform: disguised attacks that are still stopped, in all and by family."""

    name: str
    idea: str
    rate: Rate
    families: tuple[Family, ...]


def runs(cases: Iterable[Case], results: Iterable[Result], most: int) -> list[Run]:
    """Up to `most` attacks under every transform, of those that are stopped as they are."""
    stopped = {r.id for r in results if r.kind is Kind.ATTACK and r.stopped}
    known = [case for case in plain(cases, SEED) if case.id in stopped]
    return list(alone(known, most, SEED))


def disguises(made: Sequence[Run], results: Sequence[Result]) -> tuple[Disguise, ...]:
    """Sum up: `results` are those of the runs' cases, in order. The least detected come first."""
    found: dict[str, dict[str, list[bool]]] = {}
    for run, result in zip(made, results, strict=True):
        families = found.setdefault(run.names[0], {})
        families.setdefault(run.group, []).append(result.stopped)
    shown = [
        Disguise(
            name=name,
            idea=str(TRANSFORMS[name].idea),
            rate=_rate([flag for flags in families.values() for flag in flags]),
            families=tuple(Family(g, _rate(flags)) for g, flags in sorted(families.items())),
        )
        for name, families in found.items()
    ]
    return tuple(sorted(shown, key=lambda one: (one.rate.value, one.name)))


def _rate(flags: Sequence[bool]) -> Rate:
    return rate(sum(flags), len(flags))
