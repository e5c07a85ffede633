"""Answers that have nothing to do with the question.

Detects: answers no passage of which is near in meaning to the user's newest turn, or to what was
supplied for it.
Misses: answers about the right matter that do not answer; languages that the embedder cannot read.
False positives: very short answers are not judged; code; jokes; a change of subject that the user wanted.
Cost: 3 ms for the question, 10 ms a passage of 600 characters on one core; the embedder.
References: the model card in `models/embedder/card.toml`; `relevance` of LLM Guard.
"""

import math
from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

import regex
from pydantic import Field

from shield.document import Document
from shield.errors import InferenceError
from shield.policy.schema import SEVERITIES, SeverityName
from shield.scanners import Services
from shield.text.canonical import canonical
from shield.text.passages import passages
from shield.types import Checkpoint, Finding, Source, Span, Subject

_MODEL = "embedder"
_PASSAGE = 600  # characters
_WORD = regex.compile(r"\p{L}{2,}")
_MOST_PASSAGES = 64


class RelevanceOptions(Document):
    """Answers of fewer than `words` words are not judged; `documents` lets what is near to a
    supplied document pass too.
    """

    words: Annotated[int, Field(ge=1, le=1_000)] = 8
    documents: bool = True
    severity: SeverityName = "notice"


class Relevance:
    """See the module's docstring."""

    id: ClassVar[str] = "relevance"
    tier: ClassVar[int] = 1
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = (_MODEL,)
    Options = RelevanceOptions

    def __init__(self, options: RelevanceOptions, services: Services) -> None:
        if services.engine is None:
            raise InferenceError("the relevance scanner needs an inference engine")
        self._options, self._engine = options, services.engine

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a text, whatever the score; what is still being written is not judged."""
        asked = [s.text for s in subject.intent if s.source is Source.USER and s.text.strip()]
        if subject.partial or not asked:
            return
        wanted = self._shown(asked[-1])
        if self._options.documents:
            supplied = [s for s in subject.history if s.source in {Source.TOOL, Source.DOCUMENT}]
            wanted += [one for s in supplied for one in self._shown(s.text)]
        wanted = wanted[:_MOST_PASSAGES]
        for index, segment in enumerate(subject.segments):
            told = self._shown(segment.text)
            enough = len(_WORD.findall(segment.text)) >= self._options.words
            if segment.source is Source.SYSTEM or not enough or not wanted or not told:
                continue
            near = self._engine.embed(_MODEL, told) @ self._engine.embed(_MODEL, wanted).T
            yield Finding(
                rule="relevance/off-question",
                scanner=self.id,
                severity=SEVERITIES[self._options.severity],
                score=off_question_score(float(near.max())),
                message="The answer has nothing to do with the question.",
                spans=(Span(index, 0, len(segment.text)),),
                surface=segment.surface,
            )

    def _shown(self, text: str) -> list[str]:
        """The first passages of a text as the embedder reads them."""
        found = list(passages(text, _PASSAGE))[:_MOST_PASSAGES]
        return [canonical(text[start:end]).text for start, end in found]


def off_question_score(nearest: float) -> float:
    """How surely an answer is beside the question, from the highest cosine of a passage with it:
    sigmoid((0.06 - nearest) / 0.02).

    0.5 finds 19 of 32 answers that were given to another question of the corpus, and none of the 32
    right ones; the constants were chosen on these.
    """
    return 0.5 * (1.0 + math.tanh(0.5 * (0.06 - nearest) / 0.02))
