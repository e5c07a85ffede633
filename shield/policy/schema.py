"""The documents that people write: the policy and its rule files.

`shield policy schema` prints these as JSON Schema. Unknown keys are errors.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from shield.document import Document
from shield.types import Checkpoint, Decision, Severity, SkipReason, Surface

SeverityName = Literal["notice", "warning", "error", "critical"]
Positive = Annotated[int, Field(gt=0)]
Rate = Annotated[float, Field(gt=0, lt=1)]
CustomName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*$")]
RuleId = Annotated[str, Field(pattern=r"^[a-z0-9_]+/[a-z0-9-]+$")]


class Effect(StrEnum):
    """What a tool does to the world."""

    READ = "read"
    FETCH = "fetch"
    WRITE = "write"
    SEND = "send"
    SHARE = "share"
    PAY = "pay"
    DELETE = "delete"
    EXEC = "exec"
    ACCOUNT = "account"
    MEMORY = "memory"


class Role(StrEnum):
    """What an argument of a tool means."""

    RECIPIENT = "recipient"
    ACCOUNT = "account"
    OBJECT_REF = "object_ref"
    AMOUNT = "amount"
    DATE = "date"
    CONTENT = "content"
    URL = "url"
    CODE = "code"
    SECRET = "secret"
    FREE = "free"


class Limits(Document):
    """What one request may cost. Over a limit is `skipped` with reason `limit`."""

    body_bytes: Positive = 1_048_576
    response_bytes: Positive = 8_388_608
    depth: Positive = 64
    nodes: Positive = 20_000
    chars: Positive = 262_144
    deadline_ms: Positive = 5_000
    pattern_ms: Positive = 1_000
    concurrency: Positive = 8
    cache_bytes: Positive = 16_777_216
    history_turns: Positive = 64
    history_bytes: Positive = 65_536
    session_seconds: Positive = 1_800
    sessions: Positive = 20_000
    sessions_per_principal: Positive = 100


class Budget(Document):
    """The accepted false-positive rates of the whole pipeline together.

    `false_positive_rate` bounds the pooled benign hold split by its one-sided exact 95 %
    upper bound; `domain_rate` bounds each benign domain, and `near_miss_rate` each
    near-miss file, by its point estimate; `regression` is the fall of a family's
    detection against the baseline that fails an audit.
    """

    false_positive_rate: Rate = 0.02
    domain_rate: Rate = 0.04
    near_miss_rate: Rate = 0.15
    regression: Rate = 0.05


class CheckpointEntry(Document):
    """`block_at` is the sum of severities, once a rule, that blocks."""

    block_at: Positive = 5


class RuleEntry(Document):
    """What differs for one rule of a scanner."""

    decision: Decision | None = None
    level: Positive | None = None
    severity: Literal["notice", "warning", "error", "critical"] | None = None


class ScannerEntry(Document):
    """One scanner in the pipeline. A level above the policy's is shadow: reported, not counted."""

    checkpoints: tuple[Checkpoint, ...] = ()
    decision: Decision = Decision.ALLOW
    level: Positive = 1
    on_error: Decision | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    rules: dict[RuleId, RuleEntry] = Field(default_factory=dict)


class ToolEntry(Document):
    """What a tool does, and what its arguments mean."""

    effect: Effect
    roles: dict[str, Role] = Field(default_factory=dict)


class CustomModel(Document):
    """A classifier of the user's own, which the scanner `classifier` reports the labels of.

    `path` is its folder, relative to the policy file; `sha256` is of its ONNX file. `flags` are
    the labels to report and what they weigh; a label counts from `threshold`, unless the lock
    says otherwise. `size` and `overlap` are tokens. Without `task` its configuration says it.
    """

    path: str
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
    flags: Annotated[dict[str, SeverityName], Field(min_length=1)]
    task: Literal["", "sequence-classification", "token-classification"] = ""
    size: Annotated[int, Field(ge=32, le=512)] = 256
    overlap: Annotated[int, Field(ge=0, le=256)] = 32
    threshold: Rate = 0.5


class PolicyDocument(Document):
    """A policy file."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    version: str
    level: Positive = 1
    mode: Literal["enforce", "observe"] = "enforce"
    on_error: Decision = Decision.BLOCK
    on_incomplete: dict[SkipReason, Decision] = Field(default_factory=dict)
    rules: tuple[str, ...] = ()
    models: str = "models"
    limits: Limits = Limits()
    budget: Budget = Budget()
    checkpoints: dict[Checkpoint, CheckpointEntry] = Field(default_factory=dict)
    scanners: dict[str, ScannerEntry]
    tools: dict[str, ToolEntry] = Field(default_factory=dict)
    custom_models: dict[CustomName, CustomModel] = Field(default_factory=dict)


SEVERITIES: dict[str, Severity] = {s.name.lower(): s for s in Severity}


class PatternRule(Document):
    """A pattern with its own proof: each of `matches` must match, no `near_misses` may.

    `keywords` are lower-case literals of which one must occur in the text before the
    pattern is tried.
    """

    id: RuleId
    severity: SeverityName
    message: str
    tags: tuple[str, ...] = ()
    surfaces: tuple[Surface, ...] = tuple(Surface)
    level: Positive = 1
    keywords: Annotated[tuple[str, ...], Field(min_length=1)]
    pattern: str
    matches: Annotated[tuple[str, ...], Field(min_length=1)]
    near_misses: Annotated[tuple[str, ...], Field(min_length=1)]


class PhraseRule(Document):
    """A phrase of the typoglycemia lexicon: one word from each slot, in order."""

    id: RuleId
    lang: str
    slots: Annotated[tuple[str, ...], Field(min_length=2)]


class RuleFile(Document):
    """A file in `rules/`."""

    rule: tuple[PatternRule, ...] = ()
    phrase: tuple[PhraseRule, ...] = ()
