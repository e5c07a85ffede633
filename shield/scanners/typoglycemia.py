"""Phrases under scrambled, dropped, doubled, swapped or neighbouring letters.

Detects: the lexicon's phrases where at least one word is respelled so that people and models
still read it: same first and last letter with the inner ones shuffled, or an edit or two away.
Misses: words whose first letter is changed; phrases that the lexicon does not hold.
False positives: honest misspellings that happen to form a phrase of the lexicon.
Cost: linear; a dictionary look-up a word, an edit distance for the few that share a signature.
References: OWASP LLM01:2025; the typoglycemia section of the OWASP prompt-injection cheat sheet.
"""

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

import regex
from msgspec import Struct
from rapidfuzz.distance import OSA

from shield.policy.schema import PhraseRule
from shield.scanners import NoOptions, Services
from shield.types import Checkpoint, Finding, Severity, Source, Span, Subject
from shield.view import View

_WORD = regex.compile(r"[^\W\d_]+")
_KINDS = frozenset({"canonical", "html_hidden", "hidden"})
_GAP_WORDS = 3
_MIN_FUZZY = 5
_LONG = 8


class _Phrase(Struct, frozen=True):
    rule: str
    slots: tuple[frozenset[str], ...]


class _Token(Struct, frozen=True):
    """A word of the text: the lexicon words that it reads as, and whether it is respelled."""

    words: frozenset[str]
    start: int
    end: int
    respelled: bool


class Typoglycemia:
    """See the module's docstring."""

    id: ClassVar[str] = "typoglycemia"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = 120
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        self._phrases = tuple(map(_phrase, services.phrases))
        self._exact = frozenset(w for p in self._phrases for slot in p.slots for w in slot)
        self._by_ends: dict[tuple[str, str], tuple[str, ...]] = {}
        for word in sorted(self._exact):
            key = word[0], word[-1]
            self._by_ends[key] = (*self._by_ends.get(key, ()), word)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a respelled phrase; the score is higher the more of its words are respelled."""
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM:
                continue
            for view in subject.views[index]:
                if view.kind in _KINDS:
                    for rule, score, span in self._view(view):
                        yield Finding(
                            rule=rule,
                            scanner=self.id,
                            severity=Severity.CRITICAL,
                            score=score,
                            message="A phrase of an injection stands here in disguised spelling.",
                            spans=(Span(index, *span),),
                            tags=("owasp:llm01",),
                            surface=segment.surface,
                        )

    def _view(self, view: View) -> Iterator[tuple[str, float, tuple[int, int]]]:
        tokens = self._tokens(view.text)
        if not any(token.respelled for _, token in tokens):
            return
        for phrase in self._phrases:
            for found in _found(phrase, tokens):
                respelled = sum(token.respelled for token in found)
                if respelled:
                    span = view.source_span(found[0].start, found[-1].end)
                    yield phrase.rule, 0.5 + 0.5 * respelled / len(found), span

    def _tokens(self, text: str) -> list[tuple[int, _Token]]:
        """The words that read as lexicon words, with their number in the text."""
        tokens = []
        for number, match in enumerate(_WORD.finditer(text)):
            word = match[0]
            if word in self._exact:
                tokens.append((number, _token(match, frozenset({word}), respelled=False)))
            elif len(word) >= _MIN_FUZZY - 1 and (read := self._read(word)):
                tokens.append((number, _token(match, read, respelled=True)))
        return tokens

    def _read(self, word: str) -> frozenset[str]:
        near = self._by_ends.get((word[0], word[-1]), ())
        return frozenset(known for known in near if _reads_as(word, known))


def _token(match: "regex.Match[str]", words: frozenset[str], *, respelled: bool) -> _Token:
    return _Token(words, match.start(), match.end(), respelled)


def _reads_as(word: str, known: str) -> bool:
    if len(known) < _MIN_FUZZY or abs(len(known) - len(word)) > 2:
        return False
    if len(word) == len(known) and sorted(word) == sorted(known):
        return True
    allowed = 2 if len(known) >= _LONG else 1
    return OSA.distance(word, known, score_cutoff=allowed) <= allowed


def _found(phrase: _Phrase, tokens: list[tuple[int, _Token]]) -> Iterator[list[_Token]]:
    """Runs of tokens that fill the slots in order, with few other words between them."""
    filled: list[list[tuple[int, _Token]]] = [[] for _ in phrase.slots]
    for number, token in tokens:
        for slot in range(len(phrase.slots) - 1, -1, -1):
            if token.words.isdisjoint(phrase.slots[slot]):
                continue
            if slot == 0:
                filled[0] = [(number, token)]
                continue
            before = filled[slot - 1]
            if before and number - before[-1][0] <= _GAP_WORDS:
                filled[slot] = [*before, (number, token)]
        if filled[-1]:
            yield [token for _, token in filled[-1]]
            filled = [[] for _ in phrase.slots]


def _phrase(rule: PhraseRule) -> _Phrase:
    return _Phrase(rule.id, tuple(frozenset(slot.split()) for slot in rule.slots))
