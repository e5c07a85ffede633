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
        if len(self.label.origins) == 1:  # nearly always, and asked for every resent segment
            return next(iter(self.label.origins)).source
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
    """What a session remembers of a past turn: no text.

    `scores` are the highest of each scanner that reads segments alone, by its name; `signs`
    are constants that say what kind of turn it was (`REFUSAL`: the assistant declined).
    """

    digest: str
    decision: Decision
    families: tuple[str, ...] = ()
    source: Source = Source.USER
    scores: tuple[tuple[str, float], ...] = ()
    signs: tuple[str, ...] = ()

    @property
    def refused(self) -> bool:
        """True when the turn did not pass."""
        return self.decision.rank > Decision.REDACT.rank


REFUSAL = "refusal"


class Step(Struct, frozen=True):
    """What a session remembers of an earlier tool call: no text.

    `digest` names the exact call; `values` are digests of whom or what it was about; `amount` is
    the sum of its amounts. `led` is 2 when some argument was the user's own words, 1 when
    it lies in a folder that they named.
    """

    name: str
    digest: str
    decision: Decision = Decision.ALLOW
    id: str = ""
    values: tuple[str, ...] = ()
    amount: float = 0.0
    led: int = 0

    @property
    def refused(self) -> bool:
        """True when the call did not pass."""
        return self.decision.rank > Decision.REDACT.rank


class Offer(Struct, frozen=True):
    """A tool that a request offers to the model: its name, and digests of what is said of it."""

    name: str
    parts: dict[str, str]


class Note(Struct, frozen=True):
    """What a scanner notes of one segment, to be read with others: a kind and a range of
    characters, never text.
    """

    kind: str
    start: int
    end: int


class Joined(Struct, frozen=True):
    """Pieces of texts read as one, for scanners that judge a text alone.

    `bounds` are the offsets of the text at which its pieces begin; `spans` where each stands in
    the subject's segments (None: in the past), `turns` how many of the user's turns ago, and
    `fresh` whether it was never judged before. `anchor` is the newest fresh piece.
    """

    segment: Segment
    bounds: tuple[int, ...]
    spans: "tuple[Span | None, ...]"
    turns: tuple[int | None, ...]
    fresh: tuple[bool, ...]
    anchor: "Span"


class Subject(Struct, frozen=True):
    """What one checkpoint is asked to judge.

    `views` and `digests` (SHA-256, hexadecimal) run parallel to `segments`; the views of a
    segment that every segment-scoped scanner has seen before are left out. `known` are the
    segments that this session has judged and let pass in an earlier exchange. `notes` are
    those of the scanner that is asked, one tuple for each of `history` and then of `segments`.
    `tries` are the principal's suspicious turns of all sessions, oldest first. At the action
    checkpoint `history` is the whole conversation in order, and `steps` are the earlier calls.
    `offers` are the tools that the request offers to the model. `partial`: the segments are a stretch
    or the beginning of an answer that is still being written. `chosen` are the segments that a scanner
    which chooses has chosen.
    """

    checkpoint: Checkpoint
    segments: tuple[Segment, ...] = ()
    call: ToolCall | None = None
    intent: tuple[Segment, ...] = ()
    history: tuple[Segment, ...] = ()
    trail: tuple[Turn, ...] = ()
    views: tuple[tuple[View, ...], ...] = ()
    known: frozenset[int] = frozenset()
    digests: tuple[str, ...] = ()
    notes: tuple[tuple[Note, ...], ...] = ()
    tries: tuple[Turn, ...] = ()
    steps: tuple[Step, ...] = ()
    offers: tuple[Offer, ...] = ()
    partial: bool = False
    chosen: frozenset[int] = frozenset()


class Span(Struct, frozen=True, order=True):
    """A half-open range of characters in `Subject.segments[segment]`."""

    segment: int
    start: int
    end: int


class Finding(Struct, frozen=True):
    """What a scanner reports. `message` is a constant of the rule; there is no text.

    `turns` are the user's turns that it rests on, counted back from the newest, which is 0:
    they may lie in a session's memory, where no span reaches.
    """

    rule: str
    scanner: str
    severity: Severity
    score: float
    message: str
    spans: tuple[Span, ...] = ()
    tags: tuple[str, ...] = ()
    surface: Surface | None = None
    error: bool = False
    turns: tuple[int, ...] = ()


class EditForm(StrEnum):
    """What stands in place of a cut, the least telling last.

    `mask` leaves a few characters at the end, `tokenise` a name under which the owner's value is
    kept, `placeholder` the kind alone.
    """

    MASK = "mask"
    TOKENISE = "tokenise"
    PLACEHOLDER = "placeholder"


class Edit(Struct, frozen=True):
    """A cut to make: the source range at `path` is replaced by a placeholder of `kind`."""

    path: str
    span: Span
    kind: str
    form: EditForm = EditForm.PLACEHOLDER


class Retraction(Struct, frozen=True, order=True):
    """Characters [start, end) of a lane of an answer that have left, and are to be taken back.

    `in_place` is the placeholder that takes their place.
    """

    lane: str
    start: int
    end: int
    in_place: str = ""


class SkipReason(StrEnum):
    """Why something was not looked at.

    `SERVER_STATE`: it lies with the provider, such as an earlier response. `SWITCHED_OFF`: an
    operator has switched judging off.
    """

    LIMIT = "limit"
    DEADLINE = "deadline"
    UNDECODABLE = "undecodable"
    UNKNOWN_CONTENT_TYPE = "unknown_content_type"
    MEDIA = "media"
    SERVER_STATE = "server_state"
    SWITCHED_OFF = "switched_off"


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
    the policy only observes. `escalation` is the id of the question to a person, if there is one.
    `gate` is how a streamed answer left: `hold`, `buffer`, or `async`, which is weaker; empty for what
    was judged whole.
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
    escalation: str = ""
    gate: str = ""


class Outcome(Struct, frozen=True):
    """A verdict and the segments after redaction.

    `answer` is what the policy answers in place of the model; empty where it leaves that to it.
    """

    verdict: Verdict
    segments: tuple[Segment, ...] = ()
    answer: str = ""

    @property
    def decision(self) -> Decision:
        """The decision to carry out: `ALLOW` when the policy only observes."""
        return self.verdict.decision if self.verdict.enforced else Decision.ALLOW

    @property
    def passes(self) -> bool:
        """True when the (possibly redacted) segments may go on: no fixed answer takes their place."""
        return self.decision.rank <= Decision.REDACT.rank and not self.answer
