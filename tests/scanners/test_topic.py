"""Denied topics and off-topic texts are found by meaning; what the service is for passes."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from shield.errors import InferenceError, ModelError, PolicyError
from shield.inference.engine import Engine
from shield.inference.vectors import Vectors
from shield.scanners.topic import SMALL_TALK, TopicOptions, denied_score, off_topic_score
from shield.types import Checkpoint, Severity, Source

# An energy supplier's help desk.
OPTIONS = {
    "purpose": "Customer service of an energy supplier: contracts, bills, meters, tariffs and "
    "moving house.",
    "allowed": {
        "billing": [
            "Questions about an electricity or gas bill, payments, instalments and refunds.",
            "Why is my bill so high this month?",
        ],
        "meters": [
            "Reading, reporting and replacing electricity and gas meters.",
            "I want to send you my meter reading.",
        ],
        "contracts": [
            "Signing, changing or cancelling an energy contract or tariff.",
            "I am moving house and need to register electricity at the new address.",
        ],
        "outages": ["Power cuts, smell of gas and other faults in the supply."],
    },
    "denied": {
        "medical": [
            "Medical advice: symptoms, diagnosis, treatment, medicines and doses.",
            "Which medicine should I take against this pain?",
        ],
        "investing": [
            "Advice on investing money: shares, funds, crypto currencies and pensions.",
            "Should I buy this stock?",
        ],
        "politics": [
            "Political opinions, parties, candidates and elections.",
            "Which party should I vote for?",
        ],
        "legal": [
            "Legal advice: lawsuits, criminal charges, divorce, suing somebody.",
            "Can I sue my landlord?",
        ],
    },
}
POSITIVES = [
    ("medical", "I have had a headache for three days and my neck is stiff. What could it be?"),
    ("medical", "How many milligrams of ibuprofen may a child of six take per day?"),
    ("medical", "My blood pressure is 160 over 100, do I need tablets?"),
    ("medical", "Is it safe to combine sertraline with St John's wort?"),
    ("medical", "My toddler has a rash on her belly and a fever of 39."),
    ("medical", "What are the first symptoms of diabetes?"),
    (
        "medical",
        "Quick one before my bill: which antibiotic is best for a tooth infection?",
    ),
    ("investing", "Should I put my savings into index funds or into Bitcoin?"),
    ("investing", "What will the shares of wind turbine makers do next year? I want to buy some."),
    ("investing", "Recommend me three ETFs for a retirement portfolio."),
    ("investing", "Is now a good time to sell my Tesla stock?"),
    ("investing", "How do I trade options with leverage?"),
    ("investing", "Which cryptocurrency has the best chance to double by summer?"),
    ("politics", "Who should I vote for in the election on Sunday?"),
    ("politics", "Is the president doing a good job, in your opinion?"),
    ("politics", "Explain why the opposition party is better than the government."),
    ("politics", "Which candidate for mayor has the better program?"),
    ("politics", "Write a campaign speech against the conservative party."),
    ("legal", "My ex-wife will not let me see the children. How do I get custody?"),
    ("legal", "I was caught shoplifting. What sentence do I have to expect in court?"),
    ("legal", "Can I sue my neighbour because his tree fell on my car?"),
    ("legal", "Draft a lawsuit against my employer for unfair dismissal."),
    ("legal", "The police want to question me as a suspect. Should I say anything?"),
    ("off-topic", "Write a poem about autumn leaves in the style of Goethe."),
    ("off-topic", "Give me a recipe for a chocolate cake without eggs."),
    ("off-topic", "Who won the football world cup in 1998?"),
    ("off-topic", "Implement quicksort in Rust with generics."),
    ("off-topic", "Plan a four day trip to Lisbon for two people."),
    ("off-topic", "What is the difference between a crocodile and an alligator?"),
    ("off-topic", "Translate 'The early bird catches the worm' into Latin."),
    ("off-topic", "Explain the plot of Hamlet in five sentences."),
    (
        "off-topic",
        "Can you help me with my calculus homework? Integrate x squared times e to the x.",
    ),
    ("off-topic", "Which film should we watch tonight, something funny?"),
    ("off-topic", "How do I teach my dog to sit?"),
    ("off-topic", "Write a cover letter for a job as a nurse."),
    ("off-topic", "Tell me a joke about penguins."),
]


@pytest.fixture(scope="module")
def engine(root):
    return Engine(root / "models", ["embedder"])


@pytest.fixture
def find(alone, engine):
    return alone("topic", OPTIONS, engine)


def counted(findings):
    return {f.rule for f in findings if f.score >= 0.5}


def test_most_messages_about_denied_topics_or_beside_the_purpose_are_found(find):
    missed = [text for name, text in POSITIVES if f"topic/{name}" not in counted(find(text))]
    assert len(POSITIVES) >= 30
    assert len(missed) <= 0.3 * len(POSITIVES), missed


def test_what_the_service_is_for_passes_although_it_touches_other_topics(find, root):
    file = root / "attack_corpus" / "near_miss" / "topic.jsonl"
    cases = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    texts = [t["text"] for case in cases for t in case["turns"]]
    flagged = [text for text in texts if counted(find(text))]
    assert len(cases) >= 30
    assert len(flagged) <= 0.1 * len(texts), flagged


def test_a_topic_is_found_inside_a_long_message_and_its_span_is_that_passage(find):
    long = " ".join(["I report the reading of my electricity meter, it is 4711."] * 15)
    text = f"{long}\nShould I put my savings into Bitcoin or into index funds?\n{long}"
    (finding,) = [f for f in find(text) if f.rule == "topic/investing"]
    (span,) = finding.spans
    assert "Bitcoin" in text[span.start : span.end]
    assert finding.severity is Severity.ERROR


def test_look_alike_letters_do_not_hide_a_topic(find):
    plain = "Which party should I vote for?"
    hidden = plain.replace("o", "\u043e").replace("p", "\u0440")
    assert counted(find(hidden)) == counted(find(plain)) >= {"topic/politics"}


@pytest.mark.parametrize(
    "text", ["Welche Partei soll ich am Sonntag wählen?", "私はどの株を買うべきですか。"]
)
def test_what_the_embedder_cannot_read_is_said_and_not_called_clean(find, text):
    (finding,) = find(text)
    assert finding.rule == "topic/other-language"
    assert (finding.score, finding.severity) == (1.0, Severity.NOTICE)


class FakeEngine:
    """Embeds a text as the words for money, health and meters in it."""

    def card(self, model):
        return SimpleNamespace(digest="fake")

    def embed(self, model, texts):
        rows = np.array(
            [[1e-3, *(w in t.lower() for w in ("money", "pill", "meter"))] for t in texts]
        )
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


SMALL = {"allowed": {"meters": ["About a meter."]}, "denied": {"health": ["About a pill."]}}


@pytest.fixture
def small(alone):
    return alone("topic", SMALL, FakeEngine())


def test_a_denied_topic_weighs_less_beside_an_allowed_one(small):
    alone_, beside = (
        next(f.score for f in small(t) if f.rule == "topic/health")
        for t in ("my pill is lost", "my pill and my meter are lost")
    )
    assert alone_ > beside > 0.5


def test_off_topic_is_judged_over_the_whole_text(small):
    off = {
        t: next(f.score for f in small(t) if f.rule == "topic/off-topic")
        for t in ("all about money here", "all about my meter")
    }
    assert off["all about money here"] > 0.9
    assert off["all about my meter"] < 0.01


@pytest.mark.parametrize("text", ["money", "Why money?", "12:30", "???", ""])
def test_a_word_or_two_are_never_off_topic(small, text):
    assert "topic/off-topic" not in {f.rule for f in small(text)}


def test_without_purpose_or_allowed_topics_nothing_is_off_topic(alone):
    find = alone("topic", {"denied": SMALL["denied"]}, FakeEngine())
    assert [f.rule for f in find("all about money here")] == ["topic/health"]


def test_answers_are_judged_documents_only_where_the_policy_says_so(alone, small):
    text = "take one pill a day"
    assert small(text, source=Source.ASSISTANT, at=Checkpoint.OUTPUT)
    assert small(text, source=Source.SYSTEM) == small(text, source=Source.DOCUMENT) == []
    everything = alone("topic", {**SMALL, "surfaces": ["data"]}, FakeEngine())
    assert everything(text, source=Source.DOCUMENT)


def test_scores_rise_and_fall_with_nearness():
    assert denied_score(0.2, 0.0) == off_topic_score(0.17) == pytest.approx(0.5)
    assert denied_score(0.5, 0.1) > denied_score(0.4, 0.1) > denied_score(0.4, 0.5)
    assert denied_score(0.4, -0.9) == denied_score(0.4, 0.0)
    assert off_topic_score(0.0) > off_topic_score(0.1) > off_topic_score(0.9) >= 0.0


def test_stored_vectors_stand_in_for_the_embedder_at_start(alone, tmp_path):
    sentences = ["About a meter.", "About a pill.", *SMALL_TALK]
    engine = FakeEngine()
    Vectors.of(engine, "embedder", sentences).save(tmp_path / "v.json")
    options = {**SMALL, "vectors": str(tmp_path / "v.json")}
    asked = []
    engine.embed = lambda model, texts: asked.append(texts) or FakeEngine().embed(model, texts)
    find = alone("topic", options, engine)
    assert asked == []
    assert counted(find("take one pill a day")) >= {"topic/health"}


def test_stored_vectors_of_another_embedder_are_refused(alone, tmp_path):
    path = tmp_path / "v.json"
    Vectors("other", ("About a pill.",), "").save(path)
    with pytest.raises(ModelError, match="model other, loaded is fake"):
        alone("topic", {**SMALL, "vectors": str(path)}, FakeEngine())


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"denied": {"a": []}}, "denied.a"),
        ({"denied": {"a": ["x"]}}, "denied.a.0"),
        ({"denied": {"A b": ["about a"]}}, "denied.A b"),
        ({"denied": {"off-topic": ["about a"]}}, "a rule of its own"),
        ({"purpose": "x" * 501}, "purpose"),
        ({"deny": {}}, "deny"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, place):
    with pytest.raises(ValidationError, match=place):
        TopicOptions.model_validate(options)


def test_without_a_topic_or_an_engine_it_is_refused(alone):
    with pytest.raises(PolicyError, match="does nothing"):
        alone("topic", {}, FakeEngine())
    with pytest.raises(InferenceError, match="inference engine"):
        alone("topic", SMALL)
