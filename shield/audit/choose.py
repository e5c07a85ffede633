"""The joint choice of thresholds: a search over what every tune case was scored.

Each scanner that reports a graded score has one threshold a surface, and so has each of
its rules that only counts beside others. All are chosen together: starting from all off, the
threshold whose next step gains most detection for the false positives it spends is
lowered, as long as the union of all scanners stays within the budget in every benign group.
Then each is given up once and searched for again, and the better of both kept. What the other
scanners stop by themselves is spent first.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct

from shield.audit.corpus import Kind
from shield.policy.schema import Budget

OFF = 1.0
_NEVER = 2.0  # what no witness reaches: the cases that chose the thresholds had none of the kind
EXTRA = "extra:"
# Scanners whose score is a probability; the others report what is there, with score 1.
GRADED = frozenset({"injection", "injection_ngram"})
# A witness of this weight stops a verdict alone.
ALONE = 1_000
# A score below even odds is no suspicion: a witness that signs anything is none.
_LEAST = 0.5
# Candidate thresholds stand at the highest benign scores: all of the first ranks, then ever fewer.
_SPARSER = 1.12


class Margin(Struct, frozen=True):
    """How far thresholds stay from what the cases that chose them would allow.

    `aim` is the share of the budget that is spent on top of what rules cost: thresholds look better
    on the cases that chose them, and the gate judges an upper bound. A chosen threshold lies at the
    highest score of some honest case; its odds are multiplied by `band`, so that the next honest
    text need not meet it.
    """

    aim: float = 0.25
    band: float = 2.0


class Witness(Struct, frozen=True):
    """The highest score behind one threshold, and the severity that it adds when it counts."""

    score: float
    weight: int


class Sight(Struct, frozen=True):
    """One verdict: what its fixed findings lack of stopping it (0: they do), and its witnesses."""

    short: int
    witnesses: dict[str, Witness]


class Graded(Struct, frozen=True):
    """A case with its verdicts, scored once."""

    kind: Kind
    group: str
    sights: tuple[Sight, ...]

    @property
    def stopped(self) -> bool:
        """True when the fixed findings alone stop the case."""
        return any(sight.short <= 0 for sight in self.sights)

    def flagged(self, thresholds: dict[str, float]) -> bool:
        """True when the case is stopped at these thresholds."""
        return any(
            sight.short <= sum(w.weight for k, w in found if w.score >= thresholds.get(k, _NEVER))
            for sight in self.sights
            for found in (sight.witnesses.items(),)
        )


def choose(
    items: Sequence[Graded], budget: Budget, margin: Margin | None = None
) -> dict[str, float]:
    """The thresholds with the highest detection within the budget, by coordinate search."""
    margin = margin or Margin()
    board = _Board(items, budget, margin.aim)
    thresholds = _searched(board, [OFF] * len(board.keys))
    # What was lowered first may have spent what others would have made more of.
    for number in [n for n, threshold in enumerate(thresholds) if threshold < OFF]:
        again = _searched(board, [*thresholds[:number], OFF, *thresholds[number + 1 :]])
        thresholds = max(thresholds, again, key=lambda tried: _worth(board, tried))
    banded = (_banded(threshold, margin.band) for threshold in thresholds)
    return dict(zip(board.keys, banded, strict=True))


def _searched(board: "_Board", thresholds: list[float]) -> list[float]:
    """The thresholds, lowered as long as something is gained."""
    found = list(thresholds)
    while (best := max(_steps(board, found), default=None)) is not None:
        found[best[2]] = best[1]
    return found


def _worth(board: "_Board", thresholds: list[float]) -> tuple[int, int]:
    caught, harmed = board.count(thresholds)
    return caught, -harmed


def _steps(board: "_Board", thresholds: list[float]) -> Iterator[tuple[float, float, int]]:
    """The lower thresholds that gain something: gain for its price, threshold, key number."""
    now, spent = board.count(thresholds)
    for number, ladder in enumerate(board.ladders):
        for step in ladder:
            if step >= thresholds[number]:
                continue
            tried = [*thresholds[:number], step, *thresholds[number + 1 :]]
            flagged = board.flagged(tried)
            if not board.feasible(flagged):
                break
            caught, harmed = board.counted(flagged)
            if caught > now:
                yield (caught - now) / (1 + harmed - spent), step, number


class _Board:
    """All verdicts as arrays: one row a verdict, one column a threshold."""

    def __init__(self, items: Sequence[Graded], budget: Budget, aim: float) -> None:
        import numpy as np

        self.keys = sorted({k for item in items for s in item.sights for k in s.witnesses})
        rows = [(n, sight) for n, item in enumerate(items) for sight in item.sights]
        self._case = np.array([n for n, _ in rows], dtype=np.int64)
        self._short = np.array([sight.short for _, sight in rows])
        self._scores = np.full((len(rows), len(self.keys)), -1.0)
        self._weights = np.zeros((len(rows), len(self.keys)), dtype=np.int64)
        for row, (_, sight) in enumerate(rows):
            for key, witness in sight.witnesses.items():
                column = self.keys.index(key)
                self._scores[row, column] = witness.score
                self._weights[row, column] = witness.weight
        self._size = len(items)
        self._attack = np.array([item.kind is Kind.ATTACK for item in items], dtype=bool)
        base = self.flagged([_NEVER] * len(self.keys))
        self._bounds = list(_bounds(items, base, budget, aim))
        self.ladders = [list(self._ladder(n)) for n in range(len(self.keys))]

    def flagged(self, thresholds: Sequence[float]) -> Any:
        """Which cases are stopped; boolean, shape (cases,)."""
        import numpy as np

        sums = (self._weights * (self._scores >= np.array(thresholds))).sum(axis=1)
        stopped = np.zeros(self._size, dtype=bool)
        stopped[self._case[sums >= self._short]] = True
        return stopped

    def count(self, thresholds: Sequence[float]) -> tuple[int, int]:
        """Attacks stopped, and benign cases and near misses harmed."""
        return self.counted(self.flagged(thresholds))

    def counted(self, flagged: Any) -> tuple[int, int]:
        """As `count`, of cases already judged."""
        return int((flagged & self._attack).sum()), int((flagged & ~self._attack).sum())

    def feasible(self, flagged: Any) -> bool:
        """True when every bound holds."""
        return all(int(flagged[members].sum()) <= most for members, most in self._bounds)

    def _ladder(self, column: int) -> Iterator[float]:
        """Candidate thresholds, from strict to lax: just above the scores of benign cases."""
        honest = ~self._attack[self._case]
        scores = sorted({float(s) for s in self._scores[honest, column] if s >= 0}, reverse=True)
        rank = 0
        while rank < len(scores) and scores[rank] >= _LEAST:
            yield round(min(OFF, scores[rank] + 1e-6), 6)
            rank = max(rank + 1, int(rank * _SPARSER))
        yield _LEAST


def _banded(threshold: float, band: float) -> float:
    if threshold >= OFF:
        return threshold
    odds = band * threshold / (1 - threshold)
    return round(odds / (1 + odds), 6)


def _bounds(
    items: Sequence[Graded], base: Any, budget: Budget, aim: float
) -> Iterator[tuple[Any, float]]:
    """Members and the most of them that may be flagged: corpus and extra rows pooled apart, and
    each group. What rules alone cost is always allowed.
    """
    import numpy as np

    groups: dict[tuple[Kind, str], list[int]] = {}
    for number, item in enumerate(items):
        if item.kind is not Kind.ATTACK:
            groups.setdefault((item.kind, item.group), []).append(number)
    for is_extra in (False, True):
        pooled = [
            number
            for (kind, name), members in groups.items()
            if kind is Kind.BENIGN and name.startswith(EXTRA) is is_extra
            for number in members
        ]
        chosen = np.array(pooled, dtype=np.int64)
        whole, spent = budget.false_positive_rate * len(pooled), int(base[chosen].sum())
        yield chosen, max(spent, min(whole, spent + aim * whole))
    for (kind, _), members in groups.items():
        most = budget.near_miss_rate if kind is Kind.NEAR_MISS else budget.domain_rate
        chosen = np.array(members, dtype=np.int64)
        yield chosen, max(most * len(members), int(base[chosen].sum()))
