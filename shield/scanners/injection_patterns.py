"""Pattern rules from `policies/rules/`, read in every view of a text.

Detects: phrases and forms of injections (override, role tags, prompt leak, persona, policy
puppetry, exfiltration and tool orders, assembly cues, forged history), plain or disguised.
Misses: paraphrases that share no rule's wording; languages that no rule is written in.
False positives: texts that quote attacks in order to talk about them.
Cost: one pass of literal searches a view; a pattern runs only where its keyword stands.
References: OWASP LLM01:2025; Hackett et al. 2025 (arXiv 2504.11168) for the disguises.
"""

import time
from collections.abc import Iterable
from typing import ClassVar, Literal

from shield.policy.schema import SEVERITIES
from shield.scanners import NoOptions, Services
from shield.types import Checkpoint, Finding, Segment, Source, Span, Subject
from shield.view import View


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
            for view in subject.views[index]:
                if view.kind != "raw":
                    for finding in self._view(index, segment, view, until):
                        found.setdefault((finding.rule, finding.spans[0]), finding)
            yield from found.values()

    def _view(self, index: int, segment: Segment, view: View, until: float) -> Iterable[Finding]:
        for match in self._patterns.find(view, until):
            rule = self._rules[match.rule]
            if segment.surface in rule.surfaces:
                start, end = view.source_span(match.start, match.end)
                yield Finding(
                    rule=rule.id,
                    scanner=self.id,
                    severity=SEVERITIES[rule.severity],
                    score=1.0,
                    message=rule.message,
                    spans=(Span(index, start, end),),
                    tags=rule.tags,
                    surface=segment.surface,
                )
