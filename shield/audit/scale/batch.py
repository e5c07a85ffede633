"""`BatchScorer`: a policy as a function from columns to columns, for Ray, Spark and the like.

It travels as the loaded policy, a few hundred kilobytes; the models are loaded where it is first
called, once a process, from the folder that the policy names. Install Shield on every worker.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from shield.audit import manifest
from shield.audit.corpus import Case
from shield.audit.intake.rows import UnreadableError
from shield.audit.replay import Result, replay
from shield.audit.scale.records import case_of
from shield.audit.tap import Tap
from shield.guard import Guard
from shield.policy.load import Policy, load
from shield.types import Decision

Columns = dict[str, list[Any]]
OUT = (
    *("id", "decision", "flagged", "checkpoint", "rules", "chars", "skipped", "failed"),
    *("elapsed_ms", "error", "digest", "result"),
)


class _Bench(NamedTuple):
    """What judges in this process, and the digests of its models."""

    guard: Guard
    tap: Tap
    models: dict[str, str]


class _Loaded:
    """A policy that is equal to another of the same digest."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Loaded) and other.policy.digest == self.policy.digest

    def __hash__(self) -> int:
        return hash(self.policy.digest)


@lru_cache(maxsize=1)
def _bench(loaded: _Loaded) -> _Bench:
    """The guard of this process; each process loads the models of a policy once."""
    guard = Guard(loaded.policy, complete=True)
    engine = guard.pipeline.engine
    return _Bench(guard, Tap(guard), dict(engine.digests) if engine else {})


class BatchScorer:
    """Judges batches of conversations. Picklable; safe for several threads.

    In: columns of equal length, as lists or arrays. `text`, `messages` or `turns` is needed (turns
    and messages also as JSON); `id`, `source`, `kind`, `group`, `lang`, `split`, `batch` and
    `expect` may be there. Or `line`: all of it as one JSON object. `path` is handed through.

    Out: the columns `OUT`. A row that cannot be read or judged has its reason in `error` and the
    decision block: what was not looked at does not pass for clean. No column holds text of a
    conversation.

    Args:
        policy: a loaded policy, a policy file, or None for the shipped one.
        labelled: whether each row must say `id`, `kind` and `group`, as an audit needs it.
        threads: conversations at a time in one process.

    Raises:
        SetupError: the policy is unusable; when a worker first scores also its models.
    """

    def __init__(
        self, policy: Policy | Path | str | None = None, *, labelled: bool = False, threads: int = 1
    ) -> None:
        self.policy = policy if isinstance(policy, Policy) else load(policy)
        self._labelled, self._threads = labelled, threads

    def __call__(self, batch: Mapping[str, Sequence[Any]]) -> Columns:
        """The columns of one batch, row for row."""
        rows = [self._read(record) for record in _records(batch)]
        cases = [row for row in rows if isinstance(row, Case)]
        bench = _bench(_Loaded(self.policy))
        results = iter(replay(bench.guard, cases, workers=self._threads, tap=bench.tap))
        out: Columns = {name: [] for name in OUT}
        for row in rows:
            made = _scored(row, next(results)) if isinstance(row, Case) else _refused(row)
            for name, value in zip(OUT, made, strict=True):
                out[name].append(value)
        if "path" in batch:
            out["path"] = [str(path) for path in batch["path"]]
        return out

    @property
    def models(self) -> dict[str, str]:
        """The digests of the models, which are loaded in this process for that."""
        return dict(_bench(_Loaded(self.policy)).models)

    def _read(self, record: Mapping[str, Any]) -> Case | str:
        """The case, or why there is none."""
        try:
            found = _opened(record["line"]) if "line" in record else record
            return case_of(found, labelled=self._labelled)
        except UnreadableError as error:
            return str(error)


def _records(batch: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    names = list(batch)
    for values in zip(*(batch[name] for name in names), strict=True):
        yield dict(zip(names, values, strict=True))


def _opened(line: Any) -> Mapping[str, Any]:
    try:
        found = msgspec.json.decode(str(line))
    except (msgspec.DecodeError, RecursionError):
        raise UnreadableError("not JSON") from None
    if not isinstance(found, dict):
        raise UnreadableError("not an object")
    return found


def _scored(case: Case, result: Result) -> tuple[Any, ...]:
    return (
        case.id,
        str(result.decision),
        result.flagged,
        str(result.checkpoint),
        json.dumps(result.rules),
        result.chars,
        result.skipped,
        result.failed,
        sum(result.elapsed_ms),
        "",
        manifest.digest(case),
        msgspec.json.encode(result).decode(),
    )


def _refused(why: str) -> tuple[Any, ...]:
    return ("", str(Decision.BLOCK), True, "", "[]", 0, 0, True, 0.0, why, "", "")
