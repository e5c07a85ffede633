"""Reports say the same in every format; a baseline belongs to its corpus."""

import json
from pathlib import Path

import pytest

from shield.audit import report as reports
from shield.audit.budget import gates, groups
from shield.audit.corpus import Kind
from shield.audit.report import Report
from shield.errors import CorpusError
from tests.audit.test_budget import BUDGET, results


@pytest.fixture
def made() -> Report:
    found = [*results(Kind.ATTACK, "override", 7, 8), *results(Kind.BENIGN, "chat", 1, 400)]
    rows = groups(found)
    return reports.report(
        policy="p1",
        corpus="c1",
        split="hold",
        models={"injection": "m1"},
        rows=rows,
        gates=gates(rows, BUDGET, {}),
        results=found,
    )


@pytest.mark.parametrize("suffix", [".json", ".md", ".html"])
def test_every_format_names_each_group_and_the_missing_log(
    made: Report, tmp_path: Path, suffix: str
) -> None:
    path = tmp_path / f"report{suffix}"
    reports.write(made, path)
    text = path.read_text("utf-8")
    assert "override" in text
    assert "chat" in text
    assert "no production log" in text


def test_the_page_is_self_contained(made: Report) -> None:
    page = reports.as_html(made)
    assert "http" not in page
    assert "<script" not in page


def test_the_page_escapes_what_corpora_call_themselves(made: Report) -> None:
    assert "<b>x" not in reports.as_html(
        Report(**{**{f: getattr(made, f) for f in made.__struct_fields__}, "policy": "<b>x"})
    )


def test_an_unknown_format_names_the_known_ones(made: Report, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"\.json, \.md, \.html"):
        reports.write(made, tmp_path / "report.pdf")


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


def test_json_holds_every_case(made: Report) -> None:
    assert len(json.loads(reports.as_json(made))["results"]) == 408
