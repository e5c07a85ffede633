"""Presidio without a language model: its pattern recognisers, and one that reports marks."""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import regex

from shield.scanners.pii.entities import LEARNED, PATTERNS
from shield.scanners.pii.marks import Entity

_WORD = regex.compile(r"\w+|[^\w\s]")
_LANGUAGE = "en"  # Presidio files its recognisers by language; patterns do not depend on it


class Presidio:
    """The recognisers of some entities, with Presidio's context and conflict rules."""

    def __init__(self, entities: Sequence[str]) -> None:
        from presidio_analyzer import AnalyzerEngine, RecognizerRegistry

        # At DEBUG it writes context words of the scanned text, which must not reach a log.
        logging.getLogger("presidio-analyzer").setLevel(logging.WARNING)
        recognizers = [_recognizer(entity) for entity in entities]
        registry = RecognizerRegistry(recognizers=recognizers, supported_languages=[_LANGUAGE])
        self._entities = list(entities)
        self._language = _engine_type()()
        # An empty registry would be filled with everything that Presidio knows.
        self._analyzer = recognizers and AnalyzerEngine(
            registry=registry, nlp_engine=self._language, supported_languages=[_LANGUAGE]
        )
        self.context = {
            r.supported_entities[0]: tuple(word.lower() for word in r.context or ())
            for r in recognizers
        }

    def analyze(self, text: str, marks: Iterable[Entity] = ()) -> list[Any]:
        """Presidio's results (entity_type, start, end, score) for a text and a model's marks."""
        if not self._analyzer:
            return []
        artifacts = self._language.process_text(text, _LANGUAGE)
        artifacts.entities = list(marks)
        found: list[Any] = self._analyzer.analyze(
            text, language=_LANGUAGE, entities=self._entities, nlp_artifacts=artifacts
        )
        return found


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
def _engine_type() -> Any:
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


@cache
def _marked_type() -> Any:
    with _quiet_transformers():
        from presidio_analyzer import AnalysisExplanation, EntityRecognizer, RecognizerResult

    class Marked(EntityRecognizer):  # type: ignore[misc]  # presidio has no types
        """What the model marked as one entity, taken from the artifacts of the text."""

        def load(self) -> None: ...

        def analyze(self, text: str, entities: Any, nlp_artifacts: Any) -> Any:
            return [
                RecognizerResult(
                    mark.label,
                    mark.start,
                    mark.end,
                    mark.score,
                    analysis_explanation=AnalysisExplanation(self.name, mark.score),
                )
                for mark in nlp_artifacts.entities
                if mark.label in self.supported_entities
            ]

    return Marked


def _recognizer(entity: str) -> Any:
    if entity in LEARNED:
        return _marked_type()(
            supported_entities=[entity],
            name=f"Marked {entity}",
            supported_language=_LANGUAGE,
            context=list(LEARNED[entity][1]) or None,
        )
    with _quiet_transformers():
        from presidio_analyzer import predefined_recognizers

    kind = getattr(predefined_recognizers, PATTERNS[entity][0])
    if entity == "EMAIL_ADDRESS":
        kind = _offline_email(kind)
    return kind(supported_language=_LANGUAGE)


def _offline_email(kind: Any) -> Any:
    """Presidio's e-mail recogniser asks tldextract, which would download a suffix list."""
    from tldextract import TLDExtract

    suffixes = TLDExtract(suffix_list_urls=(), cache_dir=None)

    class OfflineEmail(kind):  # type: ignore[misc]  # the class is known at run time only
        def validate_result(self, pattern_text: str) -> bool:
            return bool(suffixes(pattern_text).suffix)

    return OfflineEmail
