"""Thresholds are chosen jointly, within the budget of every group."""

import gzip
import json
from pathlib import Path

import pytest

from shield.audit.calibrate import OFF, Graded, benign_rows, choose
from shield.audit.corpus import Kind
from shield.errors import CorpusError
from shield.policy.schema import Budget
from shield.types import Source

BUDGET = Budget(false_positive_rate=0.02, domain_rate=0.05, near_miss_rate=0.2)
ATTACKS = [
    Graded(Kind.ATTACK, "x", stopped=False, scores={"m@user": s / 100}) for s in range(50, 100)
]


def benign(scores: list[float], group: str = "chat", key: str = "m@user") -> list[Graded]:
    return [Graded(Kind.BENIGN, group, stopped=False, scores={key: s}) for s in scores]


def harmed(items: list[Graded], thresholds: dict[str, float]) -> int:
    return sum(i.flagged(thresholds) for i in items)


def test_separable_scores_are_separated() -> None:
    quiet = benign([0.01 * (i % 40) for i in range(400)])
    thresholds = choose([*ATTACKS, *quiet], BUDGET)
    assert all(a.flagged(thresholds) for a in ATTACKS if a.scores["m@user"] > 0.6)
    assert harmed(quiet, thresholds) <= 0.4 * 0.02 * 400


def test_the_union_of_two_scanners_stays_in_the_budget() -> None:
    first = benign([i / 400 for i in range(400)])
    second = benign([i / 400 for i in range(400)], key="n@user")
    other = [Graded(Kind.ATTACK, "y", stopped=False, scores={"n@user": 0.99})] * 20
    thresholds = choose([*ATTACKS, *other, *first, *second], BUDGET)
    assert harmed([*first, *second], thresholds) <= 0.4 * 0.02 * 800


def test_a_threshold_keeps_a_guard_band_above_the_highest_honest_score() -> None:
    quiet = benign([0.4] * 400)
    (threshold,) = choose([*ATTACKS, *quiet], BUDGET).values()
    assert threshold == pytest.approx(2 * 0.4 / 0.6 / (1 + 2 * 0.4 / 0.6), abs=1e-3)


def test_one_noisy_domain_holds_the_threshold_up() -> None:
    quiet = benign([0.1] * 400)
    noisy = benign([0.9] * 20, group="code")
    thresholds = choose([*ATTACKS, *quiet, *noisy], BUDGET)
    assert harmed(noisy, thresholds) <= 1


def test_a_scanner_that_buys_nothing_stays_off() -> None:
    assert choose(benign([0.2] * 50), BUDGET) == {"m@user": OFF}


def test_extra_rows_become_benign_tune_cases(tmp_path: Path) -> None:
    rows = [{"text": "hello", "label": "benign"}, {"text": "evil", "label": "indirect_injection"}]
    with gzip.open(tmp_path / "benign_documents.jsonl.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    (case,) = benign_rows(tmp_path)
    assert (case.kind, case.line.split, case.line.turns[0].text) == (Kind.BENIGN, "tune", "hello")
    assert case.line.turns[0].source is Source.DOCUMENT


def test_a_folder_without_rows_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"no \.jsonl"):
        list(benign_rows(tmp_path))
