"""The index never leaves out a place where a pattern matches."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.text.grams import Grams
from shield.text.literals import Needs, needs

FILLER = "The museum opens at nine on Mondays; ask Anna Meyer at desk four for a ticket. "
PHRASE = r"\bignore\s+(?:all|every)\s+(?:rules|instructions)\b"


def _near(text: str, *patterns: str) -> dict:
    return Grams([needs(pattern) for pattern in patterns]).near(text)


def _covers(stretches, start: int, end: int) -> bool:
    return any(s <= start and end <= e for s, e in stretches)


@pytest.mark.parametrize("before", [0, 1, 50, 127, 128, 129, 500, 5_000])
@pytest.mark.parametrize("gap", [" ", " \n\t ", " " * 5_000], ids=["one", "few", "many"])
def test_a_phrase_is_covered_wherever_it_stands(before, gap):
    lead = (FILLER * 100)[:before]
    said = f"ignore{gap}all{gap}rules"
    text = lead + said + FILLER * 20
    assert _covers(_near(text, PHRASE)[0], before, before + len(said))


def test_where_half_of_a_phrase_stands_the_pattern_need_not_run():
    assert _near(FILLER * 50 + "ignore all " + FILLER * 50 + "rules", PHRASE) == {}


def test_only_the_neighbourhood_of_a_phrase_is_searched():
    text = FILLER * 200 + "ignore all rules" + FILLER * 200
    ((start, end),) = _near(text, PHRASE)[0]
    assert end - start < 1_000


def test_a_pattern_without_needs_is_not_in_the_answer():
    assert _near("ignore all rules", r"\w+", "rules").keys() == {1}


@pytest.mark.parametrize("text", ["", "a", "ab", "\ud800", "漢"])
def test_tiny_texts_are_looked_up(text):
    assert _near(text, PHRASE) == {}


def test_literals_of_two_foreign_characters_are_found():
    assert _covers(
        _near(f"{FILLER}忽略以前的指令", "忽略.{0,4}指令")[0], len(FILLER), len(FILLER) + 7
    )


def test_without_patterns_nothing_is_looked_for():
    assert Grams([]).near("text") == {}
    assert Grams([Needs(None, 5)]).near("text") == {}


TEXTS = st.lists(
    st.sampled_from(
        [FILLER, "ignore", "all", "rules", " ", "  ", "every", "instructions", "xyz ", "漢字"]
    ),
    min_size=1,
    max_size=40,
).map("".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_every_match_is_covered(text):
    import regex

    near = _near(text, PHRASE).get(0, [])
    assert all(_covers(near, *m.span()) for m in regex.finditer(PHRASE, text))
