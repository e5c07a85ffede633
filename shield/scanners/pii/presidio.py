"""Presidio's recognisers, asked where one may find something and judged by Presidio's rules.

`AnalyzerEngine` runs every recogniser over the whole text, looks through all words for each
thing found and copies what it found several times. Here each recogniser reads the parts that hold
enough digits, patterns that cannot count are left out, and the words before a match are read
where they stand. What scores `COUNTS` or more and is no part of a longer word
is the same.
"""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

from shield.scanners.pii.context import prompted
from shield.scanners.pii.entities import LEARNED, LETTERED, PATTERNS, SOLID
from shield.scanners.pii.marks import Entity
from shield.scanners.pii.national import NATIONAL
from shield.scanners.pii.readers import Ibans, Match, Patterns, Phones, Reader, Validated
from shield.scanners.pii.triggers import folded, joined, mailboxes, numbers, roomy

# Presidio's increase and floor for a match behind a context word.
_FACTOR, _FLOOR = 0.35, 0.4
COUNTS = 0.5
_MANY = 12
_CALL_WORDS = (
    "telefon", "telefoon", "téléphone", "telephone", "teléfono", "telefono", "telefone", "móvil",
    "celular", "cellulare", "mobil", "handy", "whatsapp", "телефон", "τηλέφωνο", "電話", "携帯",
)  # fmt: skip
_LANGUAGE = "en"  # Presidio files its recognisers by language; patterns do not depend on it


class Found(NamedTuple):
    """Characters [start, end) of a text, what they are, and how sure that is, 0 to 1."""

    entity: str
    start: int
    end: int
    score: float


class Presidio:
    """The recognisers of some entities, with Presidio's context and conflict rules."""

    def __init__(self, entities: Sequence[str], regions: Sequence[str] = ()) -> None:
        # Its recognisers log what they could not validate.
        logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
        readers = [_reader(entity, regions) for entity in entities if entity not in LEARNED]
        readers.sort(key=lambda reader: reader.digits)
        self._mail = [r for r in readers if not r.digits]
        self._lettered = [r for r in readers if r.entity in LETTERED]
        self._solid = [r for r in readers if r.entity in SOLID]
        others = [r for r in readers if r.digits and r.entity not in LETTERED | SOLID]
        self._short = [r for r in others if r.digits < _MANY]
        self._long = [r for r in others if r.digits >= _MANY]
        self.context = {r.entity: r.words for r in readers} | {
            entity: LEARNED[entity][1] for entity in entities if entity in LEARNED
        }

    def analyze(self, text: str, marks: Iterable[Entity] = ()) -> list[Found]:
        """What the recognisers find in a text, beside a model's marks; spans count characters."""
        shown = folded(text)
        places = numbers(shown)
        found = [
            self._likelier(text, Found(mark.label, mark.start, mark.end, mark.score))
            for mark in marks
        ]
        for readers, parts in (
            (self._mail, mailboxes(shown) if self._mail else ()),
            (self._lettered, joined(p for p in places if p.lettered)),
            (self._solid, joined(p for p in places if p.solid)),
            (self._short, roomy(shown, places)),
            (self._long, joined(p for p in places if p.digits >= _MANY)),
        ):
            for part in parts:
                for reader in readers:
                    if reader.digits > part.digits:
                        break
                    matches = reader.read(shown, part, text)
                    if matches:
                        found += self._judged(reader, matches, text)
        return [one for one in found if not within(shown, one.start, one.end)]

    def _judged(self, reader: Reader, matches: list[Match], text: str) -> list[Found]:
        found = [Found(reader.entity, *match) for match in matches]
        if len(found) > 1:
            return apart([self._likelier(text, one) for one in apart(found)])
        return [self._likelier(text, found[0])]

    def _likelier(self, text: str, found: Found) -> Found:
        """The score after a look at the words before the match."""
        words = self.context[found.entity]
        if found.score >= 1.0 or not words or not prompted(words, text, found.start):
            return found
        return found._replace(score=min(1.0, max(found.score + _FACTOR, _FLOOR)))


def within(text: str, start: int, end: int) -> bool:
    """True for a part of a longer word or number, such as eleven digits inside an IBAN."""
    return text[max(0, start - 1) : start].isalnum() or text[end : end + 1].isalnum()


def apart(found: list[Found]) -> list[Found]:
    """What was found of one kind, without what another that is as likely contains."""
    kept: list[Found] = []
    open_: list[Found] = []
    for one in sorted(set(found), key=lambda f: (f.start, f.start - f.end, -f.score)):
        open_ = [other for other in open_ if other.end >= one.start]
        if not any(one.end <= o.end and one.score <= o.score for o in open_):
            kept.append(one)
            open_.append(one)
    return kept


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """Presidio imports transformers, which would tell the terminal that it misses PyTorch."""
    name = "TRANSFORMERS_VERBOSITY"
    before = os.environ.get(name)
    os.environ[name] = before or "error"
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]


def recognizer(entity: str, regions: Sequence[str] = ()) -> Any:
    """Presidio's recogniser of an entity, with the changes that serving needs.

    `regions` are two-letter countries whose phone numbers are valid without a plus sign, beside
    those that Presidio asks by itself.
    """
    with _quiet_transformers():
        from presidio_analyzer import predefined_recognizers

    kind: Any = getattr(predefined_recognizers, PATTERNS[entity][0])
    if entity == "EMAIL_ADDRESS":
        kind = _offline_email(kind)
    if entity == "PHONE_NUMBER":
        known = dict.fromkeys((*kind.DEFAULT_SUPPORTED_REGIONS, *regions))
        return kind(
            context=[*kind.CONTEXT, *_CALL_WORDS],
            supported_language=_LANGUAGE,
            supported_regions=tuple(known),
        )
    return kind(supported_language=_LANGUAGE)


def _reader(entity: str, regions: Sequence[str]) -> Reader:
    if entity in NATIONAL:
        return Validated.of(entity, NATIONAL[entity])
    made, digits = recognizer(entity, regions), PATTERNS[entity][2]
    if entity == "PHONE_NUMBER":
        return Phones.of(made, digits)
    if entity == "IBAN_CODE":
        return Ibans.of(made, digits)
    if entity == "US_PASSPORT":  # it has no check at all: the scanner looks for the word itself
        return Patterns.of(made, digits, 0.0, hints=("passport",))
    return Patterns.of(made, digits, COUNTS - _FACTOR)


@cache  # the list of suffixes takes half a second to read
def _offline_email(kind: Any) -> Any:
    """Presidio's e-mail recogniser asks tldextract, which would download a suffix list."""
    from tldextract import TLDExtract

    suffixes = TLDExtract(suffix_list_urls=(), cache_dir=None)

    class OfflineEmail(kind):  # type: ignore[misc]  # the class is known at run time only
        def validate_result(self, pattern_text: str) -> bool:
            return bool(suffixes(pattern_text).suffix)

    return OfflineEmail
