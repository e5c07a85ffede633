"""Words and phrases that the policy forbids: competitors, slurs, code names, promises.

Detects: each phrase of the policy's lists, whatever its case, accents, look-alike letters,
spacing or simple encoding, as whole words or, where a list says so, inside words; with `fuzzy`
also respelled: one letter wrong in words of five to seven letters, two in longer ones.
Misses: one short word that alone is spaced out or written with digits; paraphrases and translations; words with their inner letters shuffled; ROT13 and text
written backwards, where short phrases would be found by chance.
False positives: other meanings of the same word; with `fuzzy` a neighbour in spelling.
Cost: linear; 65,536 characters of prose take about 25 ms exact and 60 ms fuzzy, whatever the
number of phrases, and 20 µs more for each phrase that is sought inside words.
References: `ban_substrings` of LLM Guard; OWASP LLM05:2025.
"""

from collections.abc import Iterable
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from shield.document import Document
from shield.errors import PolicyError
from shield.policy.schema import SEVERITIES, SeverityName
from shield.scanners import Services
from shield.text.phrases import Phrase, PhraseBook, words
from shield.types import Checkpoint, Finding, Source, Span, Subject, Surface

_BLIND = frozenset({"raw", "rot13", "reversed"})  # raw says nothing that canonical does not say


def _readable(text: str) -> str:
    if not words(text):
        raise ValueError("a phrase needs a letter or a digit")
    return text


Written = Annotated[str, Field(max_length=200), AfterValidator(_readable)]
ListName = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]


class PhraseList(Document):
    """Phrases that are forbidden for one reason; the list's name is the rule's slug.

    `fuzzy` finds misspelled words too, `inside_words` also parts of words; phrases in scripts
    without spaces are always sought inside. `surfaces` says whose text is read.
    """

    phrases: Annotated[tuple[Written, ...], Field(min_length=1, max_length=10_000)]
    fuzzy: bool = False
    inside_words: bool = False
    severity: SeverityName = "error"
    surfaces: Annotated[tuple[Surface, ...], Field(min_length=1)] = tuple(Surface)


class BannedPhrasesOptions(Document):
    """The lists, by name."""

    lists: dict[ListName, PhraseList] = Field(default_factory=dict)


class BannedPhrases:
    """See the module's docstring."""

    id: ClassVar[str] = "banned_phrases"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = 400
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = BannedPhrasesOptions

    def __init__(self, options: BannedPhrasesOptions, services: Services) -> None:
        if not options.lists:
            raise PolicyError(
                "scanners.banned_phrases.options.lists: without a list it does nothing",
                mend="name the phrases, or take the scanner out",
            )
        self._lists = dict(options.lists)
        self._book = PhraseBook(
            Phrase(name, text, entry.fuzzy, entry.inside_words)
            for name, entry in self._lists.items()
            for text in entry.phrases
        )

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a list and score, with a span for each place."""
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM:
                continue
            places: dict[tuple[str, float], set[Span]] = {}
            for view in subject.views[index]:
                for hit in () if view.kind in _BLIND else self._book.find(view):
                    if segment.surface in self._lists[hit.name].surfaces:
                        span = Span(index, *view.source_span(hit.start, hit.end))
                        places.setdefault((hit.name, round(hit.score, 2)), set()).add(span)
            for (name, score), spans in sorted(places.items()):
                yield Finding(
                    rule=f"banned_phrases/{name}",
                    scanner=self.id,
                    severity=SEVERITIES[self._lists[name].severity],
                    score=score,
                    message="The text holds a phrase that the policy bans.",
                    spans=tuple(sorted(spans)),
                    surface=segment.surface,
                )
