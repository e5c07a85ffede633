"""The origin of every argument of a tool call, by the tool's effect and the argument's role.

Detects: recipients, accounts, objects, addresses, code and secrets that occur only in
untrusted text or nowhere; identifiers smuggled into content that is sent; unknown tools.
Misses: calls whose values the user could have meant (a hijack that reuses the user's own
recipient), and effects that the user did not ask for; see `docs/limits.md`.
False positives: values that a person would have confirmed, found in a mail or a bill.
Cost: one folding of the conversation a call.
References: OWASP Agentic 2026 ASI01, ASI02; CaMeL (arXiv 2503.18813) for the idea of provenance.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from shield.actions.consent import agreed
from shield.actions.delegation import delegated
from shield.actions.manifest import IDENTITY, Tool, tool
from shield.actions.provenance import Index, Provenance, identifiers, index
from shield.policy.schema import Effect, Role
from shield.scanners import NoOptions, Services
from shield.types import Argument, Checkpoint, Finding, Severity, Subject

_MIN_DIGITS = 6
_OUTGOING = frozenset({Effect.SEND, Effect.SHARE, Effect.PAY, Effect.WRITE, Effect.MEMORY})
_RULES: dict[str, tuple[Severity, str]] = {
    "unknown-tool": (Severity.ERROR, "The policy does not know this tool."),
    "untrusted-identity": (
        Severity.CRITICAL,
        "Who or what is addressed stands only in untrusted text.",
    ),
    "delegated-value": (
        Severity.NOTICE,
        "The user left this value to somebody else's text.",
    ),
    "unstated-identity": (Severity.ERROR, "An address or account was never mentioned."),
    "untrusted-object": (Severity.WARNING, "What is acted on stands only in untrusted text."),
    "unstated-object": (Severity.NOTICE, "What is addressed was never mentioned by this name."),
    "untrusted-code": (Severity.CRITICAL, "Code or a secret was not written by the user."),
    "untrusted-amount": (Severity.ERROR, "An amount or date stands only in untrusted text."),
    "composed-address": (Severity.ERROR, "An address was put together and stands nowhere."),
    "smuggled-identifier": (
        Severity.ERROR,
        "Outgoing content carries an identifier that the user did not give.",
    ),
    "untrusted-memory": (Severity.CRITICAL, "Untrusted text would be kept as a memory."),
}
# What words like "to the address in her mail" grant; code, links and content they do not.
_GRANTED = frozenset({"untrusted-identity", "untrusted-object", "untrusted-amount"})
_ORIGINS: dict[tuple[Role, Provenance], str] = {
    **{(role, Provenance.TEXT): "untrusted-identity" for role in IDENTITY},
    (Role.OBJECT_REF, Provenance.TEXT): "untrusted-object",
    **{(role, Provenance.NONE): "unstated-identity" for role in IDENTITY},
    (Role.CODE, Provenance.LEAF): "untrusted-code",
    (Role.CODE, Provenance.TEXT): "untrusted-code",
    **{(Role.SECRET, origin): "untrusted-code" for origin in set(Provenance) - {Provenance.USER}},
    (Role.AMOUNT, Provenance.TEXT): "untrusted-amount",
    (Role.DATE, Provenance.TEXT): "untrusted-amount",
    (Role.URL, Provenance.NONE): "composed-address",
}


class ToolOrigin:
    """See the module's docstring."""

    id: ClassVar[str] = "tool_origin"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.ACTION})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        self._tools = services.tools

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule and argument."""
        if subject.call is None:
            return
        manifest = tool(subject.call.name, self._tools)
        if manifest is None:
            yield _finding("unknown-tool")
            return
        if manifest.reads:
            return
        known = index((*subject.intent, *subject.history), agreed(subject.history))
        # Money does not come back: a person looks at it, whatever was granted.
        grants = manifest.effect is not Effect.PAY and delegated(subject.intent)
        for argument in subject.call.arguments:
            for rule in _judged(manifest, argument, known):
                yield _finding("delegated-value" if grants and rule in _GRANTED else rule)


def _judged(manifest: Tool, argument: Argument, known: Index) -> Iterator[str]:
    role, origin = manifest.role(argument.path), known.of(argument.value)
    if rule := _ORIGINS.get((role, origin)):
        yield _softened(rule, argument)
    elif role is Role.CONTENT and manifest.effect in _OUTGOING:
        yield from _content(manifest, str(argument.value), origin, known)


def _softened(rule: str, argument: Argument) -> str:
    """Names, paths and channels are often composed; a concrete address or account is not."""
    value = str(argument.value)
    concrete = identifiers(value) or sum(map(str.isdigit, value)) >= _MIN_DIGITS
    return "unstated-object" if rule == "unstated-identity" and not concrete else rule


def _content(manifest: Tool, text: str, origin: Provenance, known: Index) -> Iterator[str]:
    if manifest.effect is Effect.MEMORY and origin in {Provenance.TEXT, Provenance.LEAF}:
        yield "untrusted-memory"
    for identifier in identifiers(text):
        if known.of(identifier) in {Provenance.TEXT, Provenance.NONE}:
            yield "smuggled-identifier"
            return


def _finding(rule: str) -> Finding:
    severity, message = _RULES[rule]
    return Finding(
        rule=f"tool_origin/{rule}",
        scanner=ToolOrigin.id,
        severity=severity,
        score=1.0,
        message=message,
        tags=("owasp:asi01", "owasp:asi02"),
    )
