"""Pattern rules from `policies/rules/`, read in every view of a text.

Detects: phrases and forms of injections (override, role tags, prompt leak, persona, policy
puppetry, exfiltration and tool orders, assembly cues, forged history), plain or disguised.
Misses: paraphrases that share no rule's wording; languages that no rule is written in; quoted phrases
weigh little, so that people can talk about attacks, and are left to the classifier.
False positives: texts that repeat attacks without quotation marks in order to talk about them.
Cost: one pass of literal searches a view; a pattern runs only where its keyword stands.
References: OWASP LLM01:2025; Hackett et al. 2025 (arXiv 2504.11168) for the disguises.
"""

import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import ClassVar, Literal

from shield.policy.schema import SEVERITIES
from shield.scanners import NoOptions, Services
from shield.text.patterns import Match
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject, Surface
from shield.view import View

_QUOTED = "injection_patterns/quoted"
_QUOTED_MESSAGE = "A phrase of an injection is quoted."
# Opening sign, its closing ones. A straight quote in data is JSON as often as a quotation.
_MARKS = {
    "\u201c": "\u201d",
    "\u201e": "\u201c\u201d",
    "\u00ab": "\u00bb",
    "\u00bb": "\u00ab",
    "`": "`",
}
_MARKS |= {"\u300c": "\u300d", "\u300e": "\u300f", "\u2018": "\u2019", "\u201a": "\u2018\u2019"}
_STRAIGHT = {'"': '"', "'": "'"}
_QUOTE_ROOM = 200
# Views that still show the text as its author set it, with its quotation marks.
_SHOWN = frozenset({"canonical", "leet", "joined", "html_visible", "entities", "escapes"})
_SHOWN |= {"percent", "quoted_printable", "unstyled", "erased", "reordered", "comments"}
_UNSEEN = frozenset({"hidden", "html_hidden"})
_PLACES = 64  # of one rule in one view; more would tell nothing new


class InjectionPatterns:
    """See the module's docstring."""

    id: ClassVar[str] = "injection_patterns"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = 400
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        self._rules = {rule.id: rule for rule in services.rules}
        self._patterns = services.patterns
        self._seconds = services.pattern_seconds

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule, view and place.

        Raises:
            TimeoutError: the patterns took longer than the policy allows.
        """
        until = time.monotonic() + self._seconds
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM:
                continue
            found: dict[tuple[str, Span], Finding] = {}
            plain = _Places()
            for view in subject.views[index]:
                if view.kind != "raw":
                    for finding in self._view(index, segment, view, until, plain):
                        found.setdefault((finding.rule, finding.spans[0]), finding)
            yield from found.values()

    def _view(
        self, index: int, segment: Segment, view: View, until: float, plain: "_Places"
    ) -> Iterable[Finding]:
        counts: Counter[str] = Counter()
        for match in self._patterns.find(view, until):
            rule = self._rules[match.rule]
            if segment.surface in rule.surfaces and counts[rule.id] < _PLACES:
                start, end = view.source_span(match.start, match.end)
                if view.kind == "canonical":
                    plain.add(rule.id, start, end)
                elif view.kind not in _UNSEEN and plain.has(rule.id, start, end):
                    continue  # the text says so itself, and was judged as it says it
                quoted = view.kind in _SHOWN and _quoted(view.text, match, segment.surface)
                counts[rule.id] += not quoted
                yield Finding(
                    rule=_QUOTED if quoted else rule.id,
                    scanner=self.id,
                    severity=Severity.NOTICE if quoted else SEVERITIES[rule.severity],
                    score=1.0,
                    message=_QUOTED_MESSAGE if quoted else rule.message,
                    spans=(Span(index, start, end),),
                    tags=rule.tags,
                    surface=segment.surface,
                )


class _Places:
    """Where the rules matched in the canonical view, which is read first."""

    def __init__(self) -> None:
        self._ends: dict[str, list[int]] = {}
        self._starts: dict[str, list[int]] = {}

    def add(self, rule: str, start: int, end: int) -> None:
        """Note a match; those of one rule come in order."""
        self._starts.setdefault(rule, []).append(start)
        self._ends.setdefault(rule, []).append(end)

    def has(self, rule: str, start: int, end: int) -> bool:
        """True when the rule matched somewhere in the range."""
        ends = self._ends.get(rule, [])
        place = bisect_right(ends, start)
        return place < len(ends) and self._starts[rule][place] < end


def _quoted(text: str, match: Match, surface: Surface) -> bool:
    """True when the match stands in quotation marks, in a code fence, or in a quoted line."""
    line = text[text.rfind("\n", 0, match.start) + 1 : match.start]
    if line.lstrip().startswith(">") or text.count("```", 0, match.start) % 2:
        return True
    marks = _MARKS if surface is Surface.DATA else {**_MARKS, **_STRAIGHT}
    before = line[-_QUOTE_ROOM:]
    after = text[match.end : match.end + _QUOTE_ROOM].partition("\n")[0]
    for sign in reversed(before):
        if sign in marks:
            return any(closing in after for closing in marks[sign])
    return False
