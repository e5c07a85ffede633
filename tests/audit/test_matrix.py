"""Every risk of both lists has a row, and what is not covered is said."""

import tomllib
from pathlib import Path

import pytest

from shield.audit import formats
from shield.audit.budget import groups
from shield.audit.corpus import Kind
from shield.audit.matrix import matrix, risks
from shield.audit.report import Report
from tests.audit.test_budget import results


def test_both_lists_are_whole() -> None:
    ids = [risk.id for risk in risks()]
    assert ids[:10] == [f"LLM{n:02}:2025" for n in range(1, 11)]
    assert ids[10:] == [f"ASI{n:02}:2026" for n in range(1, 11)]


def test_a_risk_has_families_or_a_reason_and_never_both() -> None:
    for risk in risks():
        assert bool(risk.families) != bool(risk.why), risk.id


def test_every_family_of_the_corpus_stands_for_a_risk(root: Path) -> None:
    held = {path.stem for path in (root / "attack_corpus" / "attacks").glob("*.jsonl")}
    named = {family for risk in risks() for family in risk.families}
    assert held == named


def test_tags_of_findings_speak_of_known_risks(root: Path) -> None:
    tags = tomllib.loads((root / "policies" / "tags.toml").read_text("utf-8"))["tags"]
    known = {f"owasp:{risk.id[:5].lower()}" for risk in risks()}
    assert {tag for tag in tags if tag.startswith("owasp:")} <= known


def test_a_row_pools_the_families_that_were_audited() -> None:
    found = [
        *results(Kind.ATTACK, "action_hijack", 3, 4),
        *results(Kind.ATTACK, "tool_order", 2, 6),
    ]
    rows = {row.id: row for row in matrix(groups(found))}
    row = rows["LLM06:2025"]
    assert row.detection is not None
    assert (row.detection.count, row.detection.n, row.state) == (5, 10, "measured")
    assert rows["ASI02:2026"].missing == ("exfiltration_order",)
    assert rows["ASI02:2026"].told == "action_hijack, tool_order; no case of exfiltration_order"


def test_a_risk_without_a_case_is_not_measured_and_one_without_families_not_covered() -> None:
    rows = {row.id: row for row in matrix([])}
    assert (rows["LLM01:2025"].state, rows["LLM01:2025"].detection) == ("not measured", None)
    assert rows["LLM04:2025"].state == "not covered"
    assert rows["LLM04:2025"].why


def test_a_benign_domain_of_the_same_name_is_no_family() -> None:
    rows = matrix(groups(results(Kind.BENIGN, "prompt_leak", 1, 9)))
    assert all(row.detection is None for row in rows)


@pytest.mark.parametrize("writer", [formats.as_markdown, formats.as_html])
def test_the_report_names_what_is_not_covered_and_the_price(made: Report, writer) -> None:
    shown = writer(made)
    assert shown.count("not covered") == sum(not risk.families for risk in risks())
    assert "Data and Model Poisoning" in shown
    assert "if the scanners erred independently" in shown
    assert "injection" in shown
