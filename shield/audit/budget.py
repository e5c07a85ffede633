"""Rates with their bounds, and the gates that an audit must pass."""

from collections.abc import Iterable, Iterator

from msgspec import Struct

from shield.audit.corpus import Kind
from shield.audit.replay import Result
from shield.policy.schema import Budget

CONFIDENCE = 0.95


class Rate(Struct, frozen=True):
    """`count` of `n`, with the Wilson interval and the one-sided exact upper bound, all at 95 %."""

    count: int
    n: int
    low: float
    high: float
    upper: float

    @property
    def value(self) -> float:
        """The point estimate; 0 when there is no case."""
        return self.count / self.n if self.n else 0.0


class Group(Struct, frozen=True):
    """The rate of one family, domain or near-miss file."""

    kind: Kind
    name: str
    rate: Rate


class Gate(Struct, frozen=True):
    """One condition; `why` says in numbers what held or broke."""

    name: str
    passed: bool
    why: str


def rate(count: int, n: int) -> Rate:
    """The rate of `count` in `n` cases, with its bounds."""
    from scipy.stats import beta, binomtest

    if n == 0:
        return Rate(0, 0, 0.0, 1.0, 1.0)
    wilson = binomtest(count, n).proportion_ci(CONFIDENCE, method="wilson")
    upper = 1.0 if count == n else float(beta.ppf(CONFIDENCE, count + 1, n - count))
    return Rate(count, n, float(wilson.low), float(wilson.high), upper)


def groups(results: Iterable[Result]) -> list[Group]:
    """Detection of each family; false positives of each domain and near-miss file."""
    return _grouped((result.kind, result.group, result.flagged) for result in results)


def languages(results: Iterable[Result]) -> list[Group]:
    """Detection and false positives by language, without region and script."""
    return _grouped(
        (result.kind, result.lang.partition("-")[0], result.flagged) for result in results
    )


def _grouped(flags: Iterable[tuple[Kind, str, bool]]) -> list[Group]:
    found: dict[tuple[Kind, str], list[bool]] = {}
    for kind, name, flagged in flags:
        found.setdefault((kind, name), []).append(flagged)
    return [
        Group(kind, name, rate(sum(flags), len(flags)))
        for (kind, name), flags in sorted(found.items())
    ]


def pooled(rows: Iterable[Group], kind: Kind) -> Rate:
    """All groups of a kind together."""
    chosen = [g.rate for g in rows if g.kind is kind]
    return rate(sum(r.count for r in chosen), sum(r.n for r in chosen))


def gates(
    rows: list[Group], budget: Budget, baseline: dict[str, float], cause: str = ""
) -> list[Gate]:
    """The pooled budget, each domain, each near-miss file, and detection against the baseline.

    `cause` is what is known to be missing since the baseline, for the gates that break by it.
    """
    return [
        _budget(pooled(rows, Kind.BENIGN), budget),
        *(_bounded(row, budget.domain_rate) for row in rows if row.kind is Kind.BENIGN),
        *(_bounded(row, budget.near_miss_rate) for row in rows if row.kind is Kind.NEAR_MISS),
        *_regressions(rows, budget, baseline, cause),
    ]


def _budget(whole: Rate, budget: Budget) -> Gate:
    most = budget.false_positive_rate
    why = (
        f"{whole.count} of {whole.n} benign cases were harmed; exact upper bound {whole.upper:.2%}"
    )
    return Gate("budget", whole.n > 0 and whole.upper <= most, f"{why}, accepted {most:.2%}")


def _bounded(row: Group, most: float) -> Gate:
    why = f"{row.rate.count} of {row.rate.n} harmed, accepted {most:.2%}"
    return Gate(f"{row.kind}/{row.name}", row.rate.value <= most, why)


def _regressions(
    rows: list[Group], budget: Budget, baseline: dict[str, float], cause: str
) -> Iterator[Gate]:
    found = {row.name: row.rate for row in rows if row.kind is Kind.ATTACK}
    for name, before in baseline.items():
        if name in found:
            # In a small family one case is more than the tolerance; one case alone is no regression.
            tolerance = max(budget.regression, 1 / found[name].n)
            held = found[name].value >= before - tolerance - 1e-4
            why = f"detection {found[name].value:.2%}, baseline {before:.2%}"
        else:
            held, why = False, "the family is in the baseline but has no case"
        yield Gate(f"regression/{name}", held, why if held or not cause else f"{why}; {cause}")
