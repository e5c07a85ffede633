"""Answers are held against the question by meaning."""

import numpy as np
import pytest
from msgspec.structs import replace
from pydantic import ValidationError

from shield.errors import InferenceError
from shield.scanners.relevance import Relevance, RelevanceOptions, off_question_score
from shield.types import Checkpoint, Severity
from tests.scanners.answers import NOTHING, asked, subject

KEYS = ["meter", "weather", "whale"]
LONG = "and so on and so forth for a few more words"


class Embedder:
    """Texts with a key word in common are near."""

    def __init__(self):
        self.texts = 0

    def embed(self, name, texts):
        self.texts += len(texts)
        rows = [[float(key in text) for key in KEYS] + [0.001] for text in texts]
        made = np.array(rows, dtype=np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)


SERVICES = replace(NOTHING, engine=Embedder())
ask = asked("relevance", {}, SERVICES)


def test_an_answer_to_the_question_scores_low():
    assert (
        ask(f"Your meter is read in May {LONG}.", user="When is my meter read?")["off-question"]
        < 0.1
    )


def test_an_answer_beside_the_question_scores_high():
    assert (
        ask(f"A whale sings in winter {LONG}.", user="When is my meter read?")["off-question"] > 0.9
    )


def test_what_is_near_to_a_document_is_to_the_point():
    around = {"user": "Summarise the meter.", "documents": ["A whale sings."]}

    assert ask(f"A whale sings {LONG}.", **around)["off-question"] < 0.1
    strict = asked("relevance", {"documents": False}, SERVICES)
    assert strict(f"A whale sings {LONG}.", **around)["off-question"] > 0.9


@pytest.mark.parametrize("text", ["", "Yes.", "In May, I think."])
def test_short_answers_are_not_judged(text):
    assert ask(text, user="When is my meter read?") == {}


def test_without_a_question_there_is_nothing_to_be_near_to():
    assert ask(f"A whale sings {LONG}.") == {}
    assert ask(f"A whale sings {LONG}.", system="Talk about the meter.") == {}


def test_what_is_still_being_written_is_not_judged():
    whole = subject(f"A whale sings {LONG}.", user="When is my meter read?")
    scanner = ask.scanner

    assert list(scanner.scan(whole))
    assert list(scanner.scan(replace(whole, partial=True))) == []


def test_a_long_answer_and_document_cost_a_bounded_number_of_passages():
    engine = Embedder()
    bounded = asked("relevance", {}, replace(NOTHING, engine=engine))
    bounded("word " * 100_000, user="meter", documents=["word " * 100_000, "word " * 100_000])
    assert engine.texts <= 2 * 64


def test_it_only_informs_unless_the_policy_says_more():
    scanner = Relevance(RelevanceOptions(), SERVICES)
    (finding,) = scanner.scan(subject(f"A whale {LONG}", user="meter"))

    assert finding.severity is Severity.NOTICE
    assert Relevance.checkpoints == {Checkpoint.OUTPUT}
    assert Relevance.models == ("embedder",)


def test_it_needs_an_engine_and_sane_options():
    with pytest.raises(InferenceError):
        Relevance(RelevanceOptions(), NOTHING)
    with pytest.raises(ValidationError):
        RelevanceOptions.model_validate({"words": 0})


def test_scores_fall_with_nearness():
    assert off_question_score(0.0) > 0.9
    assert off_question_score(0.06) == pytest.approx(0.5)
    assert off_question_score(0.3) < 0.05
