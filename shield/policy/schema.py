"""The documents that people write: the policy and its rule files.

`shield policy schema` prints these as JSON Schema. Unknown keys are errors.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from shield.document import Document
from shield.types import Checkpoint, Decision, EditForm, Severity, SkipReason, Surface

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
    trail_turns: Positive = 256
    session_seconds: Positive = 1_800
    session_bytes: Positive = 67_108_864
    sessions: Positive = 20_000
    sessions_per_principal: Positive = 100
    vault_seconds: Positive = 1_800
    vault_entries: Positive = 1_000
    vault_bytes: Positive = 16_777_216


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
    """What differs for one rule of a scanner.

    `answer` is said in place of the model when a finding of the rule counts and nothing decides
    more strictly than it.
    """

    decision: Decision | None = None
    level: Positive | None = None
    severity: SeverityName | None = None
    edit: EditForm | None = None
    spare_own: bool | None = None
    answer: Annotated[str, Field(max_length=2_000)] = ""


class ScannerEntry(Document):
    """One scanner in the pipeline. A level above the policy's is shadow: reported, not counted.

    `at_most` is the most that a finding of it weighs, so that it needs another beside it. `edit` is
    what a redaction leaves in place of what was found in a request; in answers it is always a
    placeholder. `spare_own` lets the personal data pass that the principal wrote.
    """

    checkpoints: tuple[Checkpoint, ...] = ()
    decision: Decision = Decision.ALLOW
    level: Positive = 1
    at_most: SeverityName | None = None
    on_error: Decision | None = None
    edit: EditForm = EditForm.PLACEHOLDER
    spare_own: bool = False
    options: dict[str, Any] = Field(default_factory=dict)
    rules: dict[RuleId, RuleEntry] = Field(default_factory=dict)


class ToolCaps(Document):
    """The most that one session may do with a tool before a person is asked.

    `amount` is the largest number in an argument of role `amount`, `total` their sum over the
    session's calls, `calls` how many of them.
    """

    amount: Annotated[float, Field(gt=0)] | None = None
    total: Annotated[float, Field(gt=0)] | None = None
    calls: Positive | None = None


class ToolEntry(Document):
    """What a tool does, what its arguments mean, and how far its result can be believed.

    `server` names who offers the tool; `private`: its result is not for everybody.
    `authoritative` are the only fields of a structured result that say what is so; without it all
    short fields do that are no prose, unless the tool fetches or reads out a document. `third_party`
    are fields that anybody may have written, such as a display name.
    """

    effect: Effect
    roles: dict[str, Role] = Field(default_factory=dict)
    server: str = ""
    private: bool = False
    authoritative: tuple[str, ...] | None = None
    third_party: tuple[str, ...] = ()
    caps: ToolCaps = ToolCaps()


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


class DualEntry(Document):
    """The Dual-LLM controller in the mount: `handles` hides untrusted text from the model that has tools,
    `plan` has a controller run the whole exchange.
    """

    mode: Literal["off", "handles", "plan"] = "off"


class PolicyDocument(Document):
    """A policy file.

    `on_store_failure` is what becomes of a request whose session cannot be read or kept; `allow`
    judges it without its session, and counts it.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    version: str
    level: Positive = 1
    mode: Literal["enforce", "observe"] = "enforce"
    on_error: Decision = Decision.BLOCK
    on_store_failure: Literal[Decision.BLOCK, Decision.ALLOW] = Decision.BLOCK
    on_incomplete: dict[SkipReason, Decision] = Field(default_factory=dict)
    rules: tuple[str, ...] = ()
    models: str = "models"
    limits: Limits = Limits()
    budget: Budget = Budget()
    checkpoints: dict[Checkpoint, CheckpointEntry] = Field(default_factory=dict)
    scanners: dict[str, ScannerEntry]
    tools: dict[str, ToolEntry] = Field(default_factory=dict)
    custom_models: dict[CustomName, CustomModel] = Field(default_factory=dict)
    dual: DualEntry = DualEntry()

    @field_validator("scanners")
    @classmethod
    def _only_data_is_owned(cls, value: dict[str, ScannerEntry]) -> dict[str, ScannerEntry]:
        for name, entry in value.items():
            spared = entry.spare_own or any(rule.spare_own for rule in entry.rules.values())
            if spared and name != "pii":
                raise ValueError(f"{name}: only personal data, of pii, can be spared as one's own")
        return value


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
    """A phrase of the typoglycemia lexicon: one word from each slot, in order.

    Any word of `unless`, in it or shortly before it, makes it an honest one.
    """

    id: RuleId
    lang: str
    slots: Annotated[tuple[str, ...], Field(min_length=2)]
    unless: str = ""


class RuleFile(Document):
    """A file in `rules/`."""

    rule: tuple[PatternRule, ...] = ()
    phrase: tuple[PhraseRule, ...] = ()
