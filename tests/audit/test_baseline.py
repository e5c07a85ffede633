"""A baseline belongs to its corpus, and what breaks by it is told with its cause."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from shield.audit.baseline import Baseline, accept, active, baseline, cause, counts
from shield.audit.budget import gates, groups
from shield.audit.corpus import Corpus, Kind, load
from shield.audit.report import Report
from shield.errors import CorpusError
from shield.policy.load import Policy
from tests.audit.test_budget import BUDGET, results
from tests.conftest import line


@pytest.fixture
def corpus(sound: Path) -> Corpus:
    return load(sound)


@pytest.fixture
def accepted(made: Report, corpus: Corpus, policy: Policy, tmp_path: Path) -> Path:
    path = tmp_path / "baseline.json"
    accept(replace(made, corpus=corpus.digest), path, policy)
    return path


def test_an_accepted_baseline_is_read_back(accepted: Path, corpus: Corpus, policy: Policy) -> None:
    found = baseline(accepted, corpus, "hold")
    assert found.detection == {"override": 0.875}
    assert found.cases == {"attacks/override": 8, "benign/chat": 400}
    assert found.scanners == active(policy)


def test_a_baseline_without_counts_and_scanners_is_read(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    head = f'{{"corpus": "{corpus.digest}", "split": "hold", '
    path.write_text(head + '"detection": {"x": 1.0}, "false_positives": {}}', "utf-8")
    assert baseline(path, corpus, "hold").detection == {"x": 1.0}


def test_a_shrunken_corpus_is_refused_with_what_it_lost(accepted: Path, append) -> None:
    changed = load(append("benign/chat", line("b9", "A new question, at last?")))
    with pytest.raises(CorpusError) as caught:
        baseline(accepted, changed, "hold")
    assert "benign/chat has 2 cases, it had 400" in str(caught.value)
    assert "attacks/override has 1 cases, it had 8" in str(caught.value)


def test_a_baseline_of_another_split_is_refused(accepted: Path, corpus: Corpus) -> None:
    with pytest.raises(CorpusError, match="it is of the split hold"):
        baseline(accepted, corpus, "tune")


def test_only_the_greatest_losses_are_listed(corpus: Corpus, tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    lost = ", ".join(f'"attacks/f{n}": {n}' for n in range(1, 10))
    path.write_text(f'{{"corpus": "x", "split": "hold", "cases": {{{lost}}}}}', "utf-8")
    with pytest.raises(CorpusError, match=r"f9 has 0 cases.*and 4 more files"):
        baseline(path, corpus, "hold")


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[]"])
def test_a_broken_baseline_is_named(corpus: Corpus, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(content)
    with pytest.raises(CorpusError, match="not a baseline"):
        baseline(path, corpus, "hold")


def test_a_scanner_that_no_longer_counts_is_the_cause(policy: Policy) -> None:
    known = Baseline(scanners=active(policy))
    assert not cause(known, policy)
    document = policy.document
    fewer = {n: e for n, e in document.scanners.items() if n != "injection"}
    without = policy.with_document(document.model_copy(update={"scanners": fewer}))
    assert cause(known, without) == "switched off since the baseline: injection"
    raised = document.scanners["pii"].model_copy(update={"level": 5})
    scanners = {**document.scanners, "pii": raised}
    shadow = policy.with_document(document.model_copy(update={"scanners": scanners}))
    assert cause(known, shadow) == "switched off since the baseline: pii"


def test_a_broken_regression_gate_names_the_cause() -> None:
    rows = groups([*results(Kind.ATTACK, "override", 1, 8), *results(Kind.ATTACK, "ok", 8, 8)])
    made = gates(rows, BUDGET, {"override": 1.0, "ok": 1.0}, "switched off: x")
    found = {g.name: g for g in made}
    assert found["regression/override"].why.endswith("baseline 100.00%; switched off: x")
    assert found["regression/ok"].why.endswith("baseline 100.00%")


def test_cases_are_counted_by_file() -> None:
    places = [(Kind.BENIGN, "b"), (Kind.ATTACK, "a"), (Kind.BENIGN, "b")]
    assert counts(places) == {"attacks/a": 1, "benign/b": 2}
