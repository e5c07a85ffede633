"""The audit's report: one value with everything that was found."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from shield.audit.budget import Gate, Group, Rate, languages, pooled
from shield.audit.corpus import Kind
from shield.audit.disguises import Disguise
from shield.audit.feedback.golden import Golden
from shield.audit.matrix import Row, matrix
from shield.audit.paired import Paired
from shield.audit.price import Outcome, Price, Union, prices, union
from shield.audit.replay import Result
from shield.audit.search import Search
from shield.policy.schema import Budget

NO_LOG = (
    "The corpora were written for this project; there is no production log behind these figures."
)


class Latency(Struct, frozen=True):
    """Milliseconds that verdicts took."""

    n: int
    p50: float
    p99: float


class Accepted(Struct, frozen=True):
    """The false-positive rates that the policy accepts: of all benign cases together, of each domain,
    and of each near-miss file.
    """

    pooled: float
    domain: float
    near_miss: float


class Report(Struct, frozen=True):
    """Everything an audit found, case by case and summed up."""

    policy: str
    corpus: str
    split: str
    models: dict[str, str]
    groups: tuple[Group, ...]
    detection: Rate
    false_positives: Rate
    near_misses: Rate
    gates: tuple[Gate, ...]
    elapsed_ms: Latency
    chars: int
    unscanned: int
    failed: int
    results: tuple[Result, ...]
    prices: tuple[Price, ...]
    union: Union
    matrix: tuple[Row, ...]
    languages: tuple[Group, ...]
    note: str = NO_LOG
    disguises: tuple[Disguise, ...] = ()
    search: Search | None = None
    accepted: Accepted | None = None
    golden: Golden | None = None
    paired: tuple[Paired, ...] = ()

    @property
    def passed(self) -> bool:
        """True when every gate holds."""
        return all(gate.passed for gate in self.gates)

    @property
    def complete(self) -> bool:
        """False when some case was not scanned whole or a scanner failed."""
        return self.unscanned == 0 and self.failed == 0


def report(
    *,
    policy: str,
    corpus: str,
    split: str,
    models: dict[str, str],
    rows: Sequence[Group],
    gates: Sequence[Gate],
    results: Sequence[Result],
    scanners: Iterable[str],
    budget: Budget | None = None,
) -> Report:
    """Sum the results up; `scanners` and `budget` are those of the policy."""
    outcomes = [Outcome(r.kind, r.flagged, r.causes) for r in results]
    found = prices(outcomes, scanners)
    times = sorted(t for r in results for t in r.elapsed_ms)
    return Report(
        policy=policy,
        corpus=corpus,
        split=split,
        models=models,
        groups=tuple(rows),
        detection=pooled(rows, Kind.ATTACK),
        false_positives=pooled(rows, Kind.BENIGN),
        near_misses=pooled(rows, Kind.NEAR_MISS),
        gates=tuple(gates),
        elapsed_ms=Latency(len(times), _at(times, 0.5), _at(times, 0.99)),
        chars=sum(r.chars for r in results),
        unscanned=sum(r.skipped > 0 for r in results),
        failed=sum(r.failed for r in results),
        results=tuple(sorted(results, key=lambda r: (r.kind, r.group, r.id))),
        prices=found,
        union=union(outcomes, found),
        matrix=matrix(rows),
        languages=tuple(languages(results)),
        accepted=_accepted(budget) if budget else None,
    )


def _accepted(budget: Budget) -> Accepted:
    return Accepted(budget.false_positive_rate, budget.domain_rate, budget.near_miss_rate)


def _at(times: Sequence[float], share: float) -> float:
    if not times:
        return 0.0
    return round(times[min(len(times) - 1, int(share * len(times)))], 2)
