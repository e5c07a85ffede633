"""Invented sources are found, and real ones under a claim that they do not support."""

import json

import pytest
from msgspec.structs import replace

from shield.scanners.citations import Citations, CitationsOptions
from shield.types import Checkpoint, Severity
from tests.growth import assert_linear
from tests.scanners.answers import NOTHING, asked, subject

PUMP = (
    "The pump draws 4.2 kW and was serviced by Klima on 3 March 2026; see https://docs.example/hp4."
)
BOOK = (
    "handbook.pdf",
    "Employees may work from home up to three days a week. Overtime is paid at 150 percent.",
)
PAPER = "Olsen and Pak (2019) found that larvae grow faster at 8 degrees; doi 10.1234/marine.42."
ALL = [PUMP, BOOK, PAPER]
ask = asked("citations")
INVENTED = [
    ("unknown-url", "See https://docs.example/hp5."),
    ("unknown-url", "See [the manual](https://klima.example/manual)."),
    ("unknown-identifier", "See doi 10.1234/marine.24."),
    ("unknown-identifier", "See arXiv:2301.00001."),
    ("unknown-quote", 'It says "employees may never work from home without a doctor\'s note".'),
    ("unknown-number", "So it is [4]."),
    ("unknown-author", "As Haraldsen (2021) confirmed."),
    ("unknown-file", "It is in policy.docx."),
    ("unsupported", "The pump draws 4.2 kW [2]."),
    ("unsupported", "The pump draws 7.9 kW [1]."),
    ("unsupported", "Larvae grow faster when it is eight degrees, Olsen and Pak found [2]."),
]
SUPPLIED = [
    "See https://docs.example/hp4 or http://www.docs.example/hp4/.",
    "Olsen and Pak (2019), doi:10.1234/MARINE.42.",
    'It says "employees may work from home up to three days a week" (handbook.pdf).',
    "“Employees may work from home, up to three days a week”",
    "The pump draws 4.2 kW [1]. Overtime is paid at 150 percent [2]. Larvae grow [3].",
    "Both are true [1, 3].",
    "I do not know.",
    "",
]


@pytest.mark.parametrize(("rule", "text"), INVENTED)
def test_what_nobody_supplied_is_found(rule, text):
    assert ask(text, documents=ALL)[rule] >= 0.5


@pytest.mark.parametrize("text", SUPPLIED)
def test_what_was_supplied_may_be_cited(text):
    assert max(ask(text, documents=ALL).values(), default=0) < 0.5


def test_without_documents_nothing_is_judged():
    assert ask("See https://docs.example/hp5 (Haraldsen 2021) [4].") == {}


def test_the_user_and_the_application_supply_too():
    text = "See https://mine.example/x, notes.txt and (Berg 2020)."
    said = {"user": "I have notes.txt by Berg, 2020", "system": "Cite https://mine.example/x"}
    assert ask(text, documents=ALL, **said) == {}


def test_the_address_of_a_document_may_be_cited():
    around = {"documents": [("https://wiki.example/page", "Some text.")]}
    assert ask("See https://wiki.example/page.", **around) == {}


def test_hosts_on_the_list_may_be_cited():
    listing = asked("citations", {"allow": [".example.org"]})

    assert listing("https://docs.example.org/x", documents=ALL) == {}
    assert "unknown-url" in listing("https://docs.example.com/x", documents=ALL)


def test_a_list_of_sources_explains_its_own_numbers():
    text = "Tides rise [9].\n\n[9] handbook.pdf"
    assert "unknown-number" not in ask(text, documents=ALL)


def test_a_list_of_sources_may_still_come_while_the_answer_is_written():
    scanner = Citations(CitationsOptions(), NOTHING)
    begun = replace(subject("Tides rise [9].", documents=ALL), partial=True)
    assert list(scanner.scan(begun)) == []


def test_numbers_that_a_document_uses_may_be_used():
    assert ask("It moved [7].", documents=["The moraine moved in the year of the flood [7]."]) == {}


def test_a_quotation_with_a_slip_is_still_its_sources():
    text = 'It says "employees may work from their home up to three days a week".'
    assert ask(text, documents=ALL) == {}


def test_a_finding_says_where_and_holds_no_text():
    text = "Well. See https://docs.example/hp5."
    (finding,) = Citations(CitationsOptions(severity="notice"), NOTHING).scan(
        subject(text, documents=ALL)
    )
    (span,) = finding.spans

    assert text[span.start : span.end] == "https://docs.example/hp5"
    assert finding.severity is Severity.NOTICE
    assert "hp5" not in repr(finding)
    assert Citations.checkpoints == {Checkpoint.OUTPUT}


def test_many_findings_have_a_bounded_number_of_places():
    text = " ".join(f"https://e{n}.example/" for n in range(200))
    (finding,) = Citations(CitationsOptions(), NOTHING).scan(subject(text, documents=ALL))
    assert len(finding.spans) == 50


@pytest.mark.parametrize(
    "unit", ["So it is 55 [1]. ", "https://a.example/ ", '"a b c d e f g h i j" ']
)
def test_answer_and_document_cost_no_more_than_their_length(unit):
    def work(size):
        text = (unit * size)[:size]
        return lambda: ask(text, documents=[text])

    assert_linear(work, 4_000, 16_000, limit=8, slack=0.05)


@pytest.mark.parametrize("kind", ["attacks", "near_miss"])
def test_the_tune_cases_of_the_corpus(root, kind):
    name = "invented_sources" if kind == "attacks" else "citations"
    lines = (root / "attack_corpus" / kind / f"{name}.jsonl").read_text("utf-8").splitlines()
    right = 0
    for case in map(json.loads, lines):
        *before, last = case["turns"]
        user = " ".join(t["text"] for t in before if t["source"] == "user")
        given = [(t["name"], t["text"]) for t in before if t["source"] in {"tool", "document"}]
        score = max(ask(last["text"], user=user, documents=given).values(), default=0)
        right += (score >= 0.5) is (kind == "attacks")
    assert len(lines) >= 30
    assert right >= 0.9 * len(lines)
