"""Personal identifiers, by Presidio's pattern recognisers on a blank language pipeline.

Detects: payment cards, IBANs, national identity, tax and health numbers with checksums or
context words, crypto wallets, and, where the policy asks for them, e-mail addresses, phone
numbers and IP addresses.
Misses: numbers glued into a word of more than a hundred characters; names, places, organisations and free descriptions of persons; numbers without a
checksum that stand far from any context word.
False positives: order numbers and product codes that happen to pass a checksum.
Cost: Presidio takes about 25 µs a character; only stretches around digits, "@" and long
tokens are given to it, so that prose costs one linear search.
References: Microsoft Presidio; OWASP LLM02:2025.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, ClassVar, Literal

import regex
from pydantic import field_validator

from shield.document import Document
from shield.scanners import Services
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject

# Entity → recogniser class of Presidio, severity.
_ENTITIES: dict[str, tuple[str, Severity]] = {
    "CREDIT_CARD": ("CreditCardRecognizer", Severity.ERROR),
    "CRYPTO": ("CryptoRecognizer", Severity.WARNING),
    "DE_SOCIAL_SECURITY": ("DeSocialSecurityRecognizer", Severity.ERROR),
    "DE_TAX_ID": ("DeTaxIdRecognizer", Severity.ERROR),
    "EMAIL_ADDRESS": ("EmailRecognizer", Severity.NOTICE),
    "ES_NIE": ("EsNieRecognizer", Severity.ERROR),
    "ES_NIF": ("EsNifRecognizer", Severity.ERROR),
    "FI_PERSONAL_IDENTITY_CODE": ("FiPersonalIdentityCodeRecognizer", Severity.ERROR),
    "IBAN_CODE": ("IbanRecognizer", Severity.ERROR),
    "IN_AADHAAR": ("InAadhaarRecognizer", Severity.ERROR),
    "IN_PAN": ("InPanRecognizer", Severity.ERROR),
    "IP_ADDRESS": ("IpRecognizer", Severity.NOTICE),
    "IT_FISCAL_CODE": ("ItFiscalCodeRecognizer", Severity.ERROR),
    "KR_RRN": ("KrRrnRecognizer", Severity.ERROR),
    "PHONE_NUMBER": ("PhoneRecognizer", Severity.NOTICE),
    "PL_PESEL": ("PlPeselRecognizer", Severity.ERROR),
    "SE_PERSONNUMMER": ("SePersonnummerRecognizer", Severity.ERROR),
    "UK_NHS": ("NhsRecognizer", Severity.ERROR),
    "UK_NINO": ("UkNinoRecognizer", Severity.ERROR),
    "US_ITIN": ("UsItinRecognizer", Severity.ERROR),
    "US_PASSPORT": ("UsPassportRecognizer", Severity.ERROR),
    "US_SSN": ("UsSsnRecognizer", Severity.ERROR),
}
_IDENTITY = tuple(sorted(set(_ENTITIES) - {"EMAIL_ADDRESS", "IP_ADDRESS", "PHONE_NUMBER"}))
_CANDIDATE = regex.compile(
    r"(?<![\w.+-])[\w.+-]{0,64}+@[\w.-]{1,255}+|(?<![A-Za-z0-9.\-/])[A-Za-z0-9][A-Za-z0-9.\-/]{0,99}+(?: (?=[A-Za-z.\-/]{0,40}\d)[A-Za-z0-9.\-/]{1,99}+){0,11}+(?![A-Za-z0-9.\-/])"
)
_WORD = regex.compile(r"\w+|[^\w\s]")
_MIN_DIGITS, _MIN_TOKEN, _AROUND = 6, 25, 80
_MAX_STRETCH = 600  # Presidio looks through all words of a stretch for each thing it finds
# Numbers of ten to thirteen digits of which one in ten passes the checksum by chance.
_CHECK_DIGIT = frozenset(
    {"DE_TAX_ID", "IN_AADHAAR", "KR_RRN", "PL_PESEL", "SE_PERSONNUMMER", "UK_NHS"}
)
_WEAK = 0.4
_LANGUAGE = "en"  # Presidio files its recognisers by language; patterns do not depend on it


class PiiOptions(Document):
    """`entities`: Presidio's names of what to look for."""

    entities: tuple[str, ...] = _IDENTITY

    @field_validator("entities")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(value) - set(_ENTITIES))
        if unknown:
            raise ValueError(
                f"unknown entities {', '.join(unknown)}; known: {', '.join(_ENTITIES)}"
            )
        return value


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
        self._entities = list(options.entities)
        recognizers = _recognizers(self._entities)
        self._analyzer = _analyzer(recognizers)
        self._context = {
            r.supported_entities[0]: tuple(word.lower() for word in r.context or ())
            for r in recognizers
        }

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding an identifier; the score is Presidio's."""
        for index, segment in enumerate(subject.segments):
            if segment.source is not Source.SYSTEM:
                yield from self._segment(index, segment)

    def _segment(self, index: int, segment: Segment) -> Iterator[Finding]:
        seen: set[tuple[str, Span]] = set()
        for start, end in stretches(segment.text):
            part = segment.text[start:end]
            for found in self._analyzer.analyze(part, language=_LANGUAGE, entities=self._entities):
                span = Span(index, start + found.start, start + found.end)
                if (
                    not _joined(part, found.start, found.end)
                    and (found.entity_type, span) not in seen
                ):
                    seen.add((found.entity_type, span))
                    yield self._finding(found, span, segment)

    def _score(self, found: Any, around: str) -> float:
        """Presidio's score; a bare number with one check digit is weak without a context word."""
        score = min(1.0, float(found.score))
        words = self._context.get(found.entity_type, ())
        if found.entity_type in _CHECK_DIGIT and not any(w in around.lower() for w in words):
            return min(score, _WEAK)
        return score

    def _finding(self, found: Any, span: Span, segment: Segment) -> Finding:
        return Finding(
            rule=f"pii/{found.entity_type.lower().replace('_', '-')}",
            scanner=self.id,
            severity=_ENTITIES[found.entity_type][1],
            score=self._score(
                found, segment.text[max(0, span.start - _AROUND) : span.end + _AROUND]
            ),
            message="The text holds a personal identifier.",
            spans=(span,),
            tags=("owasp:llm02",),
            surface=segment.surface,
        )


def _joined(text: str, start: int, end: int) -> bool:
    """True for a part of a longer word or number, such as eleven digits inside an IBAN."""
    return (start > 0 and text[start - 1].isalnum()) or (end < len(text) and text[end].isalnum())


def stretches(text: str) -> Iterator[tuple[int, int]]:
    """The stretches of a text that may hold an identifier, with room for context words."""
    at, until = -1, -1
    for match in _CANDIDATE.finditer(text):
        run = match[0]
        if sum(map(str.isdigit, run)) < _MIN_DIGITS and "@" not in run and len(run) < _MIN_TOKEN:
            continue
        start, end = max(0, match.start() - _AROUND), min(len(text), match.end() + _AROUND)
        if start <= until and until - at < _MAX_STRETCH:
            until = end
            continue
        if until > 0:
            yield at, until
        at, until = start, end
    if until > 0:
        yield at, until


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


@cache
def _engine_types() -> Any:
    with _quiet_transformers():
        from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

    class BlankEngine(NlpEngine):  # type: ignore[misc]  # presidio has no types
        """Words in lower case, and nothing that needs a language model."""

        def load(self) -> None: ...

        def is_loaded(self) -> bool:
            return True

        def process_text(self, text: str, language: str) -> Any:
            words = list(_WORD.finditer(text))
            return NlpArtifacts(
                entities=[],
                tokens=[w[0] for w in words],
                tokens_indices=[w.start() for w in words],
                lemmas=[w[0].lower() for w in words],
                nlp_engine=self,
                language=language,
            )

        def process_batch(self, texts: Any, language: str, **_: Any) -> Any:
            for text in texts:
                yield text, self.process_text(text, language)

        def is_stopword(self, word: str, language: str) -> bool:
            return False

        def is_punct(self, word: str, language: str) -> bool:
            return not word.isalnum()

        def get_supported_entities(self) -> list[str]:
            return []

        def get_supported_languages(self) -> list[str]:
            return [_LANGUAGE]

    return BlankEngine


def _recognizers(entities: list[str]) -> list[Any]:
    with _quiet_transformers():
        from presidio_analyzer import predefined_recognizers

    recognizers = []
    for entity in entities:
        kind = getattr(predefined_recognizers, _ENTITIES[entity][0])
        if entity == "EMAIL_ADDRESS":
            kind = _offline_email(kind)
        recognizers.append(kind(supported_language=_LANGUAGE))
    return recognizers


def _analyzer(recognizers: list[Any]) -> Any:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

    # At DEBUG it writes context words of the scanned text, which must not reach a log.
    logging.getLogger("presidio-analyzer").setLevel(logging.WARNING)
    registry = RecognizerRegistry(recognizers=recognizers, supported_languages=[_LANGUAGE])
    return AnalyzerEngine(
        registry=registry, nlp_engine=_engine_types()(), supported_languages=[_LANGUAGE]
    )


def _offline_email(kind: Any) -> Any:
    """Presidio's e-mail recogniser asks tldextract, which would download a suffix list."""
    from tldextract import TLDExtract

    suffixes = TLDExtract(suffix_list_urls=(), cache_dir=None)

    class OfflineEmail(kind):  # type: ignore[misc]  # the class is known at run time only
        def validate_result(self, pattern_text: str) -> bool:
            return bool(suffixes(pattern_text).suffix)

    return OfflineEmail
