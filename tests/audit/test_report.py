"""A report sums up; a baseline belongs to its corpus."""

from pathlib import Path

import pytest

from shield.audit import report as reports
from shield.audit.report import Report
from shield.errors import CorpusError


def test_a_report_sums_its_results_up(made: Report) -> None:
    assert (made.detection.count, made.detection.n) == (7, 8)
    assert (made.false_positives.count, made.false_positives.n) == (1, 400)
    assert (made.elapsed_ms.n, made.chars, made.complete) == (408, 408, True)
    assert sum(result.wrong for result in made.results) == 2


def test_an_accepted_baseline_is_read_back(made: Report, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    reports.accept(made, path)
    assert reports.baseline(path, "c1", "hold") == {"override": 0.875}


def test_a_baseline_of_another_corpus_is_refused(made: Report, tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    reports.accept(made, path)
    with pytest.raises(CorpusError, match="another corpus"):
        reports.baseline(path, "c2", "hold")


def test_a_broken_baseline_is_named(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    path.write_text("{", "utf-8")
    with pytest.raises(CorpusError, match="not a baseline"):
        reports.baseline(path, "c1", "hold")
