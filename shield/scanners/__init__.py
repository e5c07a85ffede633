"""The scanners: detectors that report findings and know nothing of thresholds or decisions.

`SCANNERS` is the explicit table. Third parties add theirs by the entry-point group
`shield.scanners`; only names that a policy uses are imported.
"""

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from msgspec import Struct

from shield.document import Document
from shield.inference.engine import Engine
from shield.policy.schema import CustomModel, PatternRule, PhraseRule, ToolEntry
from shield.remote.client import Client
from shield.text.patterns import PatternSet
from shield.types import Checkpoint, Finding, Joined, Note, Segment, Subject

SCANNERS: dict[str, str] = {
    "banned_phrases": "shield.scanners.banned_phrases:BannedPhrases",
    "citations": "shield.scanners.citations:Citations",
    "classifier": "shield.scanners.classifier:Classifier",
    "code": "shield.scanners.code:Code",
    "dialogue": "shield.scanners.dialogue:Dialogue",
    "exfiltration": "shield.scanners.exfiltration:Exfiltration",
    "gibberish": "shield.scanners.gibberish:Gibberish",
    "grounding": "shield.scanners.grounding:Grounding",
    "harm": "shield.scanners.harm:Harm",
    "hidden_text": "shield.scanners.hidden_text:HiddenText",
    "injection": "shield.scanners.injection:Injection",
    "injection_ngram": "shield.scanners.injection_ngram:InjectionNgram",
    "injection_patterns": "shield.scanners.injection_patterns:InjectionPatterns",
    "judge": "shield.scanners.judge:Judge",
    "language": "shield.scanners.language:Language",
    "pii": "shield.scanners.pii:Pii",
    "prompt_leak": "shield.scanners.prompt_leak:PromptLeak",
    "refusal": "shield.scanners.refusal:Refusal",
    "relevance": "shield.scanners.relevance:Relevance",
    "schema": "shield.scanners.schema:Schema",
    "secrets": "shield.scanners.secrets:Secrets",
    "size": "shield.scanners.size:Size",
    "split_payload": "shield.scanners.split_payload:SplitPayload",
    "tool_flow": "shield.scanners.tool_flow:ToolFlow",
    "tool_origin": "shield.scanners.tool_origin:ToolOrigin",
    "tool_pins": "shield.scanners.tool_pins:ToolPins",
    "topic": "shield.scanners.topic:Topic",
    "trajectory": "shield.scanners.trajectory:Trajectory",
    "typoglycemia": "shield.scanners.typoglycemia:Typoglycemia",
    "urls": "shield.scanners.urls:Urls",
}


class Services(Struct, frozen=True):
    """What scanners may use: the policy's rules, tools and models, the folder that its paths are
    relative to, the inference engine, and the way to remote models (`connect`, for tier 2 alone).
    """

    rules: tuple[PatternRule, ...]
    patterns: PatternSet
    phrases: tuple[PhraseRule, ...]
    tools: dict[str, ToolEntry]
    pattern_seconds: float
    engine: Engine | None = None
    custom: dict[str, CustomModel] = {}
    folder: Path = Path()
    connect: Callable[..., Client] = Client


class Scanner(Protocol):
    """One detector. Built once, called from many threads, keeps no state.

    `scope` is `segment` when each segment can be judged alone (and its findings kept
    for when it is sent again), `subject` when the whole message or the history matters.
    `reach` is the characters of context that a match needs; None means the whole message.
    `models` names the graphs it always asks the engine for; options may name more (`NamesGraphs`).
    """

    id: ClassVar[str]
    tier: ClassVar[int]
    scope: ClassVar[Literal["segment", "subject"]]
    reach: ClassVar[int | None]
    checkpoints: ClassVar[frozenset[Checkpoint]]
    models: ClassVar[tuple[str, ...]]
    Options: ClassVar[type[Document]]

    def __init__(self, options: Any, services: Services) -> None: ...

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """Report what `subject` holds."""


@runtime_checkable
class TakesNotes(Protocol):
    """A scanner of the whole message that reads each segment once: what it notes of a segment
    comes back in `Subject.notes` whenever the segment is sent again.
    """

    def note(self, segment: Segment) -> Iterable[Note]:
        """What to know of a segment when it is read with others."""


@runtime_checkable
class JoinsPieces(Protocol):
    """A scanner that knows which pieces of a message, and of its history, may belong together.

    What they read as is shown to the scanners that judge a text alone.
    """

    def joined(self, subject: Subject) -> Iterable[Joined]:
        """Texts that new pieces have a part in."""


@runtime_checkable
class Chooses(Protocol):
    """A scanner of a late tier that looks only at what earlier tiers leave open: the segments that it
    has chosen come back in `Subject.chosen`, and it is not asked when there are none.
    """

    def chosen(self, subject: Subject, found: Sequence[Finding]) -> frozenset[int]:
        """The numbers of the segments to look at, after what earlier tiers found."""


@runtime_checkable
class NamesGraphs(Protocol):
    """Options that decide which graphs their scanner asks the engine for."""

    def graphs(self) -> tuple[str, ...]:
        """Names of model folders."""


def graphs(kind: type[Scanner], options: Document) -> frozenset[str]:
    """The graphs that a scanner with these options asks the engine for."""
    named = options.graphs() if isinstance(options, NamesGraphs) else ()
    return frozenset((*kind.models, *named))


class NoOptions(Document):
    """For scanners that have none."""


def scanner_class(name: str) -> type[Scanner] | None:
    """The class of a scanner in the table or an entry point; None when nobody knows the name."""
    if name in SCANNERS:
        module, _, attribute = SCANNERS[name].partition(":")
        found: type[Scanner] = getattr(import_module(module), attribute)
        return found
    for point in entry_points(group="shield.scanners", name=name):
        loaded: type[Scanner] = point.load()
        return loaded
    return None
