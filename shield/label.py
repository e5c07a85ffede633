"""The label algebra: how provenance combines.

Joining is associative, commutative and idempotent; integrity never rises and readers
never grow (law 5).
"""

from functools import reduce

from shield.types import Capacity, Integrity, Label, Origin, Segment, Source

_INTEGRITY = {
    Source.SYSTEM: Integrity.USER,
    Source.USER: Integrity.USER,
    Source.ASSISTANT: Integrity.UNTRUSTED,
    Source.TOOL: Integrity.UNTRUSTED,
    Source.DOCUMENT: Integrity.UNTRUSTED,
}


def label(source: Source, name: str = "", path: str = "") -> Label:
    """The label that a text has by its position in the transport."""
    return Label(_INTEGRITY[source], frozenset({Origin(source, name, path)}))


def segment(text: str, source: Source, name: str = "", *, path: str = "", turn: int = 0) -> Segment:
    """A text labelled by its position in the transport; `name` is a tool's name or a URI."""
    return Segment(text, label(source, name, path), path, turn)


def join(first: Label, *rest: Label) -> Label:
    """The label of a value computed from values with these labels."""
    return reduce(_join, rest, first)


def _join(a: Label, b: Label) -> Label:
    return Label(
        integrity=min(a.integrity, b.integrity),
        origins=a.origins | b.origins,
        readers=_common(a.readers, b.readers),
        capacity=max(a.capacity, b.capacity),
    )


def _common(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    if a is None:
        return b
    return a if b is None else a & b


def trusted(of: Label) -> bool:
    """True when the principal, or the application, wrote the value."""
    return of.integrity is Integrity.USER


def lowered(of: Label, capacity: Capacity) -> Label:
    """The same provenance for a value that can say at most `capacity`."""
    return Label(of.integrity, of.origins, of.readers, min(of.capacity, capacity))
