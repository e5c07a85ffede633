"""The labelled rows of the data folder, in the classes of this model, split by template."""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from models.train.pii_ner.sample import Entity, Sample, joined, slots
from models.train.rows import rows

_CLASS = {
    "PERSON": "PERSON",
    "PER": "PERSON",
    "LOCATION": "LOCATION",
    "GPE": "LOCATION",
    "LOC": "LOCATION",
    "ORGANIZATION": "ORGANIZATION",
    "ORG": "ORGANIZATION",
    "DATE_TIME": "DATE_TIME",
    "ADDRESS": "ADDRESS",
    "STREET_ADDRESS": "ADDRESS",
    "ZIP_CODE": "ADDRESS",
    "CREDIT_CARD": "ID",
    "IBAN_CODE": "ID",
    "US_SSN": "ID",
    "US_DRIVER_LICENSE": "ID",
}
_TITLE = re.compile(r"(?:(?:mr|mrs|ms|miss|dr|prof)\b\.?\s*)+", re.IGNORECASE)
_STREET = re.compile(r" (?:street|st\b\.?)", re.IGNORECASE)
_DATE = re.compile(
    r"(?<![\w#.,/-])(?:19|20)\d\d(?![\w/-]|[.,]\d)|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\{\w+\}|\w+")
_NEAR = 0.6
_HELD = 0.2


class Split(NamedTuple):
    """Rows to fit on and rows to measure on, which share no template."""

    train: list[Sample]
    held: list[Sample]
    held_templates: list[str]


def presidio(data: Path, name: str) -> Iterator[tuple[str, Sample]]:
    """The template id and sample of each presidio_synth row of a file."""
    for row in rows(data, name):
        if row["set"] == "presidio_synth":
            yield str(row["template_id"]), sample(row["text"], row["spans"])


def sample(text: str, spans: Sequence[dict[str, Any]]) -> Sample:
    """A row's spans in our classes.

    Forms of address (Mr., Dr.) are no part of a name; the word street behind an address is one
    of it; a year or weekday that a template spells out is a date like those in its slots.
    """
    taken = [(span["start"], span["end"]) for span in spans]
    found = [
        Entity(date.start(), date.end(), "DATE_TIME", "DATE_TIME")
        for date in _DATE.finditer(text)
        if all(end <= date.start() or date.end() <= start for start, end in taken)
    ]
    for span in spans:
        label, start, end = _CLASS.get(span["type"]), span["start"], span["end"]
        if label == "PERSON" and (title := _TITLE.match(text, start, end)):
            start = title.end()
        if label == "ADDRESS" and (more := _STREET.match(text, end)):
            end = more.end()
        while start < end and text[start].isspace():
            start += 1
        while start < end and text[end - 1].isspace():
            end -= 1
        if label and start < end:
            found.append(Entity(start, end, label, span["type"]))
    return Sample(text, joined(text, found))


def web(data: Path) -> Iterator[Sample]:
    """uner_ewt: English web text with persons, locations and organisations, tokens by spaces."""
    for row in rows(data, "calibration/pii"):
        if row["set"] == "uner_ewt":
            at, spans = 0, list[dict[str, Any]]()
            for token, tag in zip(row["tokens"], row["tags"], strict=True):
                if tag[0] == "B" or (tag[0] == "I" and not spans):
                    spans.append({"type": tag[2:], "start": at, "end": at + len(token)})
                elif tag[0] == "I":
                    spans[-1]["end"] = at + len(token)
                at += len(token) + 1
            yield sample(" ".join(row["tokens"]), spans)


def split(data: Path, seed: int) -> Split:
    """About a fifth of the templates is held, with all that are nearly the same."""
    known = list(presidio(data, "train/pii"))
    groups = _groups([(number, slots(made)) for number, made in known])
    names = sorted(set(groups))
    random.Random(seed).shuffle(names)
    held = set(names[: round(len(names) * _HELD)])
    parts: tuple[list[Sample], list[Sample]] = ([], [])
    for group, (_, made) in zip(groups, known, strict=True):
        parts[group in held].append(made)
    return Split(*parts, sorted({slots(made) for made in parts[1]}))


def words(template: str) -> frozenset[str]:
    """What two templates are compared by."""
    return frozenset(_WORD.findall(template))


def near(one: frozenset[str], other: frozenset[str]) -> bool:
    """True for templates that share most of their words."""
    return len(one & other) >= _NEAR * max(1, len(one | other))


def _groups(known: list[tuple[str, str]]) -> list[int]:
    """For each (template id, template) the number of its group: the same id or near words."""
    parent: dict[str, str] = {}

    def root(key: str) -> str:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for number, template in known:
        parent[root(template)] = root(f"#{number}")
    by_words = {template: words(template) for _, template in known}
    templates = sorted(by_words)
    for i, one in enumerate(templates):
        for other in templates[:i]:
            if near(by_words[one], by_words[other]):
                parent[root(one)] = root(other)
    numbers: dict[str, int] = defaultdict(lambda: len(numbers))
    return [numbers[root(template)] for _, template in known]
