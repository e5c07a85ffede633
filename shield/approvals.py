"""A verdict that asks a person, and the approval that lets exactly the same thing pass once."""

import hashlib
import hmac
from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from shield.actions.conversation import conversation
from shield.actions.manifest import guessed, tool
from shield.actions.shown import question, quotation
from shield.actions.steps import digest
from shield.errors import StoreError
from shield.memory.escalations import EscalationStore, Question
from shield.policy.load import Policy
from shield.types import Decision, Finding, Severity, Subject, ToolCall, Verdict

_APPROVED = Finding(
    rule="escalation/approved",
    scanner="escalation",
    severity=Severity.NOTICE,
    score=1.0,
    message="A person approved exactly this, once.",
)
_UNASKED = Finding(
    rule="escalation/unavailable",
    scanner="escalation",
    severity=Severity.ERROR,
    score=1.0,
    message="The store of questions failed: nobody could be asked, and no approval be found.",
    error=True,
)


class Desk(Struct, frozen=True):
    """Where the questions of one caller go. `key` keeps what is approved from being guessed."""

    store: EscalationStore
    key: bytes
    owner: str
    session: str


def settled(verdict: Verdict, subject: Subject, policy: Policy, desk: Desk) -> Verdict:
    """The verdict, passed when a person has approved it, else with the id of the question.

    Only `escalate` can be approved; a block stays one. Without a principal there is nobody whose
    approval it would be. When nobody can be asked, because the store fails, it becomes a block.
    """
    if verdict.decision is not Decision.ESCALATE or not verdict.enforced or not desk.owner:
        return verdict
    rules = tuple(sorted({f.rule for f in verdict.findings}))
    named = _digest(desk.key, subject)
    asked = Question(desk.owner, desk.session, verdict.checkpoint, named, "", rules)
    try:
        if desk.store.take(asked):
            passed = (*verdict.findings, _APPROVED)
            decision = Decision.REDACT if verdict.edits else Decision.ALLOW
            return replace(verdict, decision=decision, findings=passed)
        made = desk.store.ask(replace(asked, shown=_shown(subject, policy)))
    except StoreError:
        failed = (*verdict.findings, _UNASKED)
        return replace(verdict, decision=Decision.BLOCK, findings=failed)
    return replace(verdict, escalation=made.id)


def _digest(key: bytes, subject: Subject) -> str:
    """Names the exact call, or the exact texts."""
    made = hmac.new(key, subject.checkpoint.encode(), hashlib.sha256)
    parts: Iterable[str] = (s.text for s in subject.segments)
    for part in (digest(subject.call),) if subject.call else parts:
        raw = part.encode("utf-8", "surrogatepass")
        made.update(len(raw).to_bytes(8, "big") + raw)
    return made.hexdigest()


def _shown(subject: Subject, policy: Policy) -> str:
    if subject.call is None:
        return quotation(s.text for s in subject.segments)
    return _about(subject.call, subject, policy)


def _about(call: ToolCall, subject: Subject, policy: Policy) -> str:
    tools = policy.document.tools
    manifest = tool(call.name, tools) or guessed(call.name)
    return question(call, manifest, conversation(subject, tools))
