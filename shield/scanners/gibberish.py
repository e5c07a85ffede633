"""Letters without sense: keyboard mashing and random strings in place of words.

Detects: texts most of whose letters stand in words that no language of the table forms, in
Latin, Cyrillic, Greek, Hebrew, Arabic or Devanagari letters.
Misses: texts of fewer than twelve letters in words of five; words in capitals, of more than
thirty letters, or with digits and signs in them; senseless rows of real words, such as the
suffixes that optimisers append to attacks; half of what is in Hebrew; other scripts.
False positives: lists of rare names and abbreviations, romanisations far from any European
spelling; single ones among other words weigh little.
Cost: linear; half a millisecond for a message, 40 ms for 65,536 characters of prose.
References: Shannon, "Prediction and Entropy of Printed English" (1951).
"""

import math
from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal

import regex
from msgspec import Struct
from pydantic import Field

from shield.document import Document
from shield.policy.schema import SEVERITIES, SeverityName
from shield.scanners import Services
from shield.text.canonical import canonical
from shield.text.letters import surprise
from shield.types import Checkpoint, Finding, Source, Span, Subject, Surface

_LEAST = 12  # letters in judged words from which a text is judged
_SHORT, _LONG = 5, 30  # letters of a word that says something
_CHUNK = regex.compile(r"\S++")
_WRAPPED = regex.compile(r"^[\p{P}]*+|[\p{P}]*$")
# Words as prose has them: no code, no address, no number, no inner capital.
_PROSE = regex.compile(r"\p{L}[\p{Ll}\p{Lo}\p{M}]*(?:['’\-]\p{L}?[\p{Ll}\p{Lo}\p{M}]*)*")
_WORD = regex.compile(rf"[\p{{L}}\p{{M}}]{{{_SHORT},}}")
_NOISE = 0.5
_MIDDLE, _WIDTH = 5.8, 0.3  # bits a letter: words lie around 3.5, random letters around 7.5


class GibberishOptions(Document):
    """How heavy gibberish weighs, and in whose text."""

    severity: SeverityName = "notice"
    surfaces: Annotated[tuple[Surface, ...], Field(min_length=1)] = (Surface.USER, Surface.ANSWER)


class _Judged(Struct, frozen=True):
    """A word, where it stands, and how surely it is noise."""

    start: int
    end: int
    noise: float


class Gibberish:
    """See the module's docstring."""

    id: ClassVar[str] = "gibberish"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = GibberishOptions

    def __init__(self, options: GibberishOptions, services: Services) -> None:
        self._options = options

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a segment with noise; the score is the share of letters in noise."""
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM or segment.surface not in self._options.surfaces:
                continue
            judged = list(_words(segment.text))
            letters = sum(w.end - w.start for w in judged)
            noisy = [w for w in judged if w.noise >= _NOISE]
            if noisy and letters >= _LEAST:
                yield Finding(
                    rule="gibberish/letters",
                    scanner=self.id,
                    severity=SEVERITIES[self._options.severity],
                    score=sum((w.end - w.start) * w.noise for w in judged) / letters,
                    message="Most letters of the text form no words.",
                    spans=(Span(index, noisy[0].start, noisy[-1].end),),
                    surface=segment.surface,
                )


def noise(bits: float) -> float:
    """How surely a word is noise, from its bits a letter: sigmoid((bits - 5.8) / 0.3).

    Of the words of honest texts one in a hundred gets 0.5, of random letters nine in ten.
    """
    return 0.5 * (1.0 + math.tanh(0.5 * (bits - _MIDDLE) / _WIDTH))


def _words(text: str) -> Iterator[_Judged]:
    """The words of a text that can be judged; each spelling is looked up once."""
    known: dict[str, float | None] = {}
    for chunk in _CHUNK.finditer(text):
        bare = _WRAPPED.sub("", chunk[0])
        if len(bare) < _SHORT or not _PROSE.fullmatch(bare):
            continue
        start = chunk.start() + chunk[0].index(bare)
        for word in _WORD.finditer(bare):
            if word[0] not in known:
                plain = canonical(word[0]).text
                known[word[0]] = surprise(plain) if len(plain) <= _LONG else None
            bits = known[word[0]]
            if bits is not None:
                yield _Judged(start + word.start(), start + word.end(), noise(bits))
