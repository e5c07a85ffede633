"""One audit from end to end: replay a split, sum it up, judge it."""

from collections.abc import Callable
from pathlib import Path

from shield.audit import budget, replay
from shield.audit.corpus import Case, Corpus
from shield.audit.report import Report, baseline, report
from shield.guard import Guard
from shield.policy.load import Policy


def run(
    policy: Policy,
    corpus: Corpus,
    *,
    split: str,
    against: Path | None,
    workers: int,
    tick: Callable[[], None],
) -> Report:
    """Audit a policy; `against` is a baseline that detection must not fall below.

    Raises:
        SetupError: the policy's models or the baseline are unusable.
    """
    known = baseline(against, corpus.digest, split) if against else {}
    cases: tuple[Case, ...] = corpus.split(split)
    guard = Guard(policy.with_tools(corpus.tools), complete=True)
    results = replay.replay(guard, cases, workers=workers, tick=tick)
    engine = guard.pipeline.engine
    guard.close()
    rows = budget.groups(results)
    return report(
        policy=policy.digest,
        corpus=corpus.digest,
        split=split,
        models=engine.digests if engine else {},
        rows=rows,
        gates=budget.gates(rows, policy.document.budget, known),
        results=results,
    )
