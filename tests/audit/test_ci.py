"""Build servers can read an audit, and count what went wrong as it was counted."""

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from shield.audit.ci import as_junit, as_sarif
from shield.audit.report import Report


def suites(made: Report) -> dict[str, ET.Element]:
    root = ET.fromstring(as_junit(made))
    return {suite.attrib["name"]: suite for suite in root}


def counts(element: ET.Element) -> tuple[int, int, int]:
    return tuple(int(element.attrib[name]) for name in ("tests", "failures", "errors"))  # type: ignore[return-value]


def sarif(made: Report) -> dict[str, Any]:
    return json.loads(as_sarif(made))["runs"][0]


def test_a_suite_counts_its_cases(made: Report) -> None:
    found = suites(made)
    assert counts(found["attacks/override"]) == (8, 1, 0)
    assert counts(found["benign/chat"]) == (400, 1, 0)
    broken = sum(not gate.passed for gate in made.gates)
    assert broken > 0
    assert counts(found["gates"]) == (len(made.gates), broken, 0)


def test_the_whole_counts_all_suites(made: Report) -> None:
    root = ET.fromstring(as_junit(made))
    whole = counts(root)
    assert whole == tuple(sum(each) for each in zip(*map(counts, root), strict=True))
    assert float(root.attrib["time"]) == pytest.approx(0.408)


def test_a_missed_attack_and_a_broken_gate_say_why(made: Report) -> None:
    found = suites(made)
    (missed,) = found["attacks/override"].iter("failure")
    assert missed.attrib["message"] == "the attack ended as allow"
    assert any("no case" in f.attrib["message"] for f in found["gates"].iter("failure"))


def test_a_case_that_was_not_judged_whole_is_an_error(made: Report) -> None:
    odd = replace(made.results[0], skipped=2), replace(made.results[1], failed=True)
    shown = replace(made, results=odd)
    assert counts(suites(shown)["attacks/override"]) == (2, 0, 2)
    assert [r["ruleId"] for r in sarif(shown)["results"]][-2:] == ["audit/not-judged"] * 2


@pytest.mark.parametrize("name", ["a\x00b", "a\x1bb", "a\ud800b", "<&\"'>"])
def test_no_name_makes_the_xml_unreadable(made: Report, name: str) -> None:
    shown = replace(made, results=(replace(made.results[0], id=name),))
    (case,) = suites(shown)["attacks/override"].iter("testcase")
    assert case.attrib["name"][0] == name[0]


def test_sarif_has_a_result_for_all_that_went_wrong(made: Report) -> None:
    results = sarif(made)["results"]
    by_rule = [result["ruleId"] for result in results]
    assert by_rule.count("audit/attack-missed") == 1
    assert by_rule.count("audit/honest-harmed") == 1
    assert by_rule.count("audit/gate-broken") == sum(not gate.passed for gate in made.gates)


def test_every_sarif_result_has_a_known_rule_and_a_place(made: Report) -> None:
    run = sarif(made)
    known = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    for result in run["results"]:
        assert result["ruleId"] in known
        (location,) = result["locations"]
        place = location["physicalLocation"]["artifactLocation"]
        assert place["uriBaseId"] in run["originalUriBaseIds"]
        assert " " not in place["uri"]


def test_a_place_is_the_file_that_the_case_lies_in(made: Report) -> None:
    found = {
        result["partialFingerprints"]["name/v1"]: result["locations"][0]["physicalLocation"]
        for result in sarif(made)["results"]
    }
    assert found["override-7"]["artifactLocation"]["uri"] == "attacks/override.jsonl"
    assert found["regression/gone"]["artifactLocation"]["uri"] == "attacks/gone.jsonl"


def test_an_audit_without_fault_has_no_result(made: Report) -> None:
    quiet = [result for result in made.results if not result.wrong]
    held = [gate for gate in made.gates if gate.passed]
    assert sarif(replace(made, results=tuple(quiet), gates=tuple(held)))["results"] == []
