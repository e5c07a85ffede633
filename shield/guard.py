"""The guard: shared and immutable; and the exchange: one request and its response.

guard = Guard.load()
with guard.exchange(Caller(principal="alice", session="u42")) as ex:
    ex.input(segments)     before the model
    ex.action(call)        before a tool
    ex.output(text)        before the user
"""

import secrets
import time
import uuid
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from msgspec.structs import replace

from shield.decide import decide
from shield.label import label, trusted
from shield.memory.local import LocalSessions
from shield.memory.session import (
    Session,
    SessionStore,
    principal_key,
    session_key,
    text_digest,
    trimmed,
)
from shield.pipeline import Pipeline
from shield.policy.load import Policy, load
from shield.redact import edits, placeholder, public_path, redacted
from shield.types import (
    Caller,
    Checkpoint,
    Coverage,
    Decision,
    Edit,
    Finding,
    Outcome,
    Segment,
    Skip,
    Source,
    Span,
    Subject,
    ToolCall,
    Turn,
    Verdict,
)

_REFUSED = "refused-turn"


class Observer(Protocol):
    """Told about every verdict; must not raise and must not block."""

    def verdict(self, verdict: Verdict, caller: Caller) -> None:
        """A verdict was given."""


class Guard:
    """One policy, its pipeline and its session store; for use from any thread.

    Args:
        policy: a loaded policy.
        sessions: where sessions live; in this process when left out.
        key: the secret under which callers are kept apart; random for this process when left
            out, and to be shared by workers that share a store.
        observers: told about every verdict.
        complete: run every tier even after a block, as audits do.

    Raises:
        SetupError: a scanner, option or model of the policy is unusable.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        sessions: SessionStore | None = None,
        key: bytes | None = None,
        observers: Sequence[Observer] = (),
        complete: bool = False,
    ) -> None:
        limits = policy.document.limits
        self.policy = policy
        self.pipeline = Pipeline(policy)
        self.sessions: SessionStore = sessions or LocalSessions(
            seconds=limits.session_seconds,
            most=limits.sessions,
            per_principal=limits.sessions_per_principal,
        )
        self.key = key or secrets.token_bytes(32)
        self.observers = tuple(observers)
        self.complete = complete

    @classmethod
    def load(cls, path: str | Path | None = None, *, complete: bool = False) -> Self:
        """The guard of a policy file, the shipped default when left out; verified and warm.

        Raises:
            SetupError: the policy, its lock, a rule or a model is invalid.
        """
        return cls(load(path), complete=complete)

    @property
    def ready(self) -> bool:
        """True while some worker can take a request."""
        return self.pipeline.ready

    def exchange(self, caller: Caller | None = None) -> "Exchange":
        """Begin one request of `caller`."""
        return Exchange(self, caller or Caller())

    def close(self) -> None:
        """Let the workers go."""
        self.pipeline.close()


class Exchange:
    """One request and its response. Not for use from two threads at once."""

    def __init__(self, guard: Guard, caller: Caller) -> None:
        self._guard, self._caller = guard, caller
        self._key = session_key(guard.key, caller) if caller.session else ""
        self._session = guard.sessions.read(self._key) if self._key else Session()
        self._seen: tuple[Segment, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is held open: each verdict has been written when it was given."""

    def input(self, segments: Iterable[Segment], *, skipped: Sequence[Skip] = ()) -> Outcome:
        """Judge what goes to the model. `skipped` is what the host could not read.

        Turns that this session has already been refused for are cut out, not blamed again.
        """
        given = tuple(segments)
        shown, cuts = self._without_refused(given)
        self._seen = shown
        outcome = self._judge(Checkpoint.INPUT, shown, skipped=skipped, cuts=cuts)
        self._remember(shown, outcome.verdict)
        return outcome

    def action(self, call: ToolCall) -> Outcome:
        """Judge a proposed tool call against what has been said and read so far."""
        return self._judge(Checkpoint.ACTION, (), call=call)

    def output(self, text: str | Sequence[Segment], *, skipped: Sequence[Skip] = ()) -> Outcome:
        """Judge what goes back to the user. `skipped` is what the host could not read."""
        segments = (
            (Segment(text, label(Source.ASSISTANT)),) if isinstance(text, str) else tuple(text)
        )
        return self._judge(Checkpoint.OUTPUT, segments, skipped=skipped)

    def _judge(
        self,
        checkpoint: Checkpoint,
        segments: tuple[Segment, ...],
        *,
        call: ToolCall | None = None,
        skipped: Sequence[Skip] = (),
        cuts: tuple[Edit, ...] = (),
    ) -> Outcome:
        began = time.perf_counter()
        subject = self._subject(checkpoint, segments, call)
        found = self._guard.pipeline.run(subject, complete=self._guard.complete)
        gaps = (*skipped, *found.coverage.skipped)
        shown = tuple(Skip(public_path(gap.path), gap.reason) for gap in gaps)
        coverage = replace(found.coverage, skipped=shown)
        verdict = self._verdict(checkpoint, segments, found.findings, coverage, cuts)
        took = round((time.perf_counter() - began) * 1000, 3)
        verdict = replace(verdict, elapsed_ms=took)
        for observer in self._guard.observers:
            observer.verdict(verdict, self._caller)
        if not verdict.enforced:
            return Outcome(verdict, segments)
        passes = verdict.decision.rank <= Decision.REDACT.rank
        fresh = tuple(e for e in verdict.edits if e not in cuts)
        return Outcome(verdict, redacted(segments, fresh) if passes else ())

    def _verdict(
        self,
        checkpoint: Checkpoint,
        segments: tuple[Segment, ...],
        findings: tuple[Finding, ...],
        coverage: Coverage,
        cuts: tuple[Edit, ...],
    ) -> Verdict:
        policy = self._guard.policy
        judged = decide(policy, checkpoint, findings, coverage)
        redacting = [f for f in judged.findings if policy.decision(f) is Decision.REDACT]
        decision = judged.decision
        if cuts and decision is Decision.ALLOW:
            decision = Decision.REDACT
        return Verdict(
            id=uuid.uuid4().hex,
            checkpoint=checkpoint,
            decision=decision,
            enforced=policy.document.mode == "enforce",
            score=judged.score,
            findings=judged.findings,
            shadow=judged.shadow,
            edits=(*cuts, *edits(redacting, segments)),
            coverage=coverage,
            policy=policy.digest,
            elapsed_ms=0.0,
        )

    def _subject(
        self, checkpoint: Checkpoint, segments: tuple[Segment, ...], call: ToolCall | None
    ) -> Subject:
        now = segments if checkpoint is Checkpoint.INPUT else self._seen
        present = {text_digest(s.text) for s in now}
        before = tuple(s for s in self._session.history if text_digest(s.text) not in present)
        context = (*before, *self._seen)
        return Subject(
            checkpoint=checkpoint,
            segments=segments,
            call=call,
            intent=tuple(s for s in context if trusted(s.label)),
            history=before if checkpoint is Checkpoint.INPUT else _untrusted(context),
            trail=self._session.trail,
        )

    def _without_refused(
        self, segments: tuple[Segment, ...]
    ) -> tuple[tuple[Segment, ...], tuple[Edit, ...]]:
        """Cut resent refused turns; the newest turn is always judged anew."""
        if self._guard.policy.document.mode != "enforce":
            return segments, ()
        refused = {t.digest for t in self._session.trail if t.decision is Decision.BLOCK}
        newest = max((s.turn for s in segments), default=0)
        shown: list[Segment] = []
        cuts: list[Edit] = []
        for index, segment in enumerate(segments):
            if segment.turn < newest and text_digest(segment.text) in refused:
                cuts.append(
                    Edit(public_path(segment.path), Span(index, 0, len(segment.text)), _REFUSED)
                )
                segment = replace(segment, text=placeholder(_REFUSED))
            shown.append(segment)
        return tuple(shown), tuple(cuts)

    def _remember(self, segments: tuple[Segment, ...], verdict: Verdict) -> None:
        if not self._key:
            return
        limits = self._guard.policy.document.limits
        blocked = verdict.decision.rank > Decision.REDACT.rank
        known = {t.digest for t in self._session.trail}
        new = [s for s in segments if text_digest(s.text) not in known]
        blamed = {span.segment for f in verdict.findings for span in f.spans}
        guilty = [segments[i] for i in sorted(blamed)] or new
        remembered = guilty if blocked else new
        families = tuple(sorted({f.rule.partition("/")[0] for f in verdict.findings}))
        turns = tuple(Turn(text_digest(s.text), verdict.decision, families) for s in remembered)
        history = self._session.history if blocked else (*self._session.history, *new)
        self._session = trimmed(
            Session(history, (*self._session.trail, *turns)),
            limits.history_turns,
            limits.history_bytes,
        )
        owner = principal_key(self._guard.key, self._caller)
        self._guard.sessions.write(self._key, self._session, principal=owner)


def _untrusted(context: tuple[Segment, ...]) -> tuple[Segment, ...]:
    return tuple(s for s in context if not trusted(s.label))
