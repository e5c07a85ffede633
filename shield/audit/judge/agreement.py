"""How far a judge agrees with people: Cohen's kappa for each dimension and rater, with its bound.

A bootstrap over a sample without disagreement says that nothing can go wrong. The bound is therefore
the lower of two: the bootstrap's, and kappa at the exact (Clopper-Pearson) lower bound of the observed
agreement with chance agreement held.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from shield.audit.judge.rubric import Example, Rubric

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    _Table = NDArray[np.number[Any]]

Levels = Mapping[str, Mapping[str, str]]
Gate = Literal["holds", "broken", "too few"]
ENOUGH = 0.8
# Below these a bound says more about the sample than about the judge.
LEAST, RARE, RATERS = 50, 5, 2
_CONFIDENCE, _DRAWS, _SEED = 0.95, 2_000, 20_260


class Kappa(Struct, frozen=True):
    """Agreement of two raters over `n` examples: `value`, and its one-sided lower bound at 95 %.

    Both are None where there are too few examples, or too few of a second level.
    """

    n: int
    value: float | None = None
    low: float | None = None


class Against(Struct, frozen=True):
    """The judge, or another person, against one rater."""

    rater: str
    kappa: Kappa


class Agreement(Struct, frozen=True):
    """One dimension: the judge against each rater, and people among themselves (the ceiling)."""

    dimension: str
    judge: tuple[Against, ...]
    people: tuple[Against, ...]

    @property
    def gate(self) -> Gate:
        """Holds when the bound against every rater, two at least, is above `ENOUGH`."""
        lows = [one.kappa.low for one in self.judge]
        if len(lows) < RATERS or any(low is None for low in lows):
            return "too few"
        return "holds" if all(low is not None and low > ENOUGH for low in lows) else "broken"


class Disagreement(Struct, frozen=True):
    """An example and dimension in which some rater gave another level than the judge."""

    id: str
    dimension: str
    judge: str
    people: dict[str, str]


def kappa(ours: Sequence[str], theirs: Sequence[str]) -> Kappa:
    """Cohen's kappa of two raters, example by example.

    Raises:
        ValueError: they rated different numbers of examples.
    """
    import numpy as np

    levels = sorted({*ours, *theirs})
    place = {level: number for number, level in enumerate(levels)}
    table = np.zeros((len(levels), len(levels)))
    for one, other in zip(ours, theirs, strict=True):
        table[place[one], place[other]] += 1
    n = len(ours)
    common = sorted((int(count) for count in table.sum(axis=0)), reverse=True)
    if n < LEAST or len(common) < 2 or common[1] < RARE:
        return Kappa(n)
    drawn = np.random.default_rng(_SEED).multinomial(n, table.ravel() / n, size=_DRAWS)
    values = [_value(draw.reshape(table.shape)) for draw in drawn]
    resampled = float(np.quantile(values, 1 - _CONFIDENCE))
    return Kappa(n, round(_value(table), 4), round(min(resampled, _exact(table)), 4))


def _value(table: "_Table") -> float:
    observed, chance = _shares(table)
    return (observed - chance) / (1 - chance) if chance < 1 else 0.0


def _exact(table: "_Table") -> float:
    """Kappa at the exact lower bound of the observed agreement."""
    from scipy.stats import beta

    n, agreed = int(table.sum()), int(table.trace())
    low = float(beta.ppf(1 - _CONFIDENCE, agreed, n - agreed + 1)) if agreed else 0.0
    chance = _shares(table)[1]
    return (low - chance) / (1 - chance) if chance < 1 else 0.0


def _shares(
    table: "_Table",
) -> tuple[float, float]:
    """Observed agreement, and that of chance."""
    n = float(table.sum())
    chance = float((table.sum(axis=0) * table.sum(axis=1)).sum()) / (n * n)
    return float(table.trace()) / n, chance


def agreements(rubric: Rubric, examples: Sequence[Example], scores: Levels) -> list[Agreement]:
    """The judge against each rater, dimension by dimension. `scores` are its levels by example."""
    raters = sorted({rater for example in examples for rater in example.ratings})
    people = {
        rater: {e.id: e.ratings[rater] for e in examples if rater in e.ratings} for rater in raters
    }
    return [
        Agreement(
            name,
            tuple(Against(rater, _between(name, scores, people[rater])) for rater in raters),
            tuple(
                Against(f"{one} and {other}", _between(name, people[one], people[other]))
                for number, one in enumerate(raters)
                for other in raters[number + 1 :]
            ),
        )
        for name in rubric.dimensions
    ]


def _between(dimension: str, ours: Levels, theirs: Levels) -> Kappa:
    both = sorted(ours.keys() & theirs.keys())
    return kappa([ours[i][dimension] for i in both], [theirs[i][dimension] for i in both])


def disagreements(examples: Iterable[Example], scores: Levels) -> Iterator[Disagreement]:
    """Where some rater gave another level than the judge, for whoever refines the rubric."""
    for example in examples:
        for dimension, level in scores.get(example.id, {}).items():
            people = {rater: levels[dimension] for rater, levels in example.ratings.items()}
            if any(other != level for other in people.values()):
                yield Disagreement(example.id, dimension, level, people)
