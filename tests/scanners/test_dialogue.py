"""Intents are recognised, transitions kept, and fixed answers given in place of the model."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from shield.errors import InferenceError, PolicyError
from shield.guard import Guard
from shield.inference.engine import Engine
from shield.label import segment
from shield.policy.load import load
from shield.scanners.dialogue import DialogueOptions, intent_score
from shield.types import Caller, Decision, Severity, Source

# A furniture shop.
INTENTS = [
    {
        "name": "opening-hours",
        "examples": [
            "What are your opening hours?",
            "When are you open?",
            "Are you open on Sunday?",
        ],
    },
    {"name": "phone-number", "examples": ["What is your phone number?", "How can I call you?"]},
    {
        "name": "cancel-order",
        "examples": ["I want to cancel my order.", "Please cancel the order."],
    },
    {
        "name": "confirm-cancel",
        "examples": ["Yes, cancel it.", "I confirm the cancellation."],
        "after": ["cancel-order"],
    },
    {"name": "human", "examples": ["Can I talk to a human?", "Connect me to an agent."]},
    {"name": "password", "examples": ["I forgot my password.", "How do I reset my password?"]},
]
POSITIVES = [
    ("opening-hours", "when do you open on saturdays?"),
    ("opening-hours", "What time does the shop close today?"),
    ("opening-hours", "are you guys open tomorrow"),
    ("opening-hours", "Opening times please"),
    ("opening-hours", "Is the store open on public holidays?"),
    ("opening-hours", "until what time are you open?"),
    ("phone-number", "What number can I ring you on?"),
    ("phone-number", "give me your telephone number"),
    ("phone-number", "Is there a number I can call?"),
    ("phone-number", "phone number pls"),
    ("cancel-order", "I'd like to cancel my order"),
    ("cancel-order", "cancel order 4711"),
    ("cancel-order", "Can I still cancel what I ordered yesterday?"),
    ("cancel-order", "please stop my order"),
    ("cancel-order", "How do I cancel an order?"),
    ("confirm-cancel", "yes please cancel it"),
    ("confirm-cancel", "I confirm, cancel"),
    ("confirm-cancel", "Yes, I want to cancel it"),
    ("human", "I want to speak to a real person"),
    ("human", "let me talk to a human being"),
    ("human", "agent please"),
    ("human", "Can you connect me with an employee?"),
    ("human", "can i chat with a human instead"),
    ("password", "I can't remember my password"),
    ("password", "reset password"),
    ("password", "How can I change my forgotten password?"),
    ("password", "password forgotten, what now?"),
    ("password", "I lost my password, help"),
    ("opening-hours", "What hours are you open during the week?"),
    ("human", "Put me through to someone real, please."),
    ("phone-number", "Could I have your phone number?"),
    ("cancel-order", "I need to cancel the order I placed."),
]


@pytest.fixture(scope="module")
def engine(root):
    return Engine(root / "models", ["embedder"])


@pytest.fixture
def find(alone, engine):
    return alone("dialogue", {"intents": INTENTS}, engine)


def counted(findings):
    return {f.rule for f in findings if f.score >= 0.5}


def test_most_rewordings_of_a_request_have_its_intent(find):
    missed = [text for name, text in POSITIVES if f"dialogue/{name}" not in counted(find(text))]
    assert len(POSITIVES) >= 30
    assert len(missed) <= 0.2 * len(POSITIVES), missed


def test_other_requests_to_the_same_shop_have_none(find, root):
    file = root / "attack_corpus" / "near_miss" / "dialogue.jsonl"
    cases = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    texts = [turn["text"] for case in cases for turn in case["turns"]]
    assert len(texts) >= 30
    assert len([text for text in texts if counted(find(text))]) <= 2


ASKED, CONFIRMED = "I want to cancel my order.", "Yes, cancel it."


def test_an_intent_may_follow_where_the_policy_says_so(find):
    assert counted(find(ASKED, CONFIRMED)) == {"dialogue/confirm-cancel"}
    assert counted(find(CONFIRMED)) == {"dialogue/confirm-cancel", "dialogue/transition"}


def test_what_has_no_intent_does_not_break_the_course(find):
    assert counted(find(ASKED, "Hm, wait a moment.", CONFIRMED)) == {"dialogue/confirm-cancel"}


def test_another_intent_between_breaks_it(find):
    found = find(ASKED, "What are your opening hours?", CONFIRMED)
    assert "dialogue/transition" in counted(found)
    assert next(f for f in found if f.rule == "dialogue/transition").severity is Severity.ERROR


def test_it_is_the_same_when_the_first_message_comes_from_the_session(find):
    sent, remembered = find(ASKED, CONFIRMED), find(CONFIRMED, history=(ASKED,))
    assert [(f.rule, f.score) for f in sent] == [(f.rule, f.score) for f in remembered]


def test_only_the_newest_message_is_judged_and_has_the_span(find):
    (finding,) = find("What are your opening hours?", "I forgot my password.")
    assert (finding.rule, finding.spans[0].segment) == ("dialogue/password", 1)
    assert finding.severity is Severity.NOTICE


@pytest.mark.parametrize("text", ["", "  ", "When are you open? " * 30])
def test_empty_and_long_messages_have_no_intent(find, text):
    assert find(text) == []


def test_documents_want_nothing(find):
    assert find(CONFIRMED, source=Source.DOCUMENT) == find(CONFIRMED, source=Source.SYSTEM) == []


class FakeEngine:
    """Embeds a text as which of two words is in it."""

    def card(self, model):
        return SimpleNamespace(digest="fake")

    def embed(self, model, texts):
        rows = np.array([[1e-3, *(w in t.lower() for w in ("red", "blue"))] for t in texts])
        rows = rows.reshape(len(texts), 3)
        return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype("f4")


def test_an_intent_may_be_wanted_only_first(alone):
    intents = [
        {"name": "red", "examples": ["red"], "after": ["start"]},
        {"name": "blue", "examples": ["blue"]},
    ]
    find = alone("dialogue", {"intents": intents}, FakeEngine())
    assert counted(find("red")) == {"dialogue/red"}
    assert counted(find("blue", "red")) == {"dialogue/red", "dialogue/transition"}


def test_scores_rise_with_nearness():
    assert intent_score(0.58) == pytest.approx(0.5)
    assert 0 <= intent_score(-1.0) < intent_score(0.4) < intent_score(0.7) <= 1


@pytest.mark.parametrize(
    ("intents", "words"),
    [
        ([{"name": "a", "examples": []}], "intents.0.examples"),
        ([{"name": "A", "examples": ["xx"]}], "intents.0.name"),
        ([{"name": "a", "examples": ["xx"]}] * 2, "a stands there twice"),
        ([{"name": "start", "examples": ["xx"]}], "a meaning of its own"),
        ([{"name": "a", "examples": ["xx"], "after": ["b"]}], "a comes after b"),
        ([{"name": "a", "examples": ["xx"], "answer": "yes"}], "intents.0.answer"),
    ],
)
def test_intents_that_do_not_fit_are_refused(intents, words):
    with pytest.raises(ValidationError, match=words):
        DialogueOptions.model_validate({"intents": intents})


def test_without_intents_or_an_engine_it_is_refused(alone):
    with pytest.raises(PolicyError, match="does nothing"):
        alone("dialogue", {}, FakeEngine())
    with pytest.raises(InferenceError, match="inference engine"):
        alone("dialogue", {"intents": INTENTS})


POLICY = """
name = "t"
version = "1"
models = "{models}"
[scanners.secrets]
decision = "block"
[[scanners.dialogue.options.intents]]
name = "opening-hours"
examples = ["What are your opening hours?", "When are you open?"]
[[scanners.dialogue.options.intents]]
name = "cancel"
examples = ["I want to cancel my order."]
after = ["opening-hours"]
[scanners.dialogue.rules]
"dialogue/opening-hours" = {{ answer = "From nine to six." }}
"dialogue/transition" = {{ decision = "block", answer = "Ask for the hours first." }}
"""


@pytest.fixture(scope="module")
def guard(tmp_path_factory, root):
    path = tmp_path_factory.mktemp("policy") / "p.toml"
    path.write_text(POLICY.format(models=root / "models"), "utf-8")
    made = Guard(load(path, locked=False))
    yield made
    made.close()


def judged(guard, *texts, session=""):
    segments = [segment(text, Source.USER, turn=i) for i, text in enumerate(texts)]
    return guard.exchange(Caller(principal="p", session=session)).input(segments)


def test_a_fixed_answer_takes_the_place_of_the_model(guard):
    outcome = judged(guard, "When are you open?")
    assert (outcome.decision, outcome.answer) == (Decision.ALLOW, "From nine to six.")
    assert not outcome.passes


def test_what_has_no_answer_goes_to_the_model(guard):
    outcome = judged(guard, "Is the lamp available in green?")
    assert (outcome.answer, outcome.passes) == ("", True)


def test_an_answered_message_in_the_history_is_not_answered_again(guard):
    outcome = judged(guard, "When are you open?", "Is the lamp available in green?")
    assert (outcome.answer, outcome.passes) == ("", True)


def test_a_stricter_decision_leaves_no_answer(guard):
    key = "gh" + "p_" + "aB3dE6gH9jK2mN5pQ8sT1vW4xY7zA0cD2eF5"
    outcome = judged(guard, f"When are you open? {key}")
    assert (outcome.decision, outcome.answer) == (Decision.BLOCK, "")


def test_a_refused_transition_says_why(guard):
    outcome = judged(guard, "I want to cancel my order.")
    assert (outcome.decision, outcome.answer) == (Decision.BLOCK, "Ask for the hours first.")
    assert "hours" not in repr(outcome.verdict)


def test_the_course_is_kept_over_the_messages_of_a_session(guard):
    judged(guard, "When are you open?", session="s")
    outcome = judged(guard, "I want to cancel my order.", session="s")
    assert (outcome.decision, outcome.answer) == (Decision.ALLOW, "")
