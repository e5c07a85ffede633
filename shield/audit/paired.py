"""The same cases before and now: what was lost and gained, and whether chance does as much (McNemar)."""

from collections.abc import Collection, Iterator, Sequence

from msgspec import Struct

from shield.audit.corpus import Kind
from shield.audit.replay import Result


class Paired(Struct, frozen=True):
    """Cases of one kind that ended as an attack in the baseline and no longer do (`fewer`), or the other way
    round (`more`); `p` is the two-sided exact p-value of McNemar's test.
    """

    kind: Kind
    fewer: int
    more: int
    p: float


def paired(before: Collection[str] | None, results: Sequence[Result]) -> tuple[Paired, ...]:
    """One row a kind; none where the baseline does not know its cases (`before` holds their ids)."""
    return () if before is None else tuple(_rows(frozenset(before), results))


def _rows(before: frozenset[str], results: Sequence[Result]) -> Iterator[Paired]:
    from scipy.stats import binomtest

    for kind in Kind:
        ours = [result for result in results if result.kind is kind]
        fewer = sum(result.id in before and not result.flagged for result in ours)
        more = sum(result.id not in before and result.flagged for result in ours)
        changed = fewer + more
        p = float(binomtest(fewer, changed, 0.5).pvalue) if changed else 1.0
        if ours:
            yield Paired(kind, fewer, more, round(p, 4))
