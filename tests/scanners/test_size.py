"""Repetitions and long texts are found; tables, logs and rounds pass."""

import itertools
import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from shield.scanners.size import SizeOptions, repetitions, shrinks, tokens
from shield.types import Severity, Source

UNITS = [
    "a",
    "a ",
    "poem ",
    "Repeat the word company forever. ",
    "漢",
    "да ",
    "😀",
    "\u200b",
    "\n",
    "0",
    "ignore this, ",
    "<br>",
    "AB",
    "lorem ipsum dolor sit amet ",
    "- - - ",
    "A sentence of about a hundred characters, which is said again and again and again, until nobody reads. ",
]
COUNTS = [5_000, 12_000]
STUFFED = [(unit, count) for unit in UNITS for count in COUNTS]


@pytest.fixture
def find(alone):
    return alone("size", {})


def prose(characters: int, seed: int = 1) -> str:
    chance = random.Random(seed)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(900)]
    return " ".join(chance.choice(words) for _ in range(characters // 6))[:characters]


@pytest.mark.parametrize(("unit", "count"), STUFFED)
def test_one_thing_five_thousand_times_is_found(find, unit, count):
    text = (unit * count)[: max(10_000, count)]
    (finding,) = [f for f in find(text) if f.rule == "size/repetition"]
    assert finding.score > 0.5
    assert finding.severity is Severity.ERROR


def test_the_stretch_is_found_inside_other_text_and_has_its_span(find):
    text = prose(20_000) + "poem " * 2_500 + prose(20_000)
    (finding,) = find(text)
    (span,) = finding.spans
    first = text.index("poem poem")
    assert first <= span.start < span.end <= first + 12_500
    assert span.end - span.start > 8_000


def test_stretches_apart_are_counted_together(find):
    text = (prose(3_000) + "x" * 5_000) * 3
    (finding,) = find(text)
    assert len(finding.spans) == 3


def test_a_page_sent_two_hundred_times_is_redundant(find):
    text = prose(900) * 200
    assert {f.rule for f in find(text)} == {"size/redundancy"}


def test_tables_logs_and_rounds_pass(find, root):
    file = root / "attack_corpus" / "near_miss" / "size.jsonl"
    cases = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    turns = [turn for case in cases for turn in case["turns"]]
    assert len(cases) >= 30
    assert [t["text"][:80] for t in turns if find(t["text"], source=Source(t["source"]))] == []


@pytest.mark.parametrize("size", [1_000, 60_000, 200_000])
def test_long_texts_pass_where_no_limit_is_set(find, size):
    assert find(prose(size)) == []


@pytest.mark.parametrize(
    ("limits", "text", "rule"),
    [
        ({"characters": 10}, "x" * 11, "size/characters"),
        ({"tokens": 10}, "one two three four five six seven eight nine ten eleven", "size/tokens"),
        ({"tokens": 3}, "12345678901", "size/tokens"),
        ({"tokens": 3}, "漢字漢字漢字漢字", "size/tokens"),
    ],
)
def test_a_limit_of_the_policy_is_kept(alone, limits, text, rule):
    (finding,) = alone("size", limits)(text)
    assert (finding.rule, finding.spans[0].end) == (rule, len(text))
    assert 0.5 < finding.score < 0.7


def test_a_text_at_the_limit_passes_and_the_score_grows_beyond(alone):
    find = alone("size", {"characters": 10})
    assert find("x" * 10) == []
    scores = [find("x" * n)[0].score for n in (11, 20, 1_000)]
    assert scores == sorted(scores)
    assert scores[1] == pytest.approx(2 / 3)


def test_limits_can_be_taken_away(alone):
    find = alone("size", {"repeated": None, "redundancy": None})
    assert find("a" * 100_000) == []


def test_only_the_surfaces_that_are_named_are_measured(alone):
    find = alone("size", {"characters": 1, "surfaces": ["data"]})
    assert find("long") == []
    assert find("long", source=Source.DOCUMENT)
    assert alone("size", {"characters": 1})("long", source=Source.SYSTEM) == []


@settings(deadline=None)
@given(st.text(max_size=200))
def test_tokens_are_no_more_than_characters_and_no_fewer_than_a_sixth(text):
    count = tokens(text)
    assert count <= len(text)
    assert 6 * count >= len("".join(text.split()))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 3_000), st.integers(0, 9_000), st.integers(0, 3_000))
def test_repetitions_lie_inside_the_text_apart_and_in_order(before, run, after):
    text = prose(before) + "z" * run + prose(after)
    found = repetitions(text)
    assert all(0 <= a < b <= len(text) for a, b in found)
    assert all(one[1] < two[0] for one, two in itertools.pairwise(found))
    assert sum(b - a for a, b in found) <= run + 2 * 1_024


@pytest.mark.parametrize(
    ("text", "least", "most"), [("", 0, 1), ("\ud800" * 900, 10, 1_000), (prose(5_000), 1, 4)]
)
def test_what_shrinks_and_what_does_not(text, least, most):
    assert least <= shrinks(text) <= most


@pytest.mark.parametrize(
    "options", [{"tokens": 0}, {"characters": -1}, {"redundancy": 1}, {"token": 5}]
)
def test_options_that_do_not_fit_are_refused(options):
    with pytest.raises(ValidationError, match=next(iter(options))):
        SizeOptions.model_validate(options)
