"""Whether the tools that a request offers are those that a person approved.

Detects: a tool whose name, description, schema or annotations changed since it was approved (a rug
pull); a tool that nobody approved; a name that reads like an approved one; a definition without a name.
Misses: everything where the policy names no file of approvals; a server that behaves differently and
describes itself as before.
False positives: an honest update, until somebody approves it.
Cost: a comparison of digests a tool.
References: OWASP Agentic 2026 ASI04; Invariant Labs on tool poisoning and rug pulls in MCP, 2025.
"""

from collections.abc import Iterable
from typing import ClassVar, Literal

from shield.actions.pins import Kind, Pins, check, read
from shield.document import Document
from shield.errors import PolicyError
from shield.scanners import Services
from shield.types import Checkpoint, Finding, Severity, Subject

_RULES: dict[Kind, tuple[str, Severity, str]] = {
    Kind.CHANGED: (
        "changed-tool",
        Severity.CRITICAL,
        "A tool is not described as it was when it was approved.",
    ),
    Kind.ALIKE: (
        "look-alike-tool",
        Severity.CRITICAL,
        "A tool's name reads like that of an approved one.",
    ),
    Kind.UNREADABLE: ("unreadable-tool", Severity.CRITICAL, "A tool cannot be read."),
    Kind.NEW: ("unapproved-tool", Severity.ERROR, "Nobody has approved a tool."),
}


class PinOptions(Document):
    """`lock`: the file of approvals, relative to the policy; without it nothing is compared."""

    lock: str = ""


class ToolPins:
    """See the module's docstring."""

    id: ClassVar[str] = "tool_pins"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = PinOptions

    def __init__(self, options: PinOptions, services: Services) -> None:
        self._pins: Pins | None = None
        if options.lock:
            path = services.folder / options.lock
            if not path.is_file():
                raise PolicyError(
                    "there is no file of approvals", where=path, mend="run `shield tools approve`"
                )
            self._pins = read(path)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule."""
        if self._pins is None:
            return
        kinds = dict.fromkeys(change.kind for change in check(self._pins, subject.offers))
        for kind in kinds:
            slug, severity, message = _RULES[kind]
            yield Finding(
                rule=f"tool_pins/{slug}",
                scanner=self.id,
                severity=severity,
                score=1.0,
                message=message,
                tags=("owasp:asi02",),
            )
