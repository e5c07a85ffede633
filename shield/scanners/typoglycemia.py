"""Phrases under scrambled, dropped, doubled, swapped or broken letters.

Detects: the lexicon's phrases, within one sentence and with up to three other words between two of
theirs, where words are respelled so that people and models still read them: inner letters
shuffled; letters dropped, doubled, swapped, wrong or left out for brevity; a letter put in
front; a word broken in two.
Misses: phrases that the lexicon does not hold; words of three letters, which have no order inside;
words whose ends are changed.
False positives: few, and weak ones. What may be slips of the hand is a warning that blocks nothing
alone, and one slip in a phrase scores below one half: such a phrase counts as the plain one
does, by what other scanners find in the view `respelled`. Words of an everyday vocabulary are
never taken for misspelled ones.
Cost: linear; a few dictionary look-ups for each different word that is not in that vocabulary,
an edit distance for those that share a signature with a word of the lexicon.
References: OWASP LLM01:2025; the typoglycemia section of the OWASP prompt-injection cheat sheet.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Literal, NamedTuple

import regex

from shield.policy.schema import PhraseRule
from shield.scanners import NoOptions, Services
from shield.text.canonical import canonical
from shield.text.lexicon import WORD, located, words
from shield.text.misspelt import Reader
from shield.text.respelled import known
from shield.types import Checkpoint, Finding, Severity, Source, Span, Subject
from shield.view import View

# Readings of the whole text as something else, in which respelled words are found by chance, and
# the one in which they stand corrected.
_BLIND = frozenset({"raw", "rot13", "atbash", "caesar", "reversed", "respelled"})
_JOINED = 6  # letters of a word that is found broken in two
_GAP = 4  # from one word of a phrase to the next
_BEFORE = 30  # characters before a phrase in which a word may make it honest
_AROUND = 200  # characters around a respelled word in which the others of its phrase stand
_SHORTEST = 4
_STOP = regex.compile(r"[.!?…][\s\"'”»)]|\n\s*\n")


class _Phrase(NamedTuple):
    rule: str
    slots: int
    unless: frozenset[str]


class _Token(NamedTuple):
    """A word, its number, and the lexicon words that it is read as, each with whether that
    reading is strange.
    """

    number: int
    start: int
    end: int
    read: Mapping[str, bool]
    respelled: bool


class _Step(NamedTuple):
    """A token in a slot of a phrase, with what the slots up to it came to."""

    token: _Token
    first: _Token
    respelled: int
    strange: bool


class Typoglycemia:
    """See the module's docstring."""

    id: ClassVar[str] = "typoglycemia"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = _AROUND
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        self._phrases = tuple(map(_phrase, services.phrases))
        places: dict[str, list[tuple[int, int]]] = {}
        for number, rule in enumerate(services.phrases):
            for slot in range(len(rule.slots) - 1, -1, -1):  # no token fills two slots in a row
                for word in _words(rule.slots[slot]):
                    places.setdefault(word, []).append((number, slot))
        self._places = {word: tuple(found) for word, found in places.items()}
        self._reader = Reader(places, lenient=True)
        self._parts = frozenset(
            part for word in places if len(word) >= _JOINED for part in _halves(word)
        )

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a phrase with a span for each place; the score is higher the more of its
        words are respelled.
        """
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM:
                continue
            worst: dict[str, tuple[Severity, float]] = {}
            spans: dict[str, set[Span]] = {}
            for view in subject.views[index]:
                for rule, step, score in self._found(view):
                    severity = Severity.CRITICAL if step.strange else Severity.WARNING
                    worst[rule] = max((severity, score), worst.get(rule, (severity, 0.0)))
                    span = Span(index, *view.source_span(step.first.start, step.token.end))
                    spans.setdefault(rule, set()).add(span)
            for rule, (severity, score) in worst.items():
                yield Finding(
                    rule=rule,
                    scanner=self.id,
                    severity=severity,
                    score=score,
                    message="A phrase of an injection stands here respelled.",
                    spans=tuple(sorted(spans[rule])),
                    tags=("owasp:llm01",),
                    surface=segment.surface,
                )

    def _found(self, view: View) -> Iterator[tuple[str, _Step, float]]:
        """Rule, last step and score of each phrase in which a word is respelled."""
        odd = set() if view.kind in _BLIND else set(words(view.text)) - known()
        read = {word: found for word in odd - self._places.keys() if (found := self._read(word))}
        for bounds in located(view.text, read.keys() | (odd & self._parts), _AROUND):
            tokens = self._tokens(view.text, bounds, read, odd)
            for number, step in self._filled(view.text, tokens):
                phrase = self._phrases[number]
                if step.respelled and not _honest(phrase, view.text, step):
                    yield phrase.rule, step, _score(step, phrase.slots)

    def _read(self, word: str) -> Mapping[str, bool]:
        readings = self._reader.read(word) if len(word) >= _SHORTEST else ()
        return {reading.word: reading.strange for reading in readings}

    def _tokens(
        self,
        text: str,
        bounds: tuple[int, int],
        read: Mapping[str, Mapping[str, bool]],
        odd: set[str],
    ) -> Iterator[_Token]:
        """The words of the lexicon in a stretch: as they are, respelled, or broken in two."""
        before, begin, stop = "", 0, 0
        for number, match in enumerate(WORD.finditer(text, *bounds)):
            word, (start, end) = match[0], match.span()
            if (word in odd or before in odd) and start - stop == 1:
                if (whole := before + word) in self._places:
                    yield _Token(number, begin, end, {whole: False}, respelled=True)
            if word in self._places:
                yield _Token(number, start, end, {word: False}, respelled=False)
            elif word in read:
                yield _Token(number, start, end, read[word], respelled=True)
            before, begin, stop = word, start, end

    def _filled(self, text: str, tokens: Iterable[_Token]) -> Iterator[tuple[int, _Step]]:
        """Phrases whose slots are filled in order, with few other words between, by number."""
        open_: dict[tuple[int, int], _Step] = {}
        for token in tokens:
            for word, strange in token.read.items():
                for number, slot in self._places[word]:
                    before = open_.get((number, slot - 1))
                    if slot and (before is None or _apart(text, before.token, token)):
                        continue
                    step = _step(before, token, strange=strange)
                    if slot + 1 < self._phrases[number].slots:
                        open_[number, slot] = step
                    else:
                        del open_[number, slot - 1]
                        yield number, step


def _step(before: _Step | None, token: _Token, *, strange: bool) -> _Step:
    if before is None:
        return _Step(token, token, int(token.respelled), strange)
    respelled = before.respelled + token.respelled
    return _Step(token, before.first, respelled, before.strange or strange)


def _score(step: _Step, slots: int) -> float:
    """Above one half, unless all there is may be a slip."""
    share = step.respelled / slots
    return 0.5 * share if step.respelled == 1 and not step.strange else 0.5 + 0.5 * share


def _apart(text: str, before: _Token, after: _Token) -> bool:
    return (
        not 0 < after.number - before.number <= _GAP
        or _STOP.search(text, before.end, after.start + 1) is not None
    )


def _honest(phrase: _Phrase, text: str, step: _Step) -> bool:
    """True when a word in the phrase or shortly before it says that nobody gives an order."""
    if not phrase.unless:
        return False
    start, end = step.first.start, step.token.end
    before = _STOP.split(text[max(0, start - _BEFORE) : start])[-1]
    return not phrase.unless.isdisjoint(words(before.partition(" ")[2] + text[start:end]))


def _halves(word: str) -> Iterator[str]:
    for cut in range(2, len(word) - 1):
        yield from (word[:cut], word[cut:])


def _words(slot: str) -> frozenset[str]:
    return frozenset(words(canonical(slot).text))


def _phrase(rule: PhraseRule) -> _Phrase:
    return _Phrase(rule.id, len(rule.slots), _words(rule.unless))
