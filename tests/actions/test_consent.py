"""A plain yes to what the assistant said states it; anything less does not."""

import pytest

from shield.actions.consent import agreed
from shield.label import segment
from shield.types import Source

ASKED = "The bill is 146.40, to account 55779911. Shall I pay?"


def said(answer: str, source: Source = Source.USER) -> list[str]:
    history = (
        segment("Pay the plumber.", Source.USER),
        segment(ASKED, Source.ASSISTANT),
        segment(answer, source),
    )
    return [s.text for s in agreed(history)]


@pytest.mark.parametrize(
    "answer",
    ["yes, do it", "Yes!", "ok", "go ahead", "ja, passt", "oui", "sí, adelante", "да", "はい"],
)
def test_a_plain_yes_states_what_was_asked(answer):
    assert said(answer) == [ASKED]


@pytest.mark.parametrize(
    "answer",
    [
        "yes, but only half of it",
        "no",
        "not yet",
        "yes? why that account?",
        "yesterday's bill was lower",
        "Yes, and while you are at it please also tell me about the weather in Porto next week.",
        "okay, wait",
        "ja, aber nicht heute",
        "",
    ],
)
def test_anything_less_than_a_plain_yes_states_nothing(answer):
    assert said(answer) == []


@pytest.mark.parametrize("source", [Source.TOOL, Source.DOCUMENT, Source.ASSISTANT])
def test_only_the_user_can_agree(source):
    assert said("yes, do it", source) == []


def test_a_yes_to_something_else_does_not_reach_back():
    history = (
        segment(ASKED, Source.ASSISTANT),
        segment("What is it for?", Source.USER),
        segment("A stop valve. Do you want the details?", Source.ASSISTANT),
        segment("yes", Source.USER),
    )
    assert [s.text for s in agreed(history)] == [history[2].text]
