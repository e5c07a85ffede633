"""Answers that decline are told from those that do not."""

import pytest

from shield.text.refusals import refuses


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, I cannot assist with making weapons.",
        "I won't go into detail on that.",
        "I'd rather not write a script for that.",
        "That's not something I can help with.",
        "I am unable to provide this.",
        "That goes against my guidelines.",
        "Das kann ich leider nicht machen.",
        "Das möchte ich nicht mit echtem Namen tun.",
        "Je ne peux pas recommander un poison.",
        "Lo siento, no puedo ayudarte con eso.",
        "Não posso escrever um roteiro de extorsão.",
        "Не могу помочь с этим.",
        "抱歉，我无法提供这些信息。",
        "申し訳ありませんが、お手伝いできません。",
    ],
)
def test_an_answer_that_declines_is_recognised(text):
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sorry to hear that! Here is a list.",
        "I can help with that.",
        "Of course. Step one: whisk the eggs.",
        "You can't use that key here, take the other one.",
        "Das kann ich gern machen.",
        "I cannot find the file you mention",
        "Paris.",
    ],
)
def test_an_answer_that_helps_is_none(text):
    assert not refuses(text)


def test_only_the_first_words_count():
    assert not refuses("Here you are. " * 60 + "I can't help with that.")
