"""Earlier calls are kept without text, and results find the calls that brought them."""

import msgspec
import pytest

from shield.actions.manifest import guessed, tool
from shield.actions.steps import digest, led, named, step
from shield.label import label, segment
from shield.policy.schema import ToolEntry
from shield.types import Decision, Segment, Source, Step
from shield.wire.chat import call

KNOWN = {
    "pay": ToolEntry(effect="pay", roles={"to": "account", "amount": "amount", "note": "content"}),
    "read_file": ToolEntry(effect="read"),
}
ASKED = [
    segment("Pay Ann back, the file is /user/info and the query is red lamp invoices", Source.USER)
]


def made(name, **arguments):
    return step(call(name, arguments), tool(name, KNOWN) or guessed(name), ASKED, Decision.ALLOW)


def test_the_same_call_has_the_same_digest_and_any_change_another():
    one = digest(call("pay", {"to": "a", "amount": 5}))
    assert digest(call("pay", {"amount": 5, "to": "a"})) == one
    others = [
        call("pay", {"to": "a", "amount": 5.0}),
        call("pay", {"to": "a", "amount": "5"}),
        call("pay", {"to": "b", "amount": 5}),
        call("pays", {"to": "a", "amount": 5}),
        call("pay", {"to": ["a"], "amount": 5}),
        call("pay", {"to": "a", "amount": 5, "cc": None}),
    ]
    assert one not in {digest(other) for other in others}


def test_a_step_holds_no_text_of_the_call():
    shown = msgspec.json.encode(made("pay", to="canary-iban", amount=12.5, note="canary-note"))
    assert b"canary" not in shown
    assert made("pay", to="canary", amount=12.5).amount == 12.5


def test_the_same_party_is_known_again_in_another_spelling():
    assert made("pay", to="ANN@x.example").values == made("pay", to="ann@x.example").values
    assert named(call("pay", {"to": "a"}).arguments[0]) in made("pay", to="a").values


@pytest.mark.parametrize(
    ("arguments", "how"),
    [
        ({"path": "/user/info"}, 2),
        ({"path": "/user/info/ann.txt"}, 1),
        ({"path": "/user/other.txt"}, 0),
        ({"path": "/user/information"}, 0),
        ({"query": "invoices red lamps"}, 2),
        ({"query": "blue lamps"}, 0),
        ({"query": "a"}, 0),
        ({"limit": 5}, 0),
    ],
)
def test_the_users_words_lead_to_a_call(arguments, how):
    assert made("read_file", **arguments).led == how


def result(name, of=""):
    return Segment("x", label(Source.TOOL, name, of))


def test_results_belong_to_calls_by_id_else_by_their_order():
    steps = [Step("t", "1", led=2), Step("t", "2", led=0), Step("u", "3", id="c9", led=1)]
    history = [ASKED[0], result("t"), result("u", "c9"), result("t"), result("v")]
    assert led(history, steps) == {1: 2, 2: 1, 3: 0}


def test_more_results_than_calls_leave_the_oldest_without_one():
    assert led([result("t"), result("t")], [Step("t", "1", led=2)]) == {1: 2}
