"""One audit from end to end: replay a split, disguise and search, sum it up, judge it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from shield.audit import budget, disguises, replay, search
from shield.audit import corpus as corpora
from shield.audit.baseline import Baseline, baseline, cause
from shield.audit.corpus import Case, Corpus
from shield.audit.feedback import golden
from shield.audit.journal import Head, Journal
from shield.audit.judges import Judge, Service, far
from shield.audit.paired import paired
from shield.audit.report import Report, report
from shield.audit.tap import Tap
from shield.guard import Guard
from shield.policy.load import Policy

_FAR = (
    "A sidecar judged: it knows the tools of its own policy only, and stops looking once it blocks, "
    "so that findings, prices and the time that verdicts took are those of serving."
)


class Asked(Struct, frozen=True):
    """What an audit shall do beside replaying a split.

    `against` is a baseline that detection must not fall below, `journal` the file of finished
    cases, `mutate` how many attacks to replay under every transform, `search` for how many
    seconds to search for disguises that pass. `golden` is a folder of cases that were once judged
    wrongly.
    """

    split: str = "hold"
    against: Path | None = None
    workers: int = 2
    journal: Path | None = None
    mutate: int = 0
    search: float = 0.0
    golden: Path | None = None


class _Bench(NamedTuple):
    """Who judges, with which models, and a tap where findings can be seen."""

    judge: Judge
    models: dict[str, str]
    tap: Tap | None


def run(
    policy: Policy,
    corpus: Corpus,
    asked: Asked,
    *,
    tick: Callable[[], None] = lambda: None,
    service: Service | None = None,
    url: str = "",
) -> Report:
    """Audit a policy, in this process or by asking a sidecar that judges by it.

    Raises:
        SetupError: the policy's models, the baseline or the journal are unusable, or the sidecar
            does not answer as it should.
    """
    known = baseline(asked.against, corpus, asked.split) if asked.against else Baseline()
    with ExitStack() as stack:
        bench = stack.enter_context(
            _elsewhere(policy, service, url) if service else _here(policy, corpus)
        )
        head = Head(bench.judge.policy.digest, bench.models, url)
        keeper = stack.enter_context(Journal(asked.journal, head)) if asked.journal else None

        replayed = partial(
            replay.replay, bench.judge, workers=asked.workers, tap=bench.tap, keeper=keeper
        )
        cases = corpus.split(asked.split)
        results = replayed(cases, tick=tick)
        made = summed(policy, bench.models, corpus, asked, results, known)
        runs = disguises.runs(cases, results, asked.mutate) if asked.mutate else []
        made = replace(
            made,
            disguises=disguises.disguises(runs, replayed([r.case for r in runs])),
            search=_searched(bench.judge, corpus, asked.search),
            note=f"{made.note} {_FAR}" if service else made.note,
        )
        return with_golden(made, asked.golden, replayed)


def with_golden(
    made: Report, folder: Path | None, replayed: Callable[[Sequence[Case]], list[replay.Result]]
) -> Report:
    """The report with what became of the golden cases, and their gate; as it is without a folder.

    Raises:
        CorpusError: the golden folder is broken.
    """
    if folder is None:
        return made
    known = corpora.load(folder)
    found = golden.golden(known, replayed(known.cases))
    return replace(made, golden=found, gates=(*made.gates, found.gate))


def _searched(judge: Judge, corpus: Corpus, seconds: float) -> search.Search | None:
    # Hold cases are judged and never searched: what is learnt from them would be lost to them.
    return search.search(judge, corpus.split("tune"), seconds) if seconds else None


@contextmanager
def _here(policy: Policy, corpus: Corpus) -> Iterator[_Bench]:
    guard = Guard(policy.with_tools(corpus.tools), complete=True)
    engine = guard.pipeline.engine
    tap = Tap(guard)
    try:
        yield _Bench(guard, dict(engine.digests) if engine else {}, tap)
    finally:
        tap.close()


@contextmanager
def _elsewhere(policy: Policy, service: Service, url: str) -> Iterator[_Bench]:
    # The sidecar knows the tools of its own policy, not those of a corpus; its models are its own.
    yield _Bench(far(service, policy, url), {}, None)


def summed(  # noqa: PLR0917 — two places call it
    policy: Policy,
    models: dict[str, str],
    corpus: Corpus,
    asked: Asked,
    results: Sequence[replay.Result],
    known: Baseline,
) -> Report:
    """The report of what was replayed, judged against the budget and the baseline."""
    rows = budget.groups(results)
    made = report(
        policy=policy.digest,
        corpus=corpus.digest,
        split=asked.split,
        models=models,
        rows=rows,
        gates=budget.gates(rows, policy.document.budget, known.detection, cause(known, policy)),
        results=results,
        scanners=policy.document.scanners,
        budget=policy.document.budget,
    )
    return replace(made, paired=paired(known.flagged, results))
