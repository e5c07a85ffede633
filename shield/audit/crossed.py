"""The margin of the thresholds, chosen on batches of cases that the thresholds were not chosen on.

Cases of one author and day resemble each other, so that whole batches are left out: thresholds
are chosen on the others, as they would be for good, and judged on these. The margin with the
highest detection there is taken, among those with which the gate would have held there.
"""

from collections.abc import Sequence

from msgspec import Struct

from shield.audit.budget import rate
from shield.audit.choose import EXTRA, Graded, Margin, choose
from shield.audit.corpus import Kind
from shield.policy.schema import Budget

# From strict to lax.
MARGINS = (
    Margin(0.15, 2.0),
    Margin(0.25, 2.0),
    Margin(0.25, 1.4),
    Margin(0.4, 1.4),
    Margin(0.4, 1.0),
    Margin(0.6, 1.4),
)
_FOLDS = 4


class Crossed(Struct, frozen=True):
    """What a margin did on batches that were left out."""

    margin: Margin
    benign: int
    harmed: int
    attacks: int
    stopped: int

    def __str__(self) -> str:
        harm, found = rate(self.harmed, self.benign), rate(self.stopped, self.attacks)
        return (
            f"margin: {self.margin.aim:g} of the budget, odds times {self.margin.band:g}; on batches "
            f"left out {harm.count} of {harm.n} benign cases harmed (exact upper bound "
            f"{harm.upper:.2%}), {found.count} of {found.n} attacks stopped"
        )

    @property
    def harm_upper(self) -> float:
        """The one-sided exact 95 % bound of the share of benign cases that were stopped."""
        return rate(self.harmed, self.benign).upper


def best(items: Sequence[Graded], batches: Sequence[str], budget: Budget) -> Crossed:
    """The margin to choose thresholds with; the strictest when the gate holds with none.

    Args:
        items: the cases, scored.
        batches: the batch of each.
        budget: what the gate allows.
    """
    crossed = [_crossed(items, batches, budget, margin) for margin in MARGINS]
    held = [one for one in crossed if one.harm_upper <= budget.false_positive_rate]
    return max(held or crossed[:1], key=lambda one: one.stopped)


def _crossed(
    items: Sequence[Graded], batches: Sequence[str], budget: Budget, margin: Margin
) -> Crossed:
    benign = harmed = attacks = stopped = 0
    for fold in _folds(items, batches):
        out = [b in fold and not _is_extra(i) for i, b in zip(items, batches, strict=True)]
        kept = [item for item, left in zip(items, out, strict=True) if not left]
        thresholds = choose(kept, budget, margin)
        for item in (item for item, left in zip(items, out, strict=True) if left):
            flagged = item.flagged(thresholds)
            if item.kind is Kind.BENIGN:
                benign, harmed = benign + 1, harmed + flagged
            elif item.kind is Kind.ATTACK:
                attacks, stopped = attacks + 1, stopped + flagged
    return Crossed(margin, benign, harmed, attacks, stopped)


def _folds(items: Sequence[Graded], batches: Sequence[str]) -> list[set[str]]:
    """The batches, parted so that no fold has most of the attacks."""
    counts: dict[str, list[int]] = {}
    for item, batch in zip(items, batches, strict=True):
        if not _is_extra(item):
            of = counts.setdefault(batch, [0, 0])
            of[item.kind is not Kind.ATTACK] += 1
    folds: list[set[str]] = [set() for _ in range(min(_FOLDS, len(counts)))]
    for batch in sorted(counts, key=lambda name: (counts[name], name), reverse=True):
        least = min(folds, key=lambda fold: [sum(counts[b][k] for b in fold) for k in (0, 1)])
        least.add(batch)
    return folds


def _is_extra(item: Graded) -> bool:
    return item.group.startswith(EXTRA)
