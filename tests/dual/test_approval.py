"""What a person is shown, and what their answer is bound to."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.dual.admit import Reason, Why
from shield.dual.approval import Resolved, origin, proposed, quoted, says
from shield.dual.tools import Bound, Tool
from shield.dual.values import built
from shield.policy.schema import Effect, Role
from shield.types import Capacity, Integrity, Label, Origin, Source

MAIL = Label(Integrity.UNTRUSTED, frozenset({Origin(Source.TOOL, "read_inbox", "m")}), None)
MINE = Label(Integrity.USER, frozenset({Origin(Source.USER, "plan", "s")}), None)
WHY = (Reason(Why.IDENTITY, "to"),)


async def nothing(arguments):
    return None


SEND = Bound(Tool("send", "", {}, nothing), Effect.SEND, {"to": Role.RECIPIENT})
CALL = Resolved("s", (0,), SEND, {"to": built("a@b.example", MAIL)}, MINE)


def changed(**parts):
    return msgspec.structs.replace(CALL, **parts)


@pytest.mark.parametrize(
    "other",
    [
        changed(step="t"),
        changed(place=(1,)),
        changed(place=()),
        changed(values={"to": built("a@c.example", MAIL)}),
        changed(values={"cc": built("a@b.example", MAIL)}),
        changed(values={"to": built("a@b.example", MINE)}),
        changed(values={"to": built(["a@b.example"], MAIL)}),
        changed(pc=MAIL),
        changed(tool=msgspec.structs.replace(SEND, tool=Tool("post", "", {}, nothing))),
    ],
)
def test_an_approval_is_bound_to_everything_that_would_happen(other):
    assert proposed(CALL, WHY, "p").digest != proposed(other, WHY, "p").digest


def test_it_is_bound_to_the_plan_and_the_reasons_too():
    digests = {
        proposed(CALL, why, plan).digest for why in (WHY, (Reason(Why.READERS),)) for plan in "pq"
    }

    assert len(digests) == 4
    assert proposed(CALL, WHY, "p").digest in digests


def test_the_same_call_has_the_same_digest():
    again = changed(values={"to": built("a@b.example", MAIL)})

    assert proposed(CALL, WHY, "p") == proposed(again, WHY, "p")


def test_what_a_person_reads():
    shown = str(proposed(CALL, WHY, "p"))

    assert shown.splitlines() == [
        "send (send)",
        "  to: “a@b.example” – text of read_inbox",
        "  ? who gets it is not from your request (to)",
    ]


@settings(max_examples=300, deadline=None)
@given(st.text())
def test_a_quoted_value_stays_inside_its_quotation_marks_and_line(text):
    made = quoted(text)

    assert not set(made) & set("“”\n\r\t\x00\u202e\u200b\u2066\U000e0041\u2028\x85")
    assert len(made) <= 330


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x" * 300, "x" * 300),
        ("x" * 10_000, "x" * 300 + "… [10000 characters]"),
        (" " * 9_000 + "pay eve", "… [9007 characters]"),
    ],
)
def test_a_long_value_is_shortened_and_says_so(text, shown):
    assert quoted(text) == shown


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (MINE, "from your request"),
        (MAIL, "text of read_inbox"),
        (Label(Integrity.EXTRACTED, MAIL.origins, None, Capacity.ID), "read out of read_inbox"),
        (Label(Integrity.TOOL_AUTH, MAIL.origins | MINE.origins, None), "a field of read_inbox"),
    ],
)
def test_origins_in_words(label, words):
    assert origin(label) == words


@pytest.mark.parametrize("why", list(Why))
def test_every_reason_has_words(why):
    assert says(why)
