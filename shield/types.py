"""The nouns: every value that crosses a room's border. All are frozen.

Nothing here carries traffic text except `Segment`, `Argument`, `ToolCall`, `View`,
`Subject` and `Outcome`; findings and verdicts hold offsets and constants only.
"""

from enum import IntEnum, StrEnum

from msgspec import Struct

from shield.view import View


class Checkpoint(StrEnum):
    """Where a verdict is due."""

    INPUT = "input"
    ACTION = "action"
    OUTPUT = "output"


class Decision(StrEnum):
    """What shall happen, from permissive to strict."""

    ALLOW = "allow"
    REDACT = "redact"
    QUARANTINE = "quarantine"
    ESCALATE = "escalate"
    BLOCK = "block"

    @property
    def rank(self) -> int:
        """Position in the order, 0 for `ALLOW`."""
        return _RANKS[self]


_RANKS = {decision: rank for rank, decision in enumerate(Decision)}


def strictest(*decisions: Decision) -> Decision:
    """The strictest of the given decisions; `ALLOW` when there is none."""
    return max(decisions, key=_RANKS.__getitem__, default=Decision.ALLOW)


class Severity(IntEnum):
    """Impact of what was found. Never multiplied with a score."""

    NOTICE = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5


class Source(StrEnum):
    """The position in the transport that a text came from, most trusted first."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"
    DOCUMENT = "document"


class Surface(StrEnum):
    """What a threshold is calibrated for: who could have written the text."""

    USER = "user"
    DATA = "data"
    ANSWER = "answer"


class Integrity(IntEnum):
    """How far a value may be believed; joins take the minimum."""

    UNTRUSTED = 0
    EXTRACTED = 1
    TOOL_AUTH = 2
    USER = 3


class Capacity(IntEnum):
    """How much a value can say; joins take the maximum."""

    FLAG = 0
    NUMBER = 1
    ID = 2
    SHORT_TEXT = 3
    TEXT = 4


class Origin(Struct, frozen=True):
    """Where a value came from: the position, a tool name or document URI, a path in it."""

    source: Source
    name: str = ""
    path: str = ""


class Label(Struct, frozen=True):
    """Provenance of a value. `readers` None means public."""

    integrity: Integrity
    origins: frozenset[Origin]
    readers: frozenset[str] | None = None
    capacity: Capacity = Capacity.TEXT


class Caller(Struct, frozen=True):
    """Who the exchange acts for."""

    tenant: str = ""
    principal: str = ""
    session: str = ""
    feature: str = ""


class Segment(Struct, frozen=True):
    """A piece of labelled text with its JSON Pointer in the message it came from."""

    text: str
    label: Label
    path: str = ""
    turn: int = 0

    @property
    def source(self) -> Source:
        """The least trusted position among the label's origins."""
        return max((o.source for o in self.label.origins), key=_EXPOSURE.__getitem__)

    @property
    def surface(self) -> Surface:
        """The surface whose thresholds apply."""
        return _SURFACES[self.source]


_EXPOSURE = {source: rank for rank, source in enumerate(Source)}
_SURFACES = {
    Source.SYSTEM: Surface.USER,
    Source.USER: Surface.USER,
    Source.ASSISTANT: Surface.ANSWER,
    Source.TOOL: Surface.DATA,
    Source.DOCUMENT: Surface.DATA,
}

Scalar = str | int | float | bool | None


class Argument(Struct, frozen=True):
    """One leaf of a tool call's arguments; `path` is its JSON Pointer."""

    path: str
    value: Scalar
    label: Label


class ToolCall(Struct, frozen=True):
    """A proposed tool call."""

    id: str
    name: str
    arguments: tuple[Argument, ...] = ()


class Turn(Struct, frozen=True):
    """What a session remembers of a past turn: no text."""

    digest: str
    decision: Decision
    families: tuple[str, ...] = ()


class Subject(Struct, frozen=True):
    """What one checkpoint is asked to judge.

    `views` runs parallel to `segments`; those of a segment that every segment-scoped scanner
    has seen before are left out.
    """

    checkpoint: Checkpoint
    segments: tuple[Segment, ...] = ()
    call: ToolCall | None = None
    intent: tuple[Segment, ...] = ()
    history: tuple[Segment, ...] = ()
    trail: tuple[Turn, ...] = ()
    views: tuple[tuple[View, ...], ...] = ()


class Span(Struct, frozen=True, order=True):
    """A half-open range of characters in `Subject.segments[segment]`."""

    segment: int
    start: int
    end: int


class Finding(Struct, frozen=True):
    """What a scanner reports. `message` is a constant of the rule; there is no text."""

    rule: str
    scanner: str
    severity: Severity
    score: float
    message: str
    spans: tuple[Span, ...] = ()
    tags: tuple[str, ...] = ()
    surface: Surface | None = None
    error: bool = False


class Edit(Struct, frozen=True):
    """A cut to make: the source range at `path` is replaced by a placeholder of `kind`."""

    path: str
    span: Span
    kind: str


class SkipReason(StrEnum):
    """Why something was not looked at."""

    LIMIT = "limit"
    DEADLINE = "deadline"
    UNDECODABLE = "undecodable"
    UNKNOWN_CONTENT_TYPE = "unknown_content_type"
    MEDIA = "media"


class Skip(Struct, frozen=True):
    """Something that was not looked at, and why."""

    path: str
    reason: SkipReason


class Coverage(Struct, frozen=True):
    """The receipt: what was really looked at.

    `segments` and `chars` count all that was judged; `tokens` and `views` what was read
    anew, which is less when a client resends its history.
    """

    segments: int = 0
    chars: int = 0
    tokens: int = 0
    views: int = 0
    skipped: tuple[Skip, ...] = ()


class Verdict(Struct, frozen=True):
    """The judged result of one checkpoint.

    `findings` are those that counted, `shadow` those that would have at a stricter
    level. `score` is the sum of severities, once a rule. `enforced` is False when
    the policy only observes.
    """

    id: str
    checkpoint: Checkpoint
    decision: Decision
    enforced: bool
    score: int
    findings: tuple[Finding, ...]
    shadow: tuple[Finding, ...]
    edits: tuple[Edit, ...]
    coverage: Coverage
    policy: str
    elapsed_ms: float


class Outcome(Struct, frozen=True):
    """A verdict and the segments after redaction."""

    verdict: Verdict
    segments: tuple[Segment, ...] = ()

    @property
    def decision(self) -> Decision:
        """The decision to carry out: `ALLOW` when the policy only observes."""
        return self.verdict.decision if self.verdict.enforced else Decision.ALLOW

    @property
    def passes(self) -> bool:
        """True when the (possibly redacted) segments may go on."""
        return self.decision.rank <= Decision.REDACT.rank
