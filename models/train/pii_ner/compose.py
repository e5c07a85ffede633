"""Texts to fit on: filled templates, rows with other values, and prose whose names are unsure."""

import json
import random
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from models.train.pii_ner.gold import Split, near, words
from models.train.pii_ner.prose import prose
from models.train.pii_ner.sample import Entity, Sample, concatenated, joined
from models.train.pii_ner.values import Values
from models.train.rows import PHRASES

_SLOT = re.compile(r"\{([A-Z_]+)\}")
_CLASS = {
    "PERSON": "PERSON",
    "FIRST": "PERSON",
    "LAST": "PERSON",
    "LOCATION": "LOCATION",
    "CITY": "LOCATION",
    "ORGANIZATION": "ORGANIZATION",
    "DATE_TIME": "DATE_TIME",
    "YEAR": "DATE_TIME",
    "TIME": "DATE_TIME",
    "ADDRESS": "ADDRESS",
    "ID": "ID",
    "CARD": "ID",
    "IBAN": "ID",
    "SSN": "ID",
}
# The slot that gives another value for a class, or for what a source calls a part of it.
_REFILL = {"CREDIT_CARD": "CARD", "IBAN_CODE": "IBAN", "US_SSN": "SSN", "ZIP_CODE": ""}
_FILLS, _REFILLS = 22, 2
_NAMED, _PLAIN = 3000, 2000
_KEPT = 1 / 7
_OTHER = 0.6  # of the names in prose, so that lists are not learned by heart
OWN = PHRASES / "pii_templates.jsonl"
Template = dict[str, str]


def own_templates(held: Iterable[str], seed: int) -> tuple[list[Template], list[Template]]:
    """The hand-written templates to fit on, none near a held one, and a seventh to measure on."""
    apart = [words(template) for template in held]
    with OWN.open(encoding="utf-8") as lines:
        known: list[Template] = [json.loads(line) for line in lines]
    rng = random.Random(seed)
    kept = [t for t in known if rng.random() < _KEPT]
    apart += [words(_like_rows(t["text"])) for t in kept]
    taught = [t for t in known if not any(near(words(_like_rows(t["text"])), h) for h in apart)]
    return taught, kept


def composed(data: Path, split: Split, taught: Iterable[Template], seed: int) -> list[Sample]:
    """Everything to fit on, in the order that one seed gives."""
    rng = random.Random(seed)
    values = Values(rng, _pools(split.train))
    made = [filled(t["text"], t["lang"], values) for t in taught for _ in range(_FILLS)]
    made += [refilled(s, values) for s in split.train for _ in range(_REFILLS)]
    made += split.train
    made += _longer(made, rng)
    found = prose(data, rng, _NAMED, _PLAIN)
    made += (refilled(s, values) if s.entities and rng.random() < _OTHER else s for s in found)
    rng.shuffle(made)
    return made


def filled(template: str, lang: str, values: Values) -> Sample:
    """A template with values in its slots; what is no entity gets no mark."""
    text, entities, at = "", list[Entity](), 0
    for slot in _SLOT.finditer(template):
        text += template[at : slot.start()]
        value, at = values.of(slot[1], lang), slot.end()
        if label := _CLASS.get(slot[1]):
            entities.append(Entity(len(text), len(text) + len(value), label, slot[1]))
        text += value
    text += template[at:]
    return Sample(text, joined(text, entities))


def refilled(sample: Sample, values: Values) -> Sample:
    """A labelled row with other values."""
    pieces, entities, length, at = list[str](), list[Entity](), 0, 0
    shifts = [(0, 0)]
    for entity in sample.entities:
        slot = _REFILL.get(entity.kind, entity.label)
        value = values.of(slot, "en") if slot else sample.text[entity.start : entity.end]
        length += entity.start - at
        pieces += (sample.text[at : entity.start], value)
        entities.append(Entity(length, length + len(value), entity.label, entity.kind))
        length, at = length + len(value), entity.end
        shifts.append((at, length - at))
    text = "".join((*pieces, sample.text[at:]))
    unsure = tuple((_moved(start, shifts), _moved(end, shifts)) for start, end in sample.unsure)
    return Sample(text, joined(text, entities), unsure)


def _moved(place: int, shifts: list[tuple[int, int]]) -> int:
    """Where a character outside entities stands after the refill."""
    return place + max((s for s in shifts if s[0] <= place), key=lambda s: s[0])[1]


def _pools(samples: Iterable[Sample]) -> dict[str, list[str]]:
    """The values that labelled rows have for the classes of names."""
    found: dict[str, list[str]] = {"PERSON": [], "LOCATION": [], "ORGANIZATION": []}
    for sample in samples:
        for entity in sample.entities:
            if entity.label in found:
                found[entity.label].append(sample.text[entity.start : entity.end])
    return found


def _longer(samples: list[Sample], rng: random.Random) -> list[Sample]:
    """Several texts behind one another, so that windows are full and classes meet."""
    made = []
    for _ in range(len(samples) // 10):
        parts: list[Any] = rng.sample(samples, rng.randint(2, 4))
        made.append(concatenated(parts, rng.choice((" ", "\n", "\n\n"))))
    return made


def _like_rows(template: str) -> str:
    """A template with the classes that the rows' templates name."""
    return _SLOT.sub(lambda m: f"{{{_CLASS.get(m[1], m[1])}}}", template).lower()
