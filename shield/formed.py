"""An answer in the form that the policy asks for: repaired, or asked for once more.

Both are off until they are asked for, and what comes of them is judged anew, by all scanners, before it
can be used. For whole answers; a stream that is cut has left in part.
"""

from collections.abc import Callable

from shield.exchange import Exchange
from shield.types import Decision, Outcome, Verdict
from shield.wire.repair import repaired

Again = Callable[[tuple[str, ...]], str]
_SCANNER = "schema"


def formed(
    exchange: Exchange, text: str, *, repair: bool = False, again: Again | None = None
) -> Outcome:
    """Judge an answer as `exchange.output` does; one that only lacks the form gets another chance.

    Args:
        exchange: the request that it answers.
        text: the answer.
        repair: try to repair JSON (needs the extra `forms`).
        again: asks the model once more, told the broken rules such as `schema/mismatch`, and
            returns its new answer. Its exceptions are the caller's.

    Returns:
        The outcome of the newest text; where it passes, `segments` hold that text.
    """
    outcome = exchange.output(text)
    if repair and _lacks_form(outcome) and (mended := repaired(text)):
        outcome = exchange.output(mended)
    if again is not None and _lacks_form(outcome):
        outcome = exchange.output(again(_rules(outcome.verdict)))
    return outcome


def _lacks_form(outcome: Outcome) -> bool:
    """True when an answer is stopped and all that was found is that its form is wrong."""
    found, skipped = outcome.verdict.findings, outcome.verdict.coverage.skipped
    only_form = bool(found) and all(f.scanner == _SCANNER and not f.error for f in found)
    return outcome.decision is not Decision.ALLOW and only_form and not skipped


def _rules(verdict: Verdict) -> tuple[str, ...]:
    return tuple(sorted({finding.rule for finding in verdict.findings}))
