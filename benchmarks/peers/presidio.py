"""Presidio's `AnalyzerEngine` as its users run it, on a blank pipeline in place of a spaCy model."""

from collections.abc import Iterator, Sequence
from typing import Any

import regex
from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine

from shield.scanners.pii.presidio import recognizer

_WORD = regex.compile(r"\w+|[^\w\s]")
_LANGUAGE = "en"


class BlankEngine(NlpEngine):  # type: ignore[misc]  # presidio has no types
    """Words in lower case, and nothing that needs a language model."""

    def load(self) -> None:
        """There is nothing to load."""

    def is_loaded(self) -> bool:
        """It always is."""
        return True

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        """The words of a text and where they stand."""
        words = list(_WORD.finditer(text))
        return NlpArtifacts(
            entities=[],
            tokens=[w[0] for w in words],
            tokens_indices=[w.start() for w in words],
            lemmas=[w[0].lower() for w in words],
            nlp_engine=self,
            language=language,
        )

    def process_batch(self, texts: Any, language: str, **_: Any) -> Iterator[Any]:
        """Each text with its words."""
        for text in texts:
            yield text, self.process_text(text, language)

    def is_stopword(self, word: str, language: str) -> bool:
        """No word is left out."""
        return False

    def is_punct(self, word: str, language: str) -> bool:
        """True for what is no word."""
        return not word.isalnum()

    def get_supported_entities(self) -> list[str]:
        """It marks nothing itself."""
        return []

    def get_supported_languages(self) -> list[str]:
        """The one that its recognisers are filed under."""
        return [_LANGUAGE]


class Peer:
    """`AnalyzerEngine` with the recognisers of some entities."""

    def __init__(self, entities: Sequence[str]) -> None:
        registry = RecognizerRegistry(
            recognizers=[recognizer(entity) for entity in entities],
            supported_languages=[_LANGUAGE],
        )
        self._entities = list(entities)
        self._engine = AnalyzerEngine(
            registry=registry, nlp_engine=BlankEngine(), supported_languages=[_LANGUAGE]
        )

    def analyze(self, text: str) -> list[tuple[str, int, int, float]]:
        """Entity, start, end and score of what it finds."""
        found = self._engine.analyze(text, language=_LANGUAGE, entities=self._entities)
        return [(one.entity_type, one.start, one.end, one.score) for one in found]
