"""What a model of pairs, or the embedder, says of claims: for `citations` and `grounding`."""

import pytest
from msgspec.structs import replace

from shield.errors import InferenceError
from shield.scanners import graphs, scanner_class
from shield.scanners.citations import distance_score
from shield.types import Checkpoint, Subject
from tests.inference.test_support import Embedder, Pairs
from tests.scanners.answers import NOTHING, asked, subject

LAKE = "The city tested the water in spring and found the lake safe for swimming."
MOON = "The moon burns with a silent fire above the mountain village."
OPTIONS = [
    ("citations", {"support": "grounding"}, ("grounding",), "unsupported"),
    ("citations", {"support": "embedder"}, ("embedder",), "unsupported"),
    ("grounding", {"model": True, "names": False}, ("grounding",), "unsupported-claim"),
]


def engine(options):
    return Embedder() if "embedder" in options.values() else Pairs()


@pytest.mark.parametrize(("name", "options", "models", "rule"), OPTIONS)
def test_a_claim_that_is_not_supported_is_found(name, options, models, rule):
    ask = asked(name, options, replace(NOTHING, engine=engine(options)))
    right, wrong = (
        "The lake is found safe for swimming [1].",
        "The silent moon burns mountain fires [1].",
    )

    assert ask(right, documents=[LAKE, MOON]).get(rule, 0) < 0.5
    assert ask(wrong, documents=[LAKE])[rule] >= 0.5


@pytest.mark.parametrize("options", [{"support": "grounding"}, {"support": "embedder"}])
def test_a_claim_is_held_against_the_source_that_it_cites(options):
    ask = asked("citations", options, replace(NOTHING, engine=engine(options)))
    text = "The moon burns with mountain fire [{}]."

    assert ask(text.format(2), documents=[LAKE, MOON]).get("unsupported", 0) < 0.5
    assert ask(text.format(1), documents=[LAKE, MOON])["unsupported"] >= 0.5


@pytest.mark.parametrize(("name", "options", "models", "rule"), OPTIONS)
def test_the_graphs_are_named_by_the_options_alone(name, options, models, rule):
    kind = scanner_class(name)

    assert graphs(kind, kind.Options.model_validate(options)) == set(models)
    assert graphs(kind, kind.Options()) == frozenset()
    with pytest.raises(InferenceError):
        kind(kind.Options.model_validate(options), NOTHING)


@pytest.mark.parametrize(("name", "options", "models", "rule"), OPTIONS)
def test_an_answer_that_is_still_being_written_is_not_asked_about(name, options, models, rule):
    ask = asked(name, options, replace(NOTHING, engine=engine(options)))
    whole = subject("The silent moon burns mountain fires [1].", documents=[LAKE])
    found = {f.rule for f in ask.scanner.scan(replace(whole, partial=True))}

    assert f"{name}/{rule}" not in found
    assert isinstance(whole, Subject)
    assert whole.checkpoint is Checkpoint.OUTPUT


@pytest.mark.parametrize("name", ["citations", "grounding"])
def test_the_model_is_asked_about_a_bounded_number_of_claims(name):
    pairs = Pairs()
    options = {"support": "grounding"} if name == "citations" else {"model": True}
    ask = asked(name, options, replace(NOTHING, engine=pairs))
    ask("The silent moon burns mountain fires [1].\n" * 100, documents=[LAKE])

    assert 0 < len(pairs.asked) <= 32 * 3


def test_scores_fall_with_nearness():
    assert distance_score(0.5) < 0.01 < distance_score(0.2) == 0.5 < distance_score(0.0)
