"""Detection: run the policy's scanners on a subject, within a deadline.

Tier 0 runs first, then tier 1 in parallel threads. A scanner that raises, hangs or reports
nonsense becomes a finding with `error=True`.
"""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for

from msgspec import Struct
from pydantic import ValidationError

from shield.decide import decide
from shield.document import Document
from shield.errors import PolicyError
from shield.findings import FindingCache, failed, without_own
from shield.inference.engine import Brought, Engine
from shield.jobs import Job, Joining, Work, choosing
from shield.observers import Took
from shield.policy import rules as rulebook
from shield.policy.load import Policy
from shield.policy.lock import lock_path
from shield.scanners import SCANNERS, JoinsPieces, Scanner, Services, graphs, scanner_class
from shield.types import (
    Checkpoint,
    Coverage,
    Decision,
    Finding,
    Skip,
    SkipReason,
    Subject,
)
from shield.workers import Workers

_PATIENCE_DEADLINES = 10
_TIERS = (0, 1, 2)
_HEADS = frozenset({"harm", "injection", "injection_ngram"})


class Detection(Struct, frozen=True):
    """Everything that was found, below and above thresholds, and the receipt."""

    findings: tuple[Finding, ...]
    coverage: Coverage


class Bound(Struct, frozen=True):
    """A scanner and the checkpoints at which the policy runs it."""

    scanner: Scanner
    checkpoints: frozenset[Checkpoint]


class Pipeline:
    """The scanners of one policy, built once.

    Args:
        policy: a loaded policy.
        like: an engine whose models are used again when they are the ones that the policy needs.
        took: told the seconds that each scanner worked on a subject.

    Raises:
        PolicyError: an unknown scanner or invalid options.
        ModelError: a model that a scanner needs is unusable.
    """

    def __init__(
        self, policy: Policy, *, like: Engine | None = None, took: Took | None = None
    ) -> None:
        limits = policy.document.limits
        self.policy = policy
        self._deadline = limits.deadline_ms / 1000
        self.scanners, self.engine = built(policy, like)
        _check_models(policy, self.engine)
        self._workers = Workers(2 * limits.concurrency)
        self._cache = FindingCache(limits.cache_bytes)
        self._took = took

    @property
    def ready(self) -> bool:
        """False when every worker is held by a scanner that does not come back."""
        return sum(self.out_of_service.values()) < self._workers.count

    @property
    def out_of_service(self) -> Counter[str]:
        """Scanners that have held workers for more than ten deadlines, and how many."""
        return Counter(self._workers.stuck(_PATIENCE_DEADLINES * self._deadline))

    @property
    def heads(self) -> frozenset[str]:
        """The scanners whose scores say how far a segment resembles an attack."""
        return _HEADS & {bound.scanner.id for bound in self.scanners}

    def close(self) -> None:
        """Let the workers go."""
        self._workers.close()

    def run(self, subject: Subject, *, complete: bool = False) -> Detection:
        """Detect. Unless `complete`, later tiers are left out once the decision is to block."""
        until = time.monotonic() + self._deadline
        todo = [b.scanner for b in self.scanners if subject.checkpoint in b.checkpoints]
        work = Work.of(subject, todo, self.policy, self._cache)
        work, findings = self._joined(todo, work, until)
        skipped = list(work.skipped)
        for tier in _TIERS:
            batch = [scanner for scanner in todo if scanner.tier == tier]
            if batch and time.monotonic() >= until:
                skipped.append(Skip("", SkipReason.DEADLINE))
                break
            findings += without_own(self.policy, subject, self._tier(batch, work, until, findings))
            if not complete and self._blocks(subject.checkpoint, findings, subject.known):
                break
        return Detection(tuple(findings), self._receipt(work.subject, tuple(skipped)))

    def _joined(self, todo: list[Scanner], work: Work, until: float) -> tuple[Work, list[Finding]]:
        """The work with the pieces that read as one text, and the failure to find them."""
        for scanner in todo:
            if isinstance(scanner, JoinsPieces) and scanner.id not in self.out_of_service:
                future = self._workers.submit(scanner.id, Joining(scanner, work, self._cache))
                wait_for([future], timeout=max(0.0, until - time.monotonic()))
                if not future.done() or future.exception() is not None:
                    return work, [failed(scanner.id, "raised" if future.done() else "timeout")]
                return future.result(), []
        return work, []

    def _tier(
        self, batch: list[Scanner], work: Work, until: float, before: list[Finding]
    ) -> list[Finding]:
        idle = self.out_of_service
        if sum(idle.values()) >= self._workers.count:
            return [failed(scanner.id, "out-of-service") for scanner in batch]
        findings = [failed(s.id, "out-of-service") for s in batch if s.id in idle]
        jobs: dict[Future[list[Finding]], str] = {}
        for scanner in batch:
            try:
                mine = choosing(scanner, work, before) if scanner.id not in idle else None
            except Exception:  # noqa: BLE001 — whatever a scanner raises, the policy decides
                findings.append(failed(scanner.id, "raised"))
                continue
            if mine is not None:
                job = self._timed(Job(scanner, mine, self._cache))
                jobs[self._workers.submit(scanner.id, job)] = scanner.id
        wait_for(jobs, timeout=max(0.0, until - time.monotonic()))
        for future, name in jobs.items():
            findings += _reported(name, future)
        return findings

    def _timed(self, job: Job) -> Callable[[], list[Finding]]:
        took = self._took
        if took is None:
            return job

        def timed() -> list[Finding]:
            began = time.perf_counter()
            try:
                return job()
            finally:
                took(job.scanner.id, time.perf_counter() - began)

        return timed

    def _blocks(
        self,
        checkpoint: Checkpoint,
        findings: list[Finding],
        known: frozenset[int] = frozenset(),
    ) -> bool:
        judged = decide(self.policy, checkpoint, findings, Coverage(), known)
        return judged.decision is Decision.BLOCK

    def _receipt(self, subject: Subject, skipped: tuple[Skip, ...]) -> Coverage:
        unseen = {s.path for s in skipped if s.reason is SkipReason.LIMIT}
        seen = [s for s in subject.segments if s.path not in unseen]
        return Coverage(
            segments=len(seen),
            chars=sum(len(s.text) for s in seen),
            tokens=self._tokens(subject),
            views=sum(map(len, subject.views)),
            skipped=skipped,
        )

    def _tokens(self, subject: Subject) -> int:
        if self.engine is None:
            return 0
        return sum(self.engine.tokens_of(v.text) for views in subject.views for v in views)


def _reported(name: str, future: "Future[list[Finding]]") -> list[Finding]:
    if not future.done():
        future.cancel()
        return [failed(name, "timeout")]
    error = future.exception()
    if error is None:
        return future.result()
    return [failed(name, "timeout" if isinstance(error, TimeoutError) else "raised")]


def built(policy: Policy, like: Engine | None = None) -> tuple[tuple[Bound, ...], Engine | None]:
    """The scanners of a policy and the engine with the models that they ask for; `like`, where it
    serves exactly those.
    """
    classes = {name: _class(name, policy) for name in policy.document.scanners}
    options = {name: _options(name, kind, policy) for name, kind in classes.items()}
    models = {graph for name, kind in classes.items() for graph in graphs(kind, options[name])}
    limits = policy.document.limits
    custom = dict(policy.document.custom_models)
    brought = _brought(policy)
    engine = like if like and like.serves(policy.models, models, brought) else None
    if engine is None and (models or brought):
        engine = Engine(policy.models, models, limits.cache_bytes, brought)
    services = Services(
        rules=policy.rules,
        patterns=rulebook.compiled(policy.rules),
        phrases=policy.phrases,
        tools=dict(policy.document.tools),
        pattern_seconds=limits.pattern_ms / 1000,
        engine=engine,
        custom=custom,
        folder=policy.path.parent,
    )
    return tuple(
        _bound(name, kind(options[name], services), policy) for name, kind in classes.items()
    ), engine


def _brought(policy: Policy) -> dict[str, Brought]:
    """The user's own models, by the names that the scanner asks the engine for."""
    custom = policy.document.custom_models
    has_scanner = "classifier" in policy.document.scanners
    if bool(custom) is not has_scanner:
        has, lacks = ("custom_models", "[scanners.classifier]")[:: 1 if custom else -1]
        raise PolicyError(
            f"{has} without {lacks} does nothing", where=policy.path, mend=f"add {lacks}"
        )
    return {
        f"custom-{name}": Brought(
            folder=(policy.path.parent / model.path).resolve(),
            sha256=model.sha256,
            task=model.task,
            size=model.size,
            overlap=model.overlap,
        )
        for name, model in custom.items()
    }


def _check_models(policy: Policy, engine: Engine | None) -> None:
    """A threshold says nothing about the scores of another model than it was chosen for."""
    loaded = engine.digests if engine else {}
    known = policy.lock.models
    if policy.lock.corpus and any(known.get(name) != d for name, d in loaded.items()):
        raise PolicyError(
            "the lock was made for other models",
            where=lock_path(policy.path),
            mend="run `shield calibrate --policy ...` after changing a model",
        )


def _class(name: str, policy: Policy) -> type[Scanner]:
    kind = scanner_class(name)
    if kind is None:
        raise PolicyError(
            f"scanners.{name}: there is no such scanner",
            where=policy.path,
            mend=f"one of {', '.join(sorted(SCANNERS))}, or an entry point of shield.scanners",
        )
    return kind


def _options(name: str, kind: type[Scanner], policy: Policy) -> Document:
    try:
        return kind.Options.model_validate(policy.document.scanners[name].options)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, ("scanners", name, "options", *first["loc"])))
        raise PolicyError(
            f"{place}: {first['msg']}", where=policy.path, mend="correct it"
        ) from None


def _bound(name: str, scanner: Scanner, policy: Policy) -> Bound:
    entry = policy.document.scanners[name]
    foreign = set(entry.checkpoints) - scanner.checkpoints
    if foreign:
        raise PolicyError(
            f"scanners.{name}.checkpoints: it cannot judge {', '.join(sorted(foreign))}",
            where=policy.path,
            mend=f"choose from {', '.join(sorted(scanner.checkpoints))}",
        )
    return Bound(scanner, frozenset(entry.checkpoints) or scanner.checkpoints)
