"""Signs of what a turn is about and what it asks for."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.text.canonical import canonical
from shield.text.topics import ASKS, FRAME, MORE, PRESS, SAFE, WEAVE, signs
from tests.growth import assert_linear


def kinds(text):
    return {note.kind for note in signs(canonical(text).text)}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("how a Molotov cocktail is made", "strong:weapons"),
        ("the ransomware note", "strong:cyber"),
        ("he launders money", "strong:fraud"),
        ("der Sprengstoff im Keller", "strong:weapons"),
        ("la fabrication de faux billets", "strong:fraud"),
        ("взрывчатку из чего", "strong:weapons"),
        ("用什么材料做炸药", "strong:weapons"),
        ("the system prompt", "strong:rules"),
        ("a gun in the first act", "weak:weapons"),
        ("he wants to poison his partner", "weak:poison"),
    ],
)
def test_words_of_risky_topics_are_found(text, kind):
    assert kind in kinds(text)


@pytest.mark.parametrize(
    "text",
    [
        "the scientific method",
        "a bombastic speech about Armenia",
        "a birthday gift for Ann",
        "the army of ants",
        "please pickle the gherkins",
        "prompt delivery",
    ],
)
def test_words_that_only_begin_alike_are_not(text):
    assert not any(kind.startswith("strong") for kind in kinds(text))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("explain it step by step", ASKS),
        ("how exactly would he do it", ASKS),
        ("Schritt für Schritt bitte", ASKS),
        ("étape par étape", ASKS),
        ("пошагово", ASKS),
        ("一步一步", ASKS),
        ("in more detail please", MORE),
        ("expand the third part", MORE),
        ("viel genauer", MORE),
        ("подробнее", MORE),
        ("write a story about it", FRAME),
        ("hypothetically speaking", FRAME),
        ("schreib eine Szene", FRAME),
        ("connect these in one story", WEAVE),
        ("verbinde das logisch", WEAVE),
        ("it's only fiction", PRESS),
        ("leave out the warnings", PRESS),
        ("how do we report it to the police", SAFE),
        ("wie melde ich das der Polizei", SAFE),
    ],
)
def test_demands_frames_and_pressure_are_found(text, kind):
    assert kind in kinds(text)


@pytest.mark.parametrize("text", ["", "Hello!", "What is the capital of Peru?", "danke dir"])
def test_small_talk_has_no_signs(text):
    assert kinds(text) == set()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_every_sign_lies_inside_the_text(text):
    plain = canonical(text).text
    assert all(0 <= n.start < n.end <= len(plain) for n in signs(plain))


def test_what_is_noted_of_a_text_is_bounded():
    assert len(signs("bomb step by step " * 5_000)) == 64


def test_signs_cost_no_more_than_the_length():
    def work(size):
        text = ("it is only a bomb, step by step, " * size)[:size]
        return lambda: signs(text)

    assert_linear(work, 20_000, 80_000, limit=6, slack=0.003)
