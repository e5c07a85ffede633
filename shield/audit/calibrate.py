"""Thresholds, chosen jointly on tune cases.

Every scanner that reports a graded score has one threshold a surface. All are chosen
together: starting from all off, the threshold whose next step gains most detection for
the false positives it spends is lowered, as long as the union of all scanners stays within
the budget in every benign group. What rules block by themselves is spent first.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import Struct

from shield.audit.corpus import Case, Kind, Line, Turn
from shield.audit.replay import verdicts
from shield.decide import decide
from shield.errors import CorpusError
from shield.guard import Guard
from shield.policy.load import Policy
from shield.policy.schema import Budget, CheckpointEntry, ScannerEntry
from shield.types import Checkpoint, Decision, Source, Verdict

# Scanners whose score is a probability; the others report what is there, with score 1.
GRADED = frozenset({"injection", "injection_ngram"})
OFF = 1.0
_EXTRA = "extra:"
_STEPS = 60
# Of the budget, on top of what rules cost: thresholds look better on the cases that chose them,
# and the gate judges an upper bound.
_AIM = 0.25
# A chosen threshold lies exactly at the highest score of some honest case; its odds are doubled.
_GUARD = 2.0
_EXTRA_PER_FILE = 240
_EXTRA_CHARS = 8_000


class Graded(Struct, frozen=True):
    """A case: whether the rules alone stop it, and its highest score a key."""

    kind: Kind
    group: str
    stopped: bool
    scores: dict[str, float]

    def flagged(self, thresholds: dict[str, float]) -> bool:
        """True when the case is stopped at these thresholds."""
        return self.stopped or any(s >= thresholds[k] for k, s in self.scores.items())


def graded(policy: Policy, cases: Iterable[Case], tick: Callable[[], None]) -> list[Graded]:
    """Score every case once, with nothing blocked."""
    guard = Guard(_open(policy), complete=True)
    found = []
    for case in cases:
        found.append(_graded(policy, case, verdicts(guard, case)))
        tick()
    guard.close()
    return found


def choose(items: Sequence[Graded], budget: Budget) -> dict[str, float]:
    """The thresholds with the highest detection within the budget, by coordinate search."""
    keys = sorted({k for item in items for k in item.scores})
    thresholds = dict.fromkeys(keys, OFF)
    ladders = {key: _ladder(key, items) for key in keys}
    attacks = [i for i in items if i.kind is Kind.ATTACK and not i.stopped]
    while True:
        best: tuple[float, str, float] | None = None
        now = sum(i.flagged(thresholds) for i in attacks)
        spent = _harmed(items, thresholds)
        for key in keys:
            for step in ladders[key]:
                tried = {**thresholds, key: step}
                if step >= thresholds[key]:
                    continue
                if not _feasible(items, tried, budget):
                    break
                gain = sum(i.flagged(tried) for i in attacks) - now
                price = _harmed(items, tried) - spent
                if gain > 0 and (best is None or gain / (1 + price) > best[0]):
                    best = gain / (1 + price), key, step
        if best is None:
            return {key: _guarded(value) for key, value in thresholds.items()}
        thresholds[best[1]] = best[2]


def _guarded(threshold: float) -> float:
    """The threshold moved up by the guard band, so that the next honest text need not meet it."""
    if threshold >= OFF:
        return threshold
    odds = _GUARD * threshold / (1 - threshold)
    return round(odds / (1 + odds), 6)


def benign_rows(folder: Path) -> Iterator[Case]:
    """Benign rows of `*.jsonl` and `*.jsonl.gz` files, evenly spaced; one group a file.

    A row has `text` or `messages`, and a `label` that is not an attack's.

    Raises:
        CorpusError: the folder holds no such file.
    """
    files = sorted([*folder.glob("*.jsonl"), *folder.glob("*.jsonl.gz")])
    if not files:
        raise CorpusError("no .jsonl or .jsonl.gz file", where=folder, mend="give a folder of rows")
    for path in files:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            rows = [row for row in map(json.loads, lines) if _benign(row)]
        step = max(1, len(rows) // _EXTRA_PER_FILE)
        for number, row in enumerate(rows[::step]):
            turns = tuple(_turns(row, path.name))
            if turns:
                name = f"{path.name}-{number}"
                line = Line(name, "und", "tune", "extra", Decision.REDACT, turns)
                yield Case(Kind.BENIGN, f"{_EXTRA}{path.name.split('.')[0]}", line)


def _open(policy: Policy) -> Policy:
    """The policy with every threshold at zero and every decision allow, so that all scores show."""
    document = policy.document
    scanners = {
        name: ScannerEntry(checkpoints=entry.checkpoints, options=entry.options)
        for name, entry in document.scanners.items()
    }
    loose = {c: CheckpointEntry(block_at=10**6) for c in Checkpoint}
    update = {"scanners": scanners, "checkpoints": loose, "mode": "observe", "level": 10**6}
    shown = policy.with_thresholds(dict.fromkeys(document.scanners, 0.0))
    return shown.with_document(document.model_copy(update=update))


def _graded(policy: Policy, case: Case, found: list[Verdict]) -> Graded:
    scores: dict[str, float] = {}
    stopped = False
    for verdict in found:
        fixed = [f for f in verdict.findings if f.scanner not in GRADED]
        judged = decide(policy, verdict.checkpoint, fixed, verdict.coverage)
        stopped |= _counts(case, judged.decision)
        for finding in verdict.findings:
            if finding.scanner in GRADED:
                key = f"{finding.scanner}@{finding.surface}"
                scores[key] = max(scores.get(key, 0.0), finding.score)
    return Graded(case.kind, case.group, stopped, scores)


def _counts(case: Case, decision: Decision) -> bool:
    expect = case.line.expect
    return decision.rank >= expect.rank if case.kind is Kind.ATTACK else decision.rank > expect.rank


def _ladder(key: str, items: Sequence[Graded]) -> list[float]:
    """Candidate thresholds, from strict to lax: between the scores of benign cases."""
    scores = sorted({i.scores[key] for i in items if key in i.scores and i.kind is not Kind.ATTACK})
    top = [s + 1e-6 for s in scores[-_STEPS:]]
    return [round(min(OFF, step), 6) for step in reversed(top)]


def _harmed(items: Sequence[Graded], thresholds: dict[str, float]) -> int:
    return sum(i.flagged(thresholds) for i in items if i.kind is not Kind.ATTACK)


def _feasible(items: Sequence[Graded], thresholds: dict[str, float], budget: Budget) -> bool:
    """Corpus and extra pooled apart, and each group; what rules alone cost is always allowed."""
    by_group: dict[tuple[Kind, str], list[tuple[bool, bool]]] = {}
    for item in items:
        if item.kind is not Kind.ATTACK:
            flags = item.flagged(thresholds), item.stopped
            by_group.setdefault((item.kind, item.group), []).append(flags)
    for is_extra in (False, True):
        benign = [
            pair
            for (kind, name), pairs in by_group.items()
            if kind is Kind.BENIGN and name.startswith(_EXTRA) is is_extra
            for pair in pairs
        ]
        if sum(flagged for flagged, _ in benign) > _room(benign, budget.false_positive_rate):
            return False
    return all(
        _within(pairs, budget.near_miss_rate if kind is Kind.NEAR_MISS else budget.domain_rate)
        for (kind, _), pairs in by_group.items()
    )


def _room(pairs: Sequence[tuple[bool, bool]], most: float) -> float:
    """What may be flagged in all: what the rules cost, and a share of the budget on top of it,
    as far as that stays within the budget.
    """
    base, whole = sum(stopped for _, stopped in pairs), most * len(pairs)
    return max(base, min(whole, base + _AIM * whole))


def _within(pairs: Sequence[tuple[bool, bool]], most: float) -> bool:
    allowed = max(most * len(pairs), sum(base for _, base in pairs))
    return sum(flagged for flagged, _ in pairs) <= allowed


def _benign(row: dict[str, object]) -> bool:
    label = str(row.get("label", "benign"))
    return not any(word in label for word in ("attack", "injection", "jailbreak"))


def _turns(row: dict[str, object], name: str) -> Iterator[Turn]:
    text = row.get("text")
    if isinstance(text, str) and text.strip():
        yield Turn(_source(name), text[:_EXTRA_CHARS], name=name)
    messages = row.get("messages")
    for message in messages if isinstance(messages, list) else []:
        content, role = message.get("content"), message.get("role")
        if isinstance(content, str) and content.strip() and role in set(Source):
            yield Turn(Source(role), content[:_EXTRA_CHARS])


def _source(name: str) -> Source:
    """What a file's name says about where its texts stand."""
    if "output" in name or "answer" in name:
        return Source.ASSISTANT
    is_data = any(word in name for word in ("document", "tool", "trace"))
    return Source.DOCUMENT if is_data else Source.USER
