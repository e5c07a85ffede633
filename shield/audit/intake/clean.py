"""Personal data and credentials out of what people wrote, before it becomes a case."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from msgspec.structs import replace

from shield.audit.corpus import Turn
from shield.decide import decide
from shield.label import segment
from shield.pipeline import Pipeline
from shield.policy.load import Policy
from shield.policy.lock import Lock
from shield.policy.schema import ScannerEntry
from shield.redact import edits, redacted
from shield.scanners.pii.entities import SEVERITY
from shield.types import Checkpoint, Source, Subject

# Neither names a person; without them a text still says what it says.
_KEPT = frozenset({"DATE_TIME", "ORGANIZATION"})
_DEADLINE_MS = 60_000
_CHARS = 16_777_216


class UnscannedError(ValueError):
    """A text could not be looked through to its end: what it holds is not known."""


class Cleaned(NamedTuple):
    """A conversation and its note after the cuts, and how many of each kind were made."""

    turns: tuple[Turn, ...]
    note: str
    removed: Counter[str]


class Cleaner:
    """The `pii` and `secrets` scanners, looking for all that they know.

    Args:
        policy: whose models are used.

    Raises:
        SetupError: a model is unusable.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = _only(policy)
        self._pipeline = Pipeline(self._policy)

    def close(self) -> None:
        """Let the workers go."""
        self._pipeline.close()

    def clean(self, turns: tuple[Turn, ...], note: str = "") -> Cleaned:
        """Cut every text of the turns: what they say, names, and strings in calls.

        Raises:
            UnscannedError: a scanner failed, or did not see everything.
        """
        texts = [note, *(text for turn in turns for text in _texts(turn))]
        shown, removed = self._cut(texts)
        rest = iter(shown)
        note = next(rest)
        return Cleaned(tuple(_with(turn, rest) for turn in turns), note, removed)

    def _cut(self, texts: list[str]) -> tuple[list[str], Counter[str]]:
        # System prompts are not scanned for personal data; where a text stands is no matter here.
        segments = tuple(
            segment(text, Source.DOCUMENT, path=f"/turns/{n}/text", turn=n)
            for n, text in enumerate(texts)
        )
        found = self._pipeline.run(Subject(Checkpoint.INPUT, segments), complete=True)
        if found.coverage.skipped or any(f.error for f in found.findings):
            raise UnscannedError("could not be looked through for personal data")
        judged = decide(self._policy, Checkpoint.INPUT, found.findings, found.coverage)
        cuts = edits(judged.findings, segments)
        after = [s.text for s in redacted(segments, cuts)]
        return after, Counter(cut.kind for cut in cuts)


def _only(policy: Policy) -> Policy:
    document = policy.document
    wanted = {"entities": sorted(set(SEVERITY) - _KEPT)}
    limits = {"deadline_ms": _DEADLINE_MS, "chars": _CHARS}
    update = {
        "scanners": {"pii": ScannerEntry(options=wanted), "secrets": ScannerEntry()},
        "limits": document.limits.model_copy(update=limits),
        "custom_models": {},
    }
    # A lock holds for the models of its own scanners; here every threshold is the usual one.
    bare = replace(policy, lock=Lock(inputs=policy.inputs, corpus=""))
    return bare.with_document(document.model_copy(update=update))


def _texts(turn: Turn) -> Iterator[str]:
    """Every string of a turn, in the order in which `_with` asks for them."""
    yield turn.name
    if turn.text is not None:
        yield turn.text
    if turn.call is not None:
        yield from _leaves(turn.call.arguments)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield str(name)
            yield from _leaves(part)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value)


def _with(turn: Turn, texts: Iterator[str]) -> Turn:
    turn = replace(turn, name=next(texts))
    if turn.text is not None:
        turn = replace(turn, text=next(texts))
    if turn.call is not None:
        turn = replace(turn, call=replace(turn.call, arguments=_leaf(turn.call.arguments, texts)))
    return turn


def _leaf(value: Any, texts: Iterator[str]) -> Any:
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, Mapping):
        shown = {next(texts): _leaf(part, texts) for part in value.values()}
        if len(shown) < len(value):
            raise UnscannedError("two arguments have the same name once it is cleaned")
        return shown
    if isinstance(value, list):
        return [_leaf(part, texts) for part in value]
    if isinstance(value, int) and not isinstance(value, bool):
        digits = next(texts)
        return value if digits == str(value) else digits
    return value
