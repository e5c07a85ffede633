"""The exchange: one request and its response, judged at its checkpoints and remembered."""

import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

from msgspec.structs import replace

from shield.about import Edition, Told, about
from shield.ahead import AheadGate
from shield.approvals import Desk, settled
from shield.decide import decide, fixed_answer
from shield.errors import StoreError
from shield.label import label, trusted
from shield.memory.escalations import EscalationStore
from shield.memory.session import (
    Session,
    SessionStore,
    content_digest,
    principal_key,
    session_key,
    trimmed,
)
from shield.memory.vault import VaultStore
from shield.observers import Observer, tell
from shield.pipeline import Detection, Pipeline
from shield.policy.load import Policy
from shield.recall import Request, answered, recognised, remembered, scored, stepped, tried
from shield.redact import edits, public_path, redacted
from shield.storing import Shelf, judged
from shield.stream import Held, Mode, OutputGate
from shield.stretches import Stretches
from shield.types import (
    Caller,
    Checkpoint,
    Coverage,
    Decision,
    Finding,
    Offer,
    Outcome,
    Segment,
    Skip,
    Source,
    Subject,
    ToolCall,
    Verdict,
)


class Rooms(Protocol):
    """What an exchange needs of its guard."""

    policy: Policy
    pipeline: Pipeline
    sessions: SessionStore
    escalations: EscalationStore
    vault: VaultStore
    key: bytes
    observers: tuple[Observer, ...]
    complete: bool
    edition: Edition


class Exchange:
    """One request and its response. Not for use from two threads at once."""

    def __init__(self, guard: Rooms, caller: Caller) -> None:
        self._guard, self._caller = guard, caller
        self._key = session_key(guard.key, caller) if caller.session else ""
        self._owner = principal_key(guard.key, caller) if caller.principal else ""
        self._drawer = self._key or uuid.uuid4().hex  # nobody else can know it
        self._drawn = False
        self._shelf = Shelf(guard.sessions)
        self._held: Session | None = None
        self._told = Told()
        self._seen: tuple[Segment, ...] = ()
        self._offers: tuple[Offer, ...] = ()

    def __enter__(self) -> Self:
        return self

    @property
    def policy(self) -> Policy:
        """The policy that judges this request to its end."""
        return self._guard.policy

    @property
    def _session(self) -> Session:
        """Read when it is first needed: hosts begin exchanges on the event loop, and a store that
        workers share may take its time.
        """
        if self._held is None:
            self._held = self._shelf.read(self._key) if self._key else Session()
        return self._held

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Without a session nothing outlives the exchange."""
        if not self._key and self._drawn:
            with suppress(StoreError):  # what a store cannot erase expires there
                self._guard.vault.forget(self._drawer)

    def input(
        self,
        segments: Iterable[Segment],
        *,
        skipped: Sequence[Skip] = (),
        offers: Sequence[Offer] = (),
    ) -> Outcome:
        """Judge what goes to the model. `skipped` is what the host could not read, `offers` are the tools
        that the model may call.

        Turns that this session has already been refused for are cut out, not blamed again.
        """
        cutting = self._guard.policy.document.mode == "enforce"
        request = recognised(tuple(segments), self._session.trail, cutting=cutting)
        self._seen, self._offers = request.segments, tuple(offers)
        outcome, findings = self._judge(Checkpoint.INPUT, request, skipped=skipped)
        self._remember(request, outcome.verdict, findings)
        return self._final(outcome)

    def tell(self, told: Told) -> None:
        """Take what observers shall know of the request or its answer; the latest word holds."""
        known = {name: value for name in told.__struct_fields__ if (value := getattr(told, name))}
        self._told = replace(self._told, **known)

    def note(self, segments: Iterable[Segment]) -> None:
        """Take texts into what actions are judged against, unjudged: no model with tools reads them."""
        self._seen = (*self._seen, *segments)

    def action(self, call: ToolCall) -> Outcome:
        """Judge a proposed tool call against what has been said and read so far."""
        outcome = self._judge(Checkpoint.ACTION, Request((), ()), call=call)[0]
        context = (*self._session.history, *self._seen)
        self._keep(stepped(self._session, call, context, outcome, self._guard.policy))
        return self._final(outcome)

    def output(
        self,
        text: str | Sequence[Segment],
        *,
        skipped: Sequence[Skip] = (),
        found: Detection | None = None,
        gate: str = "",
    ) -> Outcome:
        """Judge what goes back to the user. `skipped` is what the host could not read; `found`,
        what a gate has found in it already, is taken for all that there is; `gate` is its mode.
        """
        segments = (
            (Segment(text, label(Source.ASSISTANT)),) if isinstance(text, str) else tuple(text)
        )
        request = _said(segments)
        outcome, _ = self._judge(Checkpoint.OUTPUT, request, skipped=skipped, found=found)
        outcome = replace(outcome, verdict=replace(outcome.verdict, gate=gate))
        if self._key:
            self._keep(answered(self._session, segments, outcome.verdict))
        return self._final(outcome)

    def _final(self, outcome: Outcome) -> Outcome:
        """The outcome, after what was to be remembered has been kept or lost; observers are told."""
        guard = self._guard
        outcome = judged(outcome, self._shelf, guard.policy)
        tell(
            guard.observers,
            outcome.verdict,
            self._caller,
            lambda: about(guard.edition, self._caller, self._told, self._offers, guard.key),
        )
        return outcome

    def _judge(
        self,
        checkpoint: Checkpoint,
        request: Request,
        *,
        call: ToolCall | None = None,
        skipped: Sequence[Skip] = (),
        found: Detection | None = None,
    ) -> tuple[Outcome, tuple[Finding, ...]]:
        """The outcome, and all that was found, below thresholds too."""
        began = time.perf_counter()
        segments, cuts = request.segments, request.cuts
        subject = self._subject(checkpoint, request, call)
        found = found or self._guard.pipeline.run(subject, complete=self._guard.complete)
        gaps = (*skipped, *found.coverage.skipped)
        shown = tuple(Skip(public_path(gap.path), gap.reason) for gap in gaps)
        coverage = replace(found.coverage, skipped=shown)
        verdict = self._verdict(checkpoint, request, found.findings, coverage)
        desk = Desk(self._guard.escalations, self._guard.key, self._owner, self._key)
        verdict = settled(verdict, subject, self._guard.policy, desk)
        took = round((time.perf_counter() - began) * 1000, 3)
        verdict = replace(verdict, elapsed_ms=took)
        if not verdict.enforced:
            return Outcome(verdict, segments), found.findings
        passes = verdict.decision.rank <= Decision.REDACT.rank
        fresh = tuple(e for e in verdict.edits if e not in cuts)
        answer = fixed_answer(self._guard.policy, verdict, _newest(segments))
        rest = redacted(segments, fresh, self._token) if passes else ()
        return Outcome(verdict, rest, answer), found.findings

    def _verdict(
        self,
        checkpoint: Checkpoint,
        request: Request,
        findings: tuple[Finding, ...],
        coverage: Coverage,
    ) -> Verdict:
        policy = self._guard.policy
        judged = decide(policy, checkpoint, findings, coverage, request.known)
        redacting = [f for f in judged.findings if policy.decision(f) is Decision.REDACT]
        forms = (policy.form,) if checkpoint is Checkpoint.INPUT else ()
        decision = judged.decision
        if request.cuts and decision is Decision.ALLOW:
            decision = Decision.REDACT
        return Verdict(
            id=uuid.uuid4().hex,
            checkpoint=checkpoint,
            decision=decision,
            enforced=policy.document.mode == "enforce",
            score=judged.score,
            findings=judged.findings,
            shadow=judged.shadow,
            edits=(*request.cuts, *edits(redacting, request.segments, *forms)),
            coverage=coverage,
            policy=policy.digest,
            elapsed_ms=0.0,
        )

    def _subject(self, checkpoint: Checkpoint, request: Request, call: ToolCall | None) -> Subject:
        is_input = checkpoint is Checkpoint.INPUT
        present = {s.text for s in (request.segments if is_input else self._seen)}
        before = tuple(s for s in self._session.history if s.text not in present)
        context = (*before, *self._seen)
        untrusted = tuple(s for s in context if not trusted(s.label))
        # A call is judged by who said what in answer to what.
        whole = context if checkpoint is Checkpoint.ACTION else untrusted
        history = before if is_input else whole
        return Subject(
            checkpoint=checkpoint,
            segments=request.segments,
            call=call,
            intent=tuple(s for s in context if trusted(s.label)),
            history=history,
            trail=self._session.trail,
            known=request.known,
            digests=()
            if call is not None
            else (*(content_digest(s.text) for s in history), *request.shown),
            tries=self._tries().trail,
            steps=self._session.steps,
            offers=self._offers,
        )

    def restore(self, text: str) -> str:
        """The text of an answer with the values that this exchange's session put away."""
        return self._guard.vault.restore(self._drawer, text)

    def _token(self, kind: str, value: str) -> str:
        owner = self._owner or principal_key(self._guard.key, self._caller)
        self._drawn = True
        return self._guard.vault.token(self._drawer, owner, kind, value)

    def _tries(self) -> Session:
        return self._shelf.read(self._owner) if self._owner else Session()

    def _remember(self, request: Request, verdict: Verdict, findings: Sequence[Finding]) -> None:
        policy = self._guard.policy
        scores = scored(findings, self._guard.pipeline.heads)
        after = remembered(self._session, request, verdict, scores, policy)
        if self._owner:
            before = self._tries()
            tries = tried(before, after, request)
            if tries is not before:
                self._shelf.write(self._owner, tries, principal=self._owner)
        if self._key:
            self._keep(after)

    def _keep(self, session: Session) -> None:
        if session is not self._session:
            limits = self._guard.policy.document.limits
            self._held = trimmed(
                session, limits.history_turns, limits.history_bytes, limits.trail_turns
            )
            if self._key:
                owner = self._owner or principal_key(self._guard.key, self._caller)
                self._shelf.write(self._key, self._session, principal=owner)

    def stream(self, mode: Mode = "hold") -> OutputGate | AheadGate:
        """A gate for an answer that comes in pieces; what it ends with is judged, told and
        remembered as `output` does. `async` lets text leave before it is judged. Where a judge
        model may be asked, the gate is always a `buffer`.
        """
        guard, limits = self._guard, self._guard.policy.document.limits
        judge = Stretches(
            guard.pipeline,
            lambda segments: self._subject(Checkpoint.OUTPUT, _said(segments), None),
            complete=guard.complete,
        )
        chosen: Mode = "buffer" if judge.waits else mode
        held: Held = "hold" if chosen == "async" else chosen
        gate = OutputGate(
            judge,
            lambda segments, found: self.output(segments, found=found, gate=chosen),
            mode=held,
            limit=min(limits.chars, limits.response_bytes),
        )
        return AheadGate(gate) if chosen == "async" else gate


def _said(segments: tuple[Segment, ...]) -> Request:
    """An answer, which no session has seen before."""
    return Request(segments, tuple(content_digest(s.text) for s in segments))


def _newest(segments: tuple[Segment, ...]) -> frozenset[int]:
    """The numbers of the segments of the newest turn."""
    last = max((s.turn for s in segments), default=0)
    return frozenset(i for i, s in enumerate(segments) if s.turn == last)
