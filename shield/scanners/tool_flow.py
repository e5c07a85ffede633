"""Whether the user asked for what a call does, and what the session's calls add up to.

Detects: effects that nobody asked for, once somebody else's words were read; sending and then deleting; data of others that goes out;
repeated and split payments; caps; loops; one server's result naming another server's tool.
Misses: effects that the user asked for, done to the wrong thing (`tool_origin` looks at that); requests in
languages that no table of verbs knows, which count as unclear.
False positives: steps that an assistant takes on its own account to do what was asked.
Cost: one look at the user's words and at each earlier call.
References: OWASP Agentic 2026 ASI01, ASI02, ASI06; Invariant's flow rules for the idea; Simon Willison's lethal
trifecta.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from msgspec.structs import replace

from shield.actions.consent import agreed
from shield.actions.flow import Flow, flow
from shield.actions.intent import Asked, intent
from shield.actions.manifest import IDENTITY, Tool, guessed, tool
from shield.actions.memo import Memo
from shield.actions.steps import step
from shield.document import Document
from shield.policy.schema import Effect, Positive
from shield.scanners import Services
from shield.types import Argument, Checkpoint, Decision, Finding, Severity, Source, Subject

# Not code and accounts: whoever asks for anything may need a command or a login on the way.
_GRAVE = frozenset({Effect.PAY, Effect.DELETE, Effect.SHARE, Effect.SEND})
_RULES: dict[str, tuple[Severity, float, str]] = {
    "hidden-traces": (
        Severity.CRITICAL,
        0.95,
        "Something went out, and a deletion that nobody asked for follows.",
    ),
    "other-server": (
        Severity.ERROR,
        0.85,
        "A result of one server speaks of this tool of another.",
    ),
    "over-cap": (Severity.ERROR, 1.0, "A cap of the tool's manifest is exceeded."),
    "unasked-grave": (
        Severity.ERROR,
        0.88,
        "Nobody asked to pay, delete, share or send, and somebody else's words were read.",
    ),
    "unasked-effect": (
        Severity.WARNING,
        0.6,
        "Nobody asked for such an effect, and somebody else's words were read.",
    ),
    "named-by-data": (
        Severity.WARNING,
        0.6,
        "Somebody else's words speak of this tool by its name.",
    ),
    "trifecta": (
        Severity.WARNING,
        0.55,
        "Private data and somebody else's words were read, and something goes out.",
    ),
    "repeated-payment": (
        Severity.WARNING,
        0.55,
        "Who gets this money has been paid in this session.",
    ),
    "refused-often": (
        Severity.WARNING,
        0.55,
        "Several calls of this session were refused; this may be a way around.",
    ),
    "loop": (Severity.NOTICE, 0.5, "The same call again and again."),
}


class FlowOptions(Document):
    """`repeats`: identical calls that make a loop; `refusals`: refused calls from which one looks closer;
    `memory_bytes`: what may be kept of texts that have been read, about.
    """

    memory_bytes: Positive = 16_777_216
    repeats: Positive = 4
    refusals: Positive = 3


class ToolFlow:
    """See the module's docstring."""

    id: ClassVar[str] = "tool_flow"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.ACTION})
    models: ClassVar[tuple[str, ...]] = ()
    Options = FlowOptions

    def __init__(self, options: FlowOptions, services: Services) -> None:
        self._options, self._tools = options, services.tools
        self._memo = Memo(options.memory_bytes)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule."""
        if subject.call is None:
            return
        call = subject.call
        manifest = tool(call.name, self._tools) or guessed(call.name)
        spoken = [s for s in subject.intent if s.source is Source.USER]
        now = step(call, manifest, spoken, Decision.ALLOW)
        seen = flow(now, manifest, subject.steps, subject.history, self._tools)
        asked = intent(subject.intent, agreed(subject.history), self._memo).asks(manifest.effect)
        party = replace(call, arguments=tuple(a for a in call.arguments if _names(manifest, a)))
        named = step(party, manifest, spoken, Decision.ALLOW).led > 1
        unasked = () if named else _unasked(seen, asked)
        for rule in dict.fromkeys((*self._sequence(seen, asked), *unasked)):
            yield _finding(rule)

    def _sequence(self, seen: Flow, asked: Asked) -> Iterator[str]:
        if seen.over_caps():
            yield "over-cap"
        if seen.same() >= self._options.repeats:
            yield "loop"
        if seen.tool.reads:
            return
        if seen.hides() and asked is not Asked.ASKED:
            yield "hidden-traces"
        if seen.tool.effect is Effect.PAY and seen.paid():
            yield "repeated-payment"
        if seen.refused >= self._options.refusals:
            yield "refused-often"
        if seen.leaves and seen.reads_private and seen.reads_untrusted and not seen.now.led:
            yield "trifecta"
        servers = seen.named_by(self._tools, self._memo)
        if servers:
            yield "named-by-data"
        if seen.tool.server and any(s and s != seen.tool.server for s in servers):
            yield "other-server"


def _names(of: Tool, argument: Argument) -> bool:
    return of.role(argument.path) in IDENTITY


def _unasked(seen: Flow, asked: Asked) -> Iterator[str]:
    if asked is not Asked.UNASKED or not seen.reads_untrusted:
        return
    yield "unasked-grave" if seen.tool.effect in _GRAVE else "unasked-effect"


def _finding(rule: str) -> Finding:
    severity, score, message = _RULES[rule]
    return Finding(
        rule=f"tool_flow/{rule}",
        scanner=ToolFlow.id,
        severity=severity,
        score=score,
        message=message,
        tags=("owasp:asi01", "owasp:asi02"),
    )
