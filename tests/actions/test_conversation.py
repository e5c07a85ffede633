"""A subject at the action checkpoint is read whole: consent, results and what led to them."""

import json

from shield.actions.conversation import conversation, named
from shield.actions.memo import Memo
from shield.actions.place import Provenance
from shield.label import segment
from shield.policy.schema import ToolEntry
from shield.types import Checkpoint, Source, Step, Subject

TOOLS = {"read_file": ToolEntry(effect="read"), "get_contacts": ToolEntry(effect="read")}
ASKED = segment("Pay the plumber.", Source.USER)
OFFER = segment("He asks for 146.40 to 55779911. Shall I pay?", Source.ASSISTANT)
BILL = segment(json.dumps([{"iban": "DE75512108001245126199", "n": 1}]), Source.TOOL, "read_file")


def subject(*history, steps=(), intent=()):
    return Subject(Checkpoint.ACTION, intent=intent, history=history, steps=steps)


def test_what_the_user_agreed_to_is_theirs_and_only_then():
    yes, no = segment("yes, do it", Source.USER), segment("not yet", Source.USER)
    assert conversation(subject(ASKED, OFFER, yes), TOOLS).of("55779911") is Provenance.USER
    assert conversation(subject(ASKED, OFFER, no), TOOLS).of("55779911") is Provenance.NONE


def test_a_file_is_believed_only_where_the_users_words_led_to_it():
    account = "DE75512108001245126199"
    assert conversation(subject(ASKED, BILL), TOOLS).of(account) is Provenance.TEXT
    steps = (Step("read_file", "d", led=2),)
    assert conversation(subject(ASKED, BILL, steps=steps), TOOLS).of(account) is Provenance.LEAF


def test_turns_that_stand_in_both_places_count_once():
    known = conversation(subject(ASKED, BILL, intent=(ASKED,)), TOOLS, Memo(10_000))
    assert len(known.user) == 1
    apart = conversation(subject(BILL, intent=(ASKED,)), TOOLS)
    assert (len(apart.user), len(apart.texts)) == (1, 1)


def test_a_text_bears_the_name_of_its_tool():
    assert named(BILL) == "read_file"
