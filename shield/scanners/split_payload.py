"""Payloads divided over fields, variables, numbered parts and the turns of a conversation.

Detects: pattern rules that match only once turns or fields are joined; strings assembled from
assigned variables or quoted parts; the same when the client sends its history or only the
newest message of a session.
Misses: fragments that need understanding to be joined; acrostics; many-shot blocks.
False positives: rare, since every single fragment must be clean and the whole must match a rule.
Cost: one canonical view of the joined user turns, bounded by the session's history.
References: OWASP LLM01:2025 scenario 6 (payload splitting).
"""

import time
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import ClassVar, Literal

import regex
from msgspec import Struct

from shield.policy.schema import SEVERITIES, PatternRule
from shield.scanners import NoOptions, Services
from shield.text.canonical import canonical
from shield.text.patterns import Match
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject
from shield.view import View

_ASSIGNED = regex.compile(
    r"(?<![\w.])(\w{1,24})\s*(?::=|=|:|\bis\b|\bist\b|\best\b|\bes\b)\s*(?:\"([^\"\n]{1,200})\"|'([^'\n]{1,200})'|“([^”\n]{1,200})”|«\s?([^»\n]{1,200})»|„([^“\n]{1,200})“)"
)
_SUM = regex.compile(
    r"(?<![\w.])(\w{1,24})((?:\s*(?:\+|\.\.|&|\band\b|\bund\b|\bet\b|\by\b|,)\s*\w{1,24}){1,12})"
)
_NAME = regex.compile(r"\w{1,24}")
_PART = regex.compile(
    r"(?im)(?:\b(?:part|teil|partie|parte|deel|fragment|piece|chunk|step)\s*#?(\d{1,2}|[a-h])\b|^\s*[(\[]?(\d{1,2})[)\].:/])[ \t]{0,8}(?:/ ?\d{1,2})?[ \t]{0,8}[:=).\-–—]{0,3}\s{0,8}[\"'“«]?([^\n\"“”»]{1,200})"
)
_SEPARATORS = ("", " ")
_MAX_TURNS = 24


class _Piece(Struct, frozen=True):
    """A fragment; `segment` is its index in the subject, None when it is history."""

    text: str
    segment: int | None


class SplitPayload:
    """See the module's docstring."""

    id: ClassVar[str] = "split_payload"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        self._rules = {rule.id: rule for rule in services.rules}
        self._patterns = services.patterns
        self._seconds = services.pattern_seconds

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule that only the joined text matches.

        Raises:
            TimeoutError: the patterns took longer than the policy allows.
        """
        until = time.monotonic() + self._seconds
        pieces = _pieces(subject)
        spans = tuple(
            Span(p.segment, 0, len(p.text)) for p in pieces if p.segment is not None and p.text
        )[-_MAX_TURNS:]
        for rule, kind in sorted(self._split(pieces, until)):
            pattern = self._rules[rule]
            yield Finding(
                rule=f"split_payload/{kind}",
                scanner=self.id,
                severity=max(Severity.CRITICAL, SEVERITIES[pattern.severity]),
                score=1.0,
                message="Fragments that are harmless alone form an injection together.",
                spans=spans,
                tags=pattern.tags,
                surface=subject.segments[spans[-1].segment].surface if spans else None,
            )

    def _split(self, pieces: list[_Piece], until: float) -> set[tuple[str, str]]:
        """Rules, and how they were split, that match together and in no fragment alone."""
        texts = [p.text.strip() for p in pieces[-_MAX_TURNS:] if p.text.strip()]
        found = {
            (m.rule, "assembled")
            for t in _assembled("\n".join(texts))
            for m in self._find(t, until)
        }
        if len(texts) > 1:
            for separator in _SEPARATORS:
                found |= {(m.rule, "over-turns") for m in self._find(separator.join(texts), until)}
        found = {(rule, kind) for rule, kind in found if _strong(self._rules[rule])}
        if not found:
            return found
        alone = {match.rule for text in texts for match in self._find(text, until)}
        return {(rule, kind) for rule, kind in found if rule not in alone}

    def _find(self, text: str, until: float) -> Iterator[Match]:
        return self._patterns.find(View("canonical", canonical(text).text), until)


def _strong(rule: PatternRule) -> bool:
    return SEVERITIES[rule.severity] >= Severity.ERROR


def _pieces(subject: Subject) -> list[_Piece]:
    """User turns of the history and the request, then documents and tool results in order."""
    past = [_Piece(s.text, None) for s in subject.history if s.source is Source.USER]
    now = [(i, s) for i, s in enumerate(subject.segments) if s.source is Source.USER]
    pieces = past + [_Piece(s.text, i) for i, s in now]
    old = [_Piece(s.text, None) for s in subject.history if _untrusted(s)]
    new = [_Piece(s.text, i) for i, s in enumerate(subject.segments) if _untrusted(s)]
    return pieces + old + new


def _untrusted(segment: Segment) -> bool:
    return segment.source in {Source.TOOL, Source.DOCUMENT}


def _assembled(text: str) -> Iterator[str]:
    """Strings that the text tells the reader to build."""
    named = {m[1].lower(): next(filter(None, m.groups()[1:])) for m in _ASSIGNED.finditer(text)}
    if len(named) > 1:
        for run in _SUM.finditer(text):
            names = [n.lower() for n in _NAME.findall(run[0])]
            parts = [named[n] for n in names if n in named]
            if len(parts) > 1:
                yield "".join(parts)
                yield " ".join(parts)
        yield "".join(named.values())
        yield " ".join(named.values())
    parts = [(m[1] or m[2], m[3].strip()) for m in _PART.finditer(text)]
    if len(parts) > 1:
        first = [next(group)[1] for _, group in groupby(sorted(parts, key=_number), key=_number)]
        yield "".join(first)
        yield " ".join(first)


def _number(part: tuple[str, str]) -> int:
    return int(part[0]) if part[0].isdigit() else ord(part[0].lower()) - 96
