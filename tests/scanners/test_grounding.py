"""Figures of an answer are held against the documents: faithful ones pass, corrupted ones do not."""

import json
from pathlib import Path

import pytest

from shield.scanners.grounding import Grounding, GroundingOptions, sentences
from shield.scanners.grounding.bound import bound, mentions
from shield.scanners.grounding.derived import direction, reckons
from shield.scanners.grounding.supplied import Labels, supplied, tokens
from shield.text.figures import figures
from shield.types import Checkpoint, Severity
from tests.growth import assert_linear
from tests.scanners.answers import NOTHING, asked, subject

DATA = Path(__file__).parent / "data" / "figures.jsonl"
SETS = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
FAITHFUL = [(s["document"], text) for s in SETS for text in s["faithful"]]
CORRUPTED = [(s["document"], text) for s in SETS for text in s["corrupted"]]
TABLE = """Halden, results (in USD million)

| | 2022 | 2023 |
|---|---|---|
| Revenue | 412.5 | 468.1 |
| Operating income | 61.7 | 58.2 |
| Net income | 44.3 | (12.6) |
"""
ask = asked("grounding")


def flagged(document, text):
    return max(ask(text, documents=[document]).values(), default=0) >= 0.5


def test_corrupted_summaries_are_found_and_faithful_ones_pass():
    found = sum(flagged(*pair) for pair in CORRUPTED)
    false = sum(flagged(*pair) for pair in FAITHFUL)

    assert len(CORRUPTED) >= 60
    assert len(FAITHFUL) >= 60
    assert len({s["lang"] for s in SETS}) >= 4
    assert found >= 0.85 * len(CORRUPTED)
    assert false <= 0.02 * len(FAITHFUL)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        ("unknown-figure", "Revenue was $468.9 million in 2023."),
        ("swapped-figure", "Operating income was $468.1 million in 2023."),
        ("swapped-figure", "In 2022 revenue was $468.1 million."),
        ("wrong-scale", "Revenue was $468.1 billion in 2023."),
        ("wrong-sign", "Net income was $12.6 million in 2023."),
        ("wrong-sign", "In 2023 there was an operating income loss of $58.2 million."),
        ("wrong-unit", "Revenue was €468.1 million in 2023."),
        ("unknown-date", "The report of 4 May 2023 says so."),
        ("unknown-date", "Revenue was lower in 1987."),
        ("unknown-name", "The report was signed by Gustaf Lindqvist."),
    ],
)
def test_each_kind_of_error_has_its_rule(rule, text):
    assert ask(text, documents=[TABLE])[rule] >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "Revenue was $468 million in 2023, up from $412.5 million in 2022.",
        "Revenue and operating income were $468.1 million and $58.2 million in 2023.",
        "In 2023 the net loss was 12.6 million dollars.",
        "Revenue grew by 13.5%.",
        "Revenue rose by $55.6 million.",
        "Operating income was 58.2 in 2023 (2022: 61.7).",
        "The table has three rows and 2 years.",
        "1. Revenue rose.\n2. Net income fell.",
        "I cannot find that.",
        "",
    ],
)
def test_what_the_table_says_passes(text):
    assert ask(text, documents=[TABLE]) == {}


def test_without_documents_nothing_is_judged():
    assert ask("Revenue was $1 billion.") == {}
    assert ask("Revenue was $1 billion.", user=TABLE) == {}


def test_figures_dates_and_names_of_the_user_are_not_invented():
    said = "I am Gustaf Lindqvist, born 4 May 1987, with 731 shares."
    text = "Gustaf Lindqvist, born on May 4, 1987, has 731 shares."
    assert ask(text, user=said, documents=[TABLE]) == {}


def test_names_can_be_left_alone():
    quiet = asked("grounding", {"names": False})
    assert quiet("It was signed by Gustaf Lindqvist.", documents=[TABLE]) == {}


def test_a_finding_says_where_and_holds_no_text():
    text = "First.\n\nRevenue was $468.9 million in 2023."
    (finding,) = Grounding(GroundingOptions(severity="warning"), NOTHING).scan(
        subject(text, documents=[TABLE])
    )
    (span,) = finding.spans

    assert text[span.start : span.end] == "468.9 million"
    assert finding.severity is Severity.WARNING
    assert "468" not in finding.message
    assert Grounding.checkpoints == {Checkpoint.OUTPUT}


def test_many_errors_end_in_one_finding_with_a_bounded_number_of_places():
    text = "\n".join(f"Revenue was $9{n}.7 million." for n in range(100, 300))
    found = list(Grounding(GroundingOptions(), NOTHING).scan(subject(text, documents=[TABLE])))
    assert all(len(finding.spans) <= 50 for finding in found)


def test_sentences_do_not_end_at_abbreviations():
    text = "It rose from 12 Mio. to 15 Mio. euros. On 12. May it fell.\nNo. 5 won."
    assert [text[a:b] for a, b in sentences(text)] == [
        "It rose from 12 Mio. to 15 Mio. euros.",
        "On 12. May it fell.",
        "No. 5 won.",
    ]


def test_the_longer_label_is_the_one_that_is_named():
    labels = [("incom",), ("opera", "incom"), ("reven",)]
    found = mentions(tokens("Operating income and revenue, not income"), Labels.of(labels))
    assert [sorted(m.labels) for m in found] == [[1], [2], [0]]


@pytest.mark.parametrize(
    ("sentence", "owners"),
    [
        ("Sales 5 and costs 6.", [{0}, {1}]),
        ("Sales and costs were 5 and 6.", [{0}, {1}]),
        ("5 in sales and 6 in costs.", [{0}, {1}]),
        ("20 sales, and 6 costs.", [{0}, {1}]),
        ("Sales rose from 5 to 6.", [{0}, {0}]),
        ("There were 5.", [None]),
    ],
)
def test_figures_are_bound_to_the_labels_beside_them(sentence, owners):
    named = mentions(tokens(sentence), Labels.of([("sale",), ("cost",)]))
    assert bound(sentence, figures(sentence), named) == [o and frozenset(o) for o in owners]


def test_words_of_reckoning_and_of_direction():
    assert reckons("The total was 5")
    assert not reckons("The sale of Salem was 5")
    assert direction("It rose") == 1
    assert direction("Der Umsatz sank") == -1
    assert direction("減少しました") == -1
    assert direction("It rose and fell") == 0


def test_loose_figures_are_found_by_size_and_unit():
    known = supplied(["It costs $1,850 and 412 people came."], ["731 more"])

    assert known.holds(figures("$1,850")[0]) == (True, True)
    assert known.holds(figures("€1,850")[0]) == (True, False)
    assert known.holds(figures("731")[0]) == (True, True)
    assert known.holds(figures("9,999")[0]) == (False, False)


@pytest.mark.parametrize(
    "unit", ["Revenue was 5 million. ", "Revenue Revenue 5 6 ", "1,5 ", "Aa Bb "]
)
def test_answer_and_document_cost_no_more_than_their_length(unit):
    def work(size):
        text = (unit * size)[:size]
        return lambda: ask(text, documents=[TABLE + text])

    assert_linear(work, 4_000, 16_000, limit=8, slack=0.05)


@pytest.mark.parametrize("kind", ["attacks", "near_miss"])
def test_the_tune_cases_of_the_corpus(root, kind):
    name = "unsupported_figures" if kind == "attacks" else "grounding"
    lines = (root / "attack_corpus" / kind / f"{name}.jsonl").read_text("utf-8").splitlines()
    right = 0
    for case in map(json.loads, lines):
        user, document, last = (turn["text"] for turn in case["turns"])
        score = max(ask(last, user=user, documents=[document]).values(), default=0)
        right += (score >= 0.5) is (kind == "attacks")
    assert len(lines) >= 30
    assert right >= 0.9 * len(lines)
