"""The origin of every argument of a tool call, by the tool's effect and the argument's role.

Detects: recipients, accounts, objects, addresses, code and secrets that occur only in
untrusted text or nowhere; look-alikes of known names; identifiers smuggled into content that is
sent; data put into a link; values of a record that the user did not speak of; unknown tools.
Misses: calls whose values the user could have meant (a hijack that reuses the user's own
recipient), and what an attacker writes into a text to which the user left the value.
False positives: values that a person would have confirmed, found in a mail or a bill.
Cost: each text of the conversation is read once; then microseconds a text and argument.
References: OWASP Agentic 2026 ASI01, ASI02; CaMeL (arXiv 2503.18813) for the idea of provenance.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from shield.actions.consent import agreed
from shield.actions.conversation import conversation
from shield.actions.intent import intent
from shield.actions.judged import Case, judged
from shield.actions.manifest import Tool, guessed, tool
from shield.actions.memo import Memo
from shield.document import Document
from shield.policy.schema import Positive
from shield.scanners import Services
from shield.types import Checkpoint, Finding, Severity, Subject

# Severity, and how sure it is that the call serves somebody else than the user.
_RULES: dict[str, tuple[Severity, float, str]] = {
    "look-alike": (
        Severity.CRITICAL,
        1.0,
        "A name could be mistaken for one that the user or a tool gave.",
    ),
    "untrusted-identity": (
        Severity.CRITICAL,
        0.97,
        "Who or what is addressed stands only in untrusted text.",
    ),
    "untrusted-code": (
        Severity.CRITICAL,
        0.97,
        "Code or a secret was not written by the user.",
    ),
    "carried-data": (
        Severity.CRITICAL,
        0.95,
        "A link to a host of untrusted text has data put in.",
    ),
    "untrusted-memory": (
        Severity.CRITICAL,
        0.9,
        "Untrusted text would be kept as a memory.",
    ),
    "smuggled-identifier": (
        Severity.ERROR,
        0.9,
        "Outgoing content carries an identifier that the user did not give.",
    ),
    "steered-object": (
        Severity.ERROR,
        0.9,
        "Untrusted text alone names what is acted on, and the user asked for no such thing.",
    ),
    "steered-identity": (
        Severity.ERROR,
        0.85,
        "The user asked for no such thing, and did not name who gets it.",
    ),
    "delegated-payment": (
        Severity.ERROR,
        0.85,
        "The user left an account to somebody else's text.",
    ),
    "other-than-named": (
        Severity.ERROR,
        0.85,
        "The user wrote out what another record says in the same field.",
    ),
    "outside-delegation": (
        Severity.ERROR,
        0.7,
        "The user left this to one text, and the value comes from another.",
    ),
    "unclear-delegation": (
        Severity.ERROR,
        0.7,
        "The user left this value to a text, and not clearly to this one.",
    ),
    "unstated-identity": (
        Severity.ERROR,
        0.8,
        "An address or account was never mentioned.",
    ),
    "unstated-amount": (
        Severity.ERROR,
        0.8,
        "A bill is paid, and the amount stands neither in it nor in the user's words.",
    ),
    "untrusted-amount": (
        Severity.ERROR,
        0.86,
        "An amount or date stands only in untrusted text.",
    ),
    "untrusted-date": (
        Severity.NOTICE,
        0.51,
        "An amount or date of something that is not paid stands only in untrusted text.",
    ),
    "unknown-tool": (Severity.ERROR, 0.75, "The policy does not know this tool."),
    "untrusted-object": (
        Severity.WARNING,
        0.65,
        "What is acted on stands only in untrusted text.",
    ),
    "composed-address": (
        Severity.ERROR,
        0.6,
        "An address was put together and stands nowhere.",
    ),
    "foreign-record": (
        Severity.WARNING,
        0.6,
        "Another record than the one that the user spoke of names who gets it.",
    ),
    "foreign-object": (
        Severity.WARNING,
        0.55,
        "What is acted on is of another record than the one that the user spoke of.",
    ),
    "untrusted-address": (
        Severity.NOTICE,
        0.55,
        "Only untrusted text names the address that is opened.",
    ),
    "untied-identity": (
        Severity.NOTICE,
        0.51,
        "A record that the user did not speak of names who gets it.",
    ),
    "unstated-object": (
        Severity.NOTICE,
        0.52,
        "What is addressed was never mentioned by this name.",
    ),
    "granted-payment": (
        Severity.NOTICE,
        0.5,
        "The user left this to a bill, which names it and no other.",
    ),
    "granted-code": (
        Severity.NOTICE,
        0.5,
        "The user left it to a text what is run.",
    ),
    "loose-delegation": (
        Severity.NOTICE,
        0.5,
        "The user left this value to a text, and there is only this one.",
    ),
    "delegated-value": (
        Severity.NOTICE,
        0.5,
        "The user left this value to somebody else's text.",
    ),
}


class OriginOptions(Document):
    """`memory_bytes`: what may be kept of texts that have been read, about."""

    memory_bytes: Positive = 33_554_432


class ToolOrigin:
    """See the module's docstring."""

    id: ClassVar[str] = "tool_origin"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.ACTION})
    models: ClassVar[tuple[str, ...]] = ()
    Options = OriginOptions

    def __init__(self, options: OriginOptions, services: Services) -> None:
        self._tools = services.tools
        self._memo = Memo(options.memory_bytes)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule."""
        if subject.call is None:
            return
        manifest = tool(subject.call.name, self._tools)
        found = [] if manifest else ["unknown-tool"]
        manifest = manifest or guessed(subject.call.name)
        if not manifest.reads:
            case = self._case(subject, manifest)
            for argument in subject.call.arguments:
                found += judged(case, argument)
        for rule in dict.fromkeys(found):
            yield _finding(rule)

    def _case(self, subject: Subject, manifest: Tool) -> Case:
        known = conversation(subject, self._tools, self._memo)
        wanted = intent(subject.intent, agreed(subject.history), self._memo)
        asked = wanted.asks(manifest.effect)
        return Case(manifest, known, wanted, asked, bool(subject.steps))


def _finding(rule: str) -> Finding:
    severity, score, message = _RULES[rule]
    return Finding(
        rule=f"tool_origin/{rule}",
        scanner=ToolOrigin.id,
        severity=severity,
        score=score,
        message=message,
        tags=("owasp:asi01", "owasp:asi02"),
    )
