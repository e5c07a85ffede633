"""What a policy must show before it serves: its rules' own proofs, and scanners that work.

What it decides on plain words is told and not judged: a policy for one language or one topic may
well refuse them. A rollout in stages is what protects from a policy that refuses too much.
"""

from collections.abc import Iterable

from shield.errors import PolicyError
from shield.guard import Guard
from shield.label import segment
from shield.policy import rules
from shield.policy.schema import PatternRule
from shield.types import Decision, Outcome, Source, strictest

_ASKED = "When does the library open on Saturday, and where do I return a book?"
_SAID = "It opens at nine. Books go into the box beside the door."


def check(guard: Guard, proven: Iterable[PatternRule] = ()) -> Decision:
    """Prove the rules of a guard's policy that are not `proven`, and that its scanners work.

    `guard` is one that tells nobody. Returns what it decides on plain words.

    Raises:
        PolicyError: a rule fails its own examples, a scanner fails, or something is not looked at.
    """
    where, known = guard.policy.path, frozenset(proven)
    failures = rules.prove(rule for rule in guard.policy.rules if rule not in known)
    if failures:
        raise PolicyError(
            f"{len(failures)} proofs fail: {failures[0]}",
            where=where,
            mend="run `shield policy check`",
        )
    with guard.exchange() as exchange:
        outcomes = [exchange.input([segment(_ASKED, Source.USER)]), exchange.output(_SAID)]
    for outcome in outcomes:
        why = _wrong(outcome)
        if why:
            raise PolicyError(f"self-test: {why}", where=where, mend="run `shield audit`")
    return strictest(*(outcome.verdict.decision for outcome in outcomes))


def _wrong(outcome: Outcome) -> str:
    verdict = outcome.verdict
    broken = sorted({f.scanner for f in verdict.findings if f.error})
    if broken:
        return f"{', '.join(broken)} failed"
    return "plain words were not looked at whole" if verdict.coverage.skipped else ""
