"""A request read with its session in mind: what is new in it, what was refused, what to keep of it.

A client may resend its whole history or send its newest message only; both leave the same
memory behind.
"""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from shield.actions.manifest import guessed, tool
from shield.actions.steps import step
from shield.label import trusted
from shield.memory.session import MOST_TRIES, Session, content_digest, continued
from shield.policy.load import Policy
from shield.redact import placeholder, public_path
from shield.text.refusals import refuses
from shield.types import (
    REFUSAL,
    Decision,
    Edit,
    Finding,
    Outcome,
    Segment,
    Source,
    Span,
    ToolCall,
    Turn,
    Verdict,
)

_REFUSED = "refused-turn"
_CUT = content_digest(placeholder(_REFUSED))
_NAME = 32  # hex digits of a digest that name a turn
# A turn is worth remembering beyond its session when a classifier held it for an attack rather than
# not.
_SUSPECT = 0.5


class Request(Struct, frozen=True):
    """Segments, of which refused ones are cut out, and the SHA-256 of what was sent in each.

    `cuts` are those made; `known` the segments that passed in an earlier exchange.
    """

    segments: tuple[Segment, ...]
    digests: tuple[str, ...]
    known: frozenset[int] = frozenset()
    cuts: tuple[Edit, ...] = ()

    @property
    def shown(self) -> tuple[str, ...]:
        """The SHA-256 of each segment as it is shown to scanners."""
        cut = {edit.span.segment for edit in self.cuts}
        return tuple(_CUT if n in cut else digest for n, digest in enumerate(self.digests))


def recognised(segments: Sequence[Segment], trail: Iterable[Turn], *, cutting: bool) -> Request:
    """The request as its session knows it. The newest turn is always judged anew."""
    digests = tuple(content_digest(s.text) for s in segments)
    turns = {turn.digest: turn.refused for turn in trail}
    if not turns:
        return Request(tuple(segments), digests)
    shown = list(segments)
    known: list[int] = []
    cuts: list[Edit] = []
    for index in _older(segments):
        refused = turns.get(digests[index][:_NAME])
        if refused is False:
            known.append(index)
        elif refused and cutting:
            segment = segments[index]
            span = Span(index, 0, len(segment.text))
            cuts.append(Edit(public_path(segment.path), span, _REFUSED))
            shown[index] = replace(segment, text=placeholder(_REFUSED))
    return Request(tuple(shown), digests, frozenset(known), tuple(cuts))


def remembered(
    session: Session,
    request: Request,
    verdict: Verdict,
    scores: Mapping[int, tuple[tuple[str, float], ...]],
    policy: Policy,
) -> Session:
    """The session after a verdict on a request; `scores` are those of each segment."""
    passed = verdict.decision.rank <= Decision.REDACT.rank
    cut = {edit.span.segment for edit in request.cuts}
    fresh = [i for i in range(len(request.segments)) if i not in cut and i not in request.known]
    judged = set(fresh if passed else _guilty(policy, verdict, fresh))
    families = tuple(sorted({f.rule.partition("/")[0] for f in verdict.findings}))
    old = {turn.digest: turn for turn in session.trail}
    turns: list[Turn] = []
    for index, segment in enumerate(request.segments):
        name = request.digests[index][:_NAME]
        if index in judged:
            of = scores.get(index, ())
            turns.append(Turn(name, verdict.decision, families, segment.source, of))
        elif name in old:
            turns.append(old[name])
    if not passed:
        return continued(session, session.history, turns)
    sent = set(request.digests)
    before = (s for s in session.history if content_digest(s.text) not in sent)
    texts = (s for i, s in enumerate(request.segments) if i not in cut)
    return continued(session, (*before, *texts), turns)


def stepped(
    session: Session,
    call: ToolCall,
    context: Iterable[Segment],
    outcome: Outcome,
    policy: Policy,
) -> Session:
    """The session after a verdict on a tool call."""
    known = policy.document.tools
    spoken = [s for s in context if trusted(s.label) and s.source is Source.USER]
    made = step(call, tool(call.name, known) or guessed(call.name), spoken, outcome.decision)
    return replace(session, steps=(*session.steps, made))


def answered(session: Session, segments: Iterable[Segment], verdict: Verdict) -> Session:
    """The session after an answer: only that the assistant declined, or was kept from saying it."""
    stopped = verdict.decision.rank > Decision.REDACT.rank
    for segment in segments:
        if stopped or refuses(segment.text):
            name = content_digest(segment.text)[:_NAME]
            turn = Turn(name, Decision.ALLOW, source=Source.ASSISTANT, signs=(REFUSAL,))
            return continued(session, session.history, (turn,))
    return session


def scored(
    findings: Iterable[Finding], heads: Container[str]
) -> dict[int, tuple[tuple[str, float], ...]]:
    """The highest score that each of `heads` gave each segment alone."""
    best: dict[int, dict[str, float]] = {}
    for finding in findings:
        if finding.scanner in heads and not finding.error and not finding.turns:
            for span in finding.spans:
                of = best.setdefault(span.segment, {})
                of[finding.scanner] = max(of.get(finding.scanner, 0.0), round(finding.score, 4))
    return {segment: tuple(sorted(of.items())) for segment, of in best.items()}


def tried(tries: Session, after: Session, request: Request) -> Session:
    """What the principal has tried in all its sessions, with what is new and suspicious here."""
    known = {turn.digest for turn in tries.trail}
    sent = {digest[:_NAME] for digest in request.digests}
    new = [t for t in after.trail if t.digest in sent and t.digest not in known and _suspicious(t)]
    return Session((), (*tries.trail, *new)[-MOST_TRIES:]) if new else tries


def _suspicious(turn: Turn) -> bool:
    is_theirs = turn.source not in {Source.SYSTEM, Source.ASSISTANT}
    return is_theirs and (turn.refused or any(score >= _SUSPECT for _, score in turn.scores))


def _older(segments: Sequence[Segment]) -> Iterator[int]:
    """The segments before the newest turn; before the last answer, where turns have no numbers."""
    newest = max((s.turn for s in segments), default=0)
    if any(s.turn != newest for s in segments):
        yield from (i for i, s in enumerate(segments) if s.turn < newest)
        return
    answers = [i for i, s in enumerate(segments) if s.source is Source.ASSISTANT]
    yield from range(answers[-1] if answers else 0)


def _guilty(policy: Policy, verdict: Verdict, fresh: Sequence[int]) -> list[int]:
    """The segments to blame for a refusal: new ones, if any is among those that were found.

    Nobody is to blame when nothing was found, such as after a deadline: what is said again then is
    judged anew, and not cut out for good.
    """
    found = [f for f in verdict.findings if not f.error]
    stopping = [f for f in found if policy.decision(f) is not Decision.REDACT]
    for findings in (stopping, found):
        blamed = _segments(findings)
        if blamed:
            return sorted(blamed & set(fresh)) or sorted(blamed)
    return list(fresh) if stopping else []


def _segments(findings: Iterable[Finding]) -> set[int]:
    return {span.segment for finding in findings for span in finding.spans}
