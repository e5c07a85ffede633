"""Personal identifiers: Presidio's recognisers, national ids by their check digits, and a model.

Detects: payment cards, IBANs, crypto wallets, and the national identity, tax and health numbers
of the United States, the United Kingdom, most members of the European Union, India, Brazil,
Turkey, Japan and Korea, where the policy names them; e-mail addresses, phone numbers and IP
addresses where it asks for them, and by a model (`LEARNED`) persons, places, organisations,
dates, addresses and numbers that a person goes by. Digits of other scripts count as digits.
Misses: free descriptions of persons; numbers without a strong checksum that stand far from any
context word; phone numbers without a plus sign or such a word; ids of Cyprus, Hungary, Luxembourg
and Malta; what the model's card (`models/pii_ner/card.toml`) names.
False positives: order numbers and product codes that happen to pass a checksum.
Cost: a thousand characters of prose take about 10 µs on one core, with dates and prices 100 µs,
with a hundred numbers to check 800 µs; where phone numbers and addresses are looked for too, 3 ms
of those. The model, where the policy asks for what it marks, reads the whole text: about 5 ms a
hundred words.
References: Microsoft Presidio; python-stdnum; OWASP LLM02:2025.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

import regex

from shield.errors import InferenceError
from shield.scanners import Services
from shield.scanners.pii.entities import CHECK_DIGIT, LEARNED, MODEL, SEVERITY, PiiOptions
from shield.scanners.pii.marks import Entity, entities
from shield.scanners.pii.national import NATIONAL, SURE, UNSURE
from shield.scanners.pii.presidio import Found, Presidio
from shield.types import Checkpoint, Finding, Segment, Source, Span, Subject

__all__ = ["Pii", "PiiOptions"]

_AROUND = 80
# A number that names its country and is valid there, and a passport number beside that word.
_LIKELY = 0.6
_OWN_WORDS = {
    "US_PASSPORT": ("passport",),
    "CREDIT_CARD": (
        "card",
        "visa",
        "kart",
        "carte",
        "carta",
        "tarjeta",
        "cartão",
        "карт",
        "カード",
    ),
}
# Digits without a joint that are an article's number far more often than an old card's.
_ARTICLE = 13
_VOUCHED = CHECK_DIGIT | frozenset(NATIONAL) | frozenset(_OWN_WORDS)
_SHORT = 4
_EDGED = r"[\p{Latin}\p{Cyrillic}\p{Greek}]"
_SURFACE = "text"


class Pii:
    """See the module's docstring."""

    id: ClassVar[str] = "pii"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = 200
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = PiiOptions

    def __init__(self, options: PiiOptions, services: Services) -> None:
        wanted = options.wanted
        self._learned = frozenset(wanted) & frozenset(LEARNED)
        if self._learned and services.engine is None:
            raise InferenceError(f"{', '.join(sorted(self._learned))} need an inference engine")
        self._engine = services.engine
        self._presidio = Presidio(wanted, options.countries)
        words = self._presidio.context | _OWN_WORDS
        self._beside = {entity: _any_of(words[entity]) for entity in _VOUCHED & set(wanted)}

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding an identifier; the score says how sure it is."""
        for index, segment in enumerate(subject.segments):
            if segment.source is not Source.SYSTEM:
                yield from self._segment(index, segment)

    def _segment(self, index: int, segment: Segment) -> Iterator[Finding]:
        for found in self._presidio.analyze(segment.text, self._marks(segment.text)):
            yield self._finding(found, Span(index, found.start, found.end), segment)

    def _marks(self, text: str) -> list[Entity]:
        """What the model marks in the whole text, of what the policy asks for."""
        if not self._learned or self._engine is None or not text.strip():
            return []
        (scores,) = self._engine.scores(MODEL, [(text, _SURFACE)])
        return [mark for mark in entities(text, scores) if mark.label in self._learned]

    def _score(self, found: Found, text: str) -> float:
        """The score after a look for the words that vouch for a number."""
        entity, value = found.entity, text[found.start : found.end]
        if entity == "PHONE_NUMBER" and value.startswith("+"):
            return max(found.score, _LIKELY)
        beside = self._beside.get(entity)
        if beside is None or (entity == "CREDIT_CARD" and len(value) != _ARTICLE):
            return found.score
        around = text[max(0, found.start - _AROUND) : found.end + _AROUND].lower()
        vouched = beside.search(around) is not None
        if entity in NATIONAL:
            return SURE if vouched else found.score
        if entity == "US_PASSPORT":
            return _LIKELY if vouched else found.score
        return found.score if vouched else min(found.score, UNSURE)

    def _finding(self, found: Found, span: Span, segment: Segment) -> Finding:
        return Finding(
            rule=f"pii/{found.entity.lower().replace('_', '-')}",
            scanner=self.id,
            severity=SEVERITY[found.entity],
            score=self._score(found, segment.text),
            message="The text holds a personal identifier.",
            spans=(span,),
            tags=("owasp:llm02",),
            surface=segment.surface,
        )


def _any_of(words: Iterable[str]) -> "regex.Pattern[str]":
    """One of the words, in lower case; a short one stands alone, a long one may be inflected."""
    short = "|".join(regex.escape(word) for word in words if len(word) <= _SHORT)
    long = [regex.escape(word) for word in words if len(word) > _SHORT]
    alone = [rf"(?<!{_EDGED})(?:{short})(?!{_EDGED})"] if short else []
    return regex.compile("|".join((*alone, *long)))
