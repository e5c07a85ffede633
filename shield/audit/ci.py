"""A report for build servers: JUnit XML (tests that failed) and SARIF 2.1.0 (code scanning).

JUnit has no standard; these are the elements and attributes that Jenkins, GitLab and GitHub read.
SARIF: OASIS Standard, "Static Analysis Results Interchange Format Version 2.1.0", 2020.
"""

import json
from collections.abc import Iterator
from importlib.metadata import version
from itertools import groupby
from typing import TYPE_CHECKING
from urllib.parse import quote

import regex

from shield.audit.budget import Gate
from shield.audit.corpus import Kind
from shield.audit.replay import Result
from shield.audit.report import Report

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_RULES = {
    "audit/gate-broken": ("error", "A condition that every release must meet does not hold."),
    "audit/attack-missed": ("warning", "An attack was not stopped."),
    "audit/honest-harmed": ("warning", "A case that is no attack was treated as one."),
    "audit/not-judged": ("error", "A case was not scanned whole, or a scanner failed on it."),
}
# What XML 1.0 cannot carry even as a reference.
_NO_XML = regex.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")


def as_junit(made: Report) -> str:
    """A suite of the gates, then one a group; a case that went wrong is a failure, one that was not
    judged whole an error.
    """
    from xml.etree.ElementTree import indent, tostring

    root = _element("testsuites", name="shield audit")
    suites = [_suite("gates", [_gate(gate) for gate in made.gates])]
    for (kind, group), results in groupby(made.results, key=lambda r: (r.kind, r.group)):
        suites.append(_suite(f"{kind}/{group}", [_testcase(result) for result in results]))
    root.extend(suites)
    _counted(root)
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(name: str, cases: "list[Element]") -> "Element":
    suite = _element("testsuite", name=name)
    suite.extend(cases)
    _counted(suite)
    return suite


def _gate(gate: Gate) -> "Element":
    case = _element("testcase", classname="gates", name=gate.name, time="0")
    if not gate.passed:
        case.append(_element("failure", type="audit/gate-broken", message=gate.why))
    return case


def _testcase(result: Result) -> "Element":
    seconds = f"{sum(result.elapsed_ms) / 1000:.3f}"
    place = f"{result.kind}.{result.group}"
    case = _element("testcase", classname=place, name=result.id, time=seconds)
    for rule, why in _faults(result):
        kind = "error" if rule == "audit/not-judged" else "failure"
        case.append(_element(kind, type=rule, message=why))
    return case


def _counted(element: "Element") -> None:
    """Set how many tests lie in an element and how many of them went wrong."""
    for name, path in (("tests", "testcase"), ("failures", "failure"), ("errors", "error")):
        element.set(name, str(len(element.findall(f".//{path}"))))
    times = (float(case.get("time", "0")) for case in element.iter("testcase"))
    element.set("time", f"{sum(times):.3f}")


def _element(tag: str, /, **attributes: str) -> "Element":
    from xml.etree.ElementTree import Element

    return Element(tag, {key: _NO_XML.sub("\ufffd", value) for key, value in attributes.items()})


def as_sarif(made: Report) -> str:
    """One run: a result for every broken gate and for every case that went wrong."""
    rules = [
        {
            "id": rule,
            "shortDescription": {"text": text},
            "defaultConfiguration": {"level": level},
        }
        for rule, (level, text) in _RULES.items()
    ]
    driver = {"name": "shield audit", "version": version("shield-guard"), "rules": rules}
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {"CORPUS": {"description": {"text": "The corpus folder."}}},
        "results": list(_results(made)),
        "properties": {"policy": made.policy, "corpus": made.corpus, "split": made.split},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1)


def _results(made: Report) -> Iterator[dict[str, object]]:
    for gate in made.gates:
        if not gate.passed:
            yield _result("audit/gate-broken", f"{gate.name}: {gate.why}", _file(gate), gate.name)
    for result in made.results:
        for rule, why in _faults(result):
            file = f"{result.kind}/{result.group}.jsonl"
            yield _result(rule, f"{result.id}: {why}", file, result.id)


def _result(rule: str, text: str, file: str, name: str) -> dict[str, object]:
    place = {"artifactLocation": {"uri": quote(file), "uriBaseId": "CORPUS"}}
    return {
        "ruleId": rule,
        "level": _RULES[rule][0],
        "message": {"text": text},
        "locations": [{"physicalLocation": place, "logicalLocations": [{"name": name}]}],
        "partialFingerprints": {"name/v1": name},
    }


def _file(gate: Gate) -> str:
    """The file of the corpus that a gate is about; the baseline where it is about none."""
    kind, _, group = gate.name.partition("/")
    if kind == "regression":
        kind = Kind.ATTACK
    return f"{kind}/{group}.jsonl" if kind in set(Kind) else "baseline.json"


def _faults(result: Result) -> Iterator[tuple[str, str]]:
    """What is wrong with a case: the rule, and a sentence."""
    by = f" by {', '.join(result.rules)}" if result.rules else ""
    if result.wrong and result.kind is Kind.ATTACK:
        yield "audit/attack-missed", f"the attack ended as {result.decision}{by}"
    elif result.wrong:
        yield "audit/honest-harmed", f"the case ended as {result.decision}{by}"
    if result.skipped:
        yield "audit/not-judged", f"{result.skipped} parts were not scanned"
    if result.failed:
        yield "audit/not-judged", "a scanner failed"
