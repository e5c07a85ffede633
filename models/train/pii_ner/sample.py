"""Texts with the characters of the entities in them, and the classes they are taught with."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

CLASSES = ("outside", "PERSON", "LOCATION", "ORGANIZATION", "DATE_TIME", "ADDRESS", "ID")

_BETWEEN_PARTS = re.compile(r"[\s,]{0,12}")


class Entity(NamedTuple):
    """Characters [start, end) of a text and their class; `kind` is what the source calls it."""

    start: int
    end: int
    label: str
    kind: str = ""


class Sample(NamedTuple):
    """A text and its entities, in order and apart. Nothing is known about `unsure` stretches."""

    text: str
    entities: tuple[Entity, ...]
    unsure: tuple[tuple[int, int], ...] = ()


def joined(text: str, entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Neighbours of one class as one, as classes without a begin mark can only say.

    Street, postcode and town that stand together are one ADDRESS.
    """
    found: list[Entity] = []
    for entity in sorted(entities):
        last = found[-1] if found else None
        if last and entity.start < last.end:
            continue
        if last and _together(text[last.end : entity.start], last.label, entity.label):
            label = last.label if last.label == entity.label else "ADDRESS"
            found[-1] = Entity(last.start, entity.end, label, last.kind)
        else:
            found.append(entity)
    return tuple(found)


def _together(gap: str, one: str, other: str) -> bool:
    if one == other and not gap.strip():
        return True
    near = {one, other}
    return (
        "ADDRESS" in near
        and near <= {"ADDRESS", "LOCATION"}
        and bool(_BETWEEN_PARTS.fullmatch(gap))
    )


def concatenated(samples: Iterable[Sample], by: str) -> Sample:
    """Several samples as one text."""
    text, entities, unsure = "", list[Entity](), list[tuple[int, int]]()
    for sample in samples:
        at = len(text) + (len(by) if text else 0)
        text = f"{text}{by}{sample.text}" if text else sample.text
        entities += (e._replace(start=e.start + at, end=e.end + at) for e in sample.entities)
        unsure += ((start + at, end + at) for start, end in sample.unsure)
    return Sample(text, tuple(entities), tuple(unsure))


def slots(sample: Sample) -> str:
    """The sample's template: classes in the place of values, in lower case, for comparison."""
    return " ".join("".join(_slotted(sample)).lower().split())


def _slotted(sample: Sample) -> Iterator[str]:
    at = 0
    for entity in sample.entities:
        yield sample.text[at : entity.start]
        yield f"{{{entity.label}}}"
        at = entity.end
    yield sample.text[at:]
