"""The benchmark takes cases from all over the corpus."""

from pathlib import Path

from benchmarks.audit_throughput import chosen
from shield.audit.corpus import load


def test_cases_are_spread_over_all_kinds(root: Path) -> None:
    cases = load(root / "attack_corpus").split("tune")
    found = chosen(cases, 100)
    assert len({case.id for case in found}) == 100
    assert {case.kind for case in found} == {case.kind for case in cases}


def test_a_small_corpus_is_taken_whole(root: Path) -> None:
    cases = load(root / "attack_corpus").split("tune")[:3]
    assert chosen(cases, 10) == list(cases)
