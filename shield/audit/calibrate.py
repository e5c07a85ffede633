"""Tune cases and extra benign rows, scored once for the choice of thresholds."""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from shield.audit.choose import ALONE, EXTRA, GRADED, Graded, Sight, Witness
from shield.audit.corpus import Case, Kind, Line, Turn
from shield.audit.replay import verdicts
from shield.decide import decide
from shield.errors import CorpusError
from shield.guard import Guard
from shield.policy.load import Policy
from shield.policy.schema import CheckpointEntry, ScannerEntry
from shield.types import Checkpoint, Decision, Finding, Source, Verdict

_EXTRA_PER_FILE = 240
_EXTRA_CHARS = 8_000
# Nobody waits for these verdicts, and a busy machine must not choose thresholds.
_PATIENT = {"deadline_ms": 300_000, "pattern_ms": 60_000}


def graded(policy: Policy, cases: Iterable[Case], tick: Callable[[], None]) -> list[Graded]:
    """Score every case once, with nothing blocked.

    Raises:
        CorpusError: a scanner failed on a case, whose scores are not known then.
    """
    guard = Guard(_open(policy), complete=True)
    found = []
    try:
        for case in cases:
            found.append(_graded(policy, case, _scored(guard, case)))
            tick()
    finally:
        guard.close()
    return found


def _scored(guard: Guard, case: Case) -> list[Verdict]:
    found = verdicts(guard, case)
    for verdict in found:
        for finding in verdict.findings:
            if finding.error:
                # Taken for a score it would be the highest, and no threshold would be feasible.
                raise CorpusError(
                    f"the scanner {finding.scanner} failed on the case {case.id}: {finding.rule}",
                    mend="run it again on a machine that does less else; thresholds need every score",
                )
    return found


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
                yield Case(Kind.BENIGN, f"{EXTRA}{path.name.split('.')[0]}", line)


def _open(policy: Policy) -> Policy:
    """The policy with every threshold at zero and every decision allow, so that all scores show."""
    document = policy.document
    scanners = {
        name: ScannerEntry(checkpoints=entry.checkpoints, options=entry.options)
        for name, entry in document.scanners.items()
    }
    loose = {c: CheckpointEntry(block_at=10**6) for c in Checkpoint}
    update = {
        "scanners": scanners,
        "checkpoints": loose,
        "mode": "observe",
        "level": 10**6,
        "limits": document.limits.model_copy(update=_PATIENT),
    }
    shown = policy.with_thresholds(dict.fromkeys(document.scanners, 0.0))
    return shown.with_document(document.model_copy(update=update))


def _graded(policy: Policy, case: Case, found: list[Verdict]) -> Graded:
    return Graded(case.kind, case.group, tuple(_sight(policy, case, verdict) for verdict in found))


def _sight(policy: Policy, case: Case, verdict: Verdict) -> Sight:
    fixed = [f for f in verdict.findings if f.scanner not in GRADED]
    judged = decide(policy, verdict.checkpoint, fixed, verdict.coverage)
    entry = policy.document.checkpoints.get(verdict.checkpoint, CheckpointEntry())
    short = 0 if _counts(case, judged.decision) else max(1, entry.block_at - judged.score)
    witnesses: dict[str, Witness] = {}
    for finding in verdict.findings:
        if finding.scanner in GRADED:
            key = _key(finding)
            known = witnesses.get(key)
            if known is None or finding.score > known.score:
                weight = int(policy.severity(finding))
                if _counts(case, policy.decision(finding)):
                    weight = ALONE
                witnesses[key] = Witness(finding.score, weight)
    return Sight(short, witnesses)


def _key(finding: Finding) -> str:
    """The threshold that a finding is held against: a rule that only counts beside others has
    one of its own.
    """
    name = finding.rule if finding.rule.endswith("/suspect") else finding.scanner
    return f"{name}@{finding.surface}"


def _counts(case: Case, decision: Decision) -> bool:
    expect = case.line.expect
    return decision.rank >= expect.rank if case.kind is Kind.ATTACK else decision.rank > expect.rank


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
