"""The guardrail APIs that others speak, one file a shape: bytes ↔ what is judged.

Each file reads a request into a `Form`, which knows what is asked and how its API answers. What
an API cannot express becomes stricter, never milder: a redaction that has no place in an answer
is a block.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from msgspec import Struct

from shield.label import label
from shield.types import Finding, Outcome, Segment, Source
from shield.wire import chat, strict
from shield.wire.asked import Asked, Judged, Reply
from shield.wire.fault import checked, names, wrong
from shield.wire.strict import Json, Shape

T = TypeVar("T", bound=Struct)


class Facts(Struct, frozen=True):
    """What answers tell about the service: the policy's scanners, the categories that its harm
    model covers, and the policy's digest.
    """

    scanners: tuple[str, ...]
    covered: frozenset[str] = frozenset()
    policy: str = ""


class Form(Protocol):
    """A request that has been read."""

    @property
    def asked(self) -> tuple[Asked, ...]:
        """What is to be judged, one exchange each."""

    def answer(self, judged: Sequence[Judged], facts: Facts) -> Reply:
        """The answer to what each exchange came to."""


def body_of(raw: bytes, kind: type[T], shape: Shape) -> tuple[T, dict[str, Json]]:
    """A JSON object as a struct, and the fields that the struct does not know.

    Raises:
        WireError: 400 for what is no JSON, 422 for what has not the form of the API.
    """
    document = strict.decode(raw, shape)
    if not isinstance(document, dict):
        raise wrong("wrong_type", "expected an object", mend="send a JSON object")
    given = checked(document, kind, names(kind))
    return given, {k: v for k, v in document.items() if k not in kind.__struct_fields__}


def further(rest: dict[str, Json], source: Source = Source.DOCUMENT) -> tuple[Segment, ...]:
    """The texts of fields that the API does not know, keys too: nobody trusts them."""
    found = chat.read_response(rest).segments
    return tuple(Segment(s.text, label(source), s.path) for s in found)


def whole(outcome: Outcome, before: Sequence[Segment]) -> bool:
    """True when these texts, the last that were judged, pass with nothing cut out of them."""
    kept = outcome.segments[len(outcome.segments) - len(before) :]
    return outcome.passes and [s.text for s in kept] == [s.text for s in before]


def marked(judged: Iterable[Judged]) -> tuple[tuple[str, str], ...]:
    """The header that finds the decision in the logs: the verdict that decided."""
    every = [outcome for outcomes in judged for outcome in outcomes]
    deciding = max(every, key=lambda outcome: outcome.decision.rank, default=None)
    return (("x-shield-verdict", deciding.verdict.id),) if deciding else ()


def scores(findings: Iterable[Finding], under: Mapping[str, str]) -> dict[str, float]:
    """The highest score under each name; `under` names the scanners that answers tell of."""
    best = dict.fromkeys(under.values(), 0.0)
    for finding in findings:
        if (name := under.get(finding.scanner)) is not None:
            best[name] = max(best[name], 1.0 if finding.error else finding.score)
    return best
