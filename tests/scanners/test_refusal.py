"""Answers that decline are counted; the others are not."""

import json

import pytest
from msgspec.structs import replace

from shield.scanners import NoOptions
from shield.scanners.refusal import Refusal
from shield.types import Checkpoint, Severity
from tests.scanners.answers import NOTHING, asked, subject

ask = asked("refusal")
DECLINES = [
    "I'm sorry, but I can't help with that.",
    "I\u2019m sorry, I cannot assist you with this request.",
    "I am not able to share that.",
    "That is not something I can help with.",
    "I must decline.",
    "I'd rather not go into that.",
    "This is against my guidelines.",
    "Dabei kann ich leider nicht helfen.",
    "Ich werde das nicht tun.",
    "Je ne peux pas vous aider.",
    "No puedo ayudarte con eso.",
    "Não posso ajudar com isso.",
    "Non posso aiutarti.",
    "Извините, я не могу помочь.",
    "很抱歉,我无法提供这些信息。",
    "申し訳ありませんが、お答えできません。",
    "We cannot provide this.",
]


@pytest.mark.parametrize("text", DECLINES)
def test_an_answer_that_declines_is_reported(text):
    assert ask(text) == {"declined": 1.0}


def test_a_late_refusal_is_none():
    assert ask("Here is the recipe. " * 30 + "I cannot help with that.") == {}


def test_it_only_informs():
    scanner = Refusal(NoOptions(), NOTHING)
    (finding,) = scanner.scan(subject(("Sure.", DECLINES[0])))

    assert finding.severity is Severity.NOTICE
    assert finding.spans[0].segment == 1
    assert Refusal.checkpoints == {Checkpoint.OUTPUT}


def test_what_is_still_being_written_is_not_judged():
    scanner = Refusal(NoOptions(), NOTHING)
    assert list(scanner.scan(replace(subject(DECLINES[0]), partial=True))) == []


def test_a_long_answer_costs_no_more_than_its_beginning():
    scanner = Refusal(NoOptions(), NOTHING)
    assert list(scanner.scan(subject("a" * 1_000_000, views=False))) == []


def test_the_near_misses_of_the_corpus(root):
    lines = (root / "attack_corpus" / "near_miss" / "refusal.jsonl").read_text("utf-8").splitlines()
    wrong = [c["id"] for c in map(json.loads, lines) if ask(c["turns"][-1]["text"])]
    assert len(lines) >= 30
    assert len(wrong) <= 0.1 * len(lines)
