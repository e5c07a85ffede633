"""What a policy says of each kind of personal data is done: allowed, cut, masked, named, blocked,
spared as one's own, restored for its owner, and forgotten.
"""

import gc
import types

import pytest

from shield.guard import Guard
from shield.label import segment
from shield.policy.load import load
from shield.policy.schema import Limits, PolicyDocument, RuleEntry, ScannerEntry
from shield.types import Caller, Checkpoint, Decision, EditForm, Source

CARD, MAIL = "4111 1111 1111 1111", "ann.zanzibar@example.org"
TEXT = f"My card is {CARD}, write to {MAIL}."
ANN = Caller(principal="ann", session="s")


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A policy of its own, so that nothing else decides."""
    path = tmp_path_factory.mktemp("policy") / "policy.toml"
    text = 'name = "personal"\nversion = "1"\n[checkpoints.input]\nblock_at = 99\n[scanners.pii]\n'
    path.write_text(text, encoding="utf-8")
    return load(path, locked=False)


@pytest.fixture(scope="module")
def make(bare):
    """Guards with the pii scanner alone, let go at the end."""
    made = []

    def guard(limits=None, *, mode="enforce", **entry):
        options = {"entities": ["CREDIT_CARD", "EMAIL_ADDRESS"]}
        scanner = ScannerEntry(**{"decision": "redact", "options": options, **entry})
        changes = {"scanners": {"pii": scanner}, "limits": limits or Limits(), "mode": mode}
        made.append(Guard(bare.with_document(bare.document.model_copy(update=changes))))
        return made[-1]

    yield guard
    for each in made:
        each.close()


def said(outcome):
    return [s.text for s in outcome.segments]


def ask(guard, text=TEXT, caller=ANN, source=Source.USER):
    return guard.exchange(caller).input([segment(text, source, path="/x")])


CARD_RULE = {"pii/credit-card": RuleEntry(decision=Decision.ALLOW)}


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ({}, "My card is [REDACTED:credit-card], write to [REDACTED:email-address]."),
        ({"rules": CARD_RULE}, f"My card is {CARD}, write to [REDACTED:email-address]."),
        ({"edit": "mask"}, "My card is **** **** **** 1111, write to ***.********@******e.org."),
        ({"edit": "tokenise"}, "My card is <CREDIT_CARD_1>, write to <EMAIL_1>."),
        (
            {"edit": "tokenise", "rules": {"pii/credit-card": RuleEntry(edit=EditForm.MASK)}},
            "My card is **** **** **** 1111, write to <EMAIL_1>.",
        ),
    ],
)
def test_each_entity_has_the_action_that_the_policy_names(make, entry, shown):
    assert said(ask(make(**entry))) == [shown]


def test_an_entity_may_be_blocked(make):
    rules = {"pii/credit-card": RuleEntry(decision=Decision.BLOCK)}
    assert not ask(make(rules=rules)).passes


def test_a_policy_that_only_observes_puts_nothing_away(make):
    guard = make(edit="tokenise", mode="observe")
    assert said(ask(guard)) == [TEXT]
    assert len(guard.vault) == 0


def test_the_same_value_has_the_same_name_in_every_turn_and_message(make):
    guard = make(edit="tokenise")
    ask(guard, f"I am {MAIL}")
    exchange = guard.exchange(ANN)
    seen = exchange.input(
        [segment(t, Source.USER) for t in ("also bob@example.org", f"and {MAIL}")]
    )
    assert said(seen) == ["also <EMAIL_2>", "and <EMAIL_1>"]
    assert exchange.restore("<EMAIL_2> and <EMAIL_1>") == f"bob@example.org and {MAIL}"


@pytest.mark.parametrize(
    "other",
    [
        Caller(principal="bob", session="s"),
        Caller(principal="ann", session="t"),
        Caller(tenant="x", principal="ann", session="s"),
        Caller(principal="ann"),
        Caller(),
    ],
)
def test_an_answer_is_restored_for_its_owner_only(make, other):
    guard = make(edit="tokenise")
    ask(guard)
    assert guard.exchange(ANN).restore("<EMAIL_1>") == MAIL
    assert guard.exchange(other).restore("<EMAIL_1>") == "<EMAIL_1>"


def test_without_a_session_names_last_as_long_as_the_exchange(make):
    guard = make(edit="tokenise")
    with guard.exchange(Caller(principal="ann")) as exchange:
        assert said(exchange.input([segment(TEXT, Source.USER)])) == [
            "My card is <CREDIT_CARD_1>, write to <EMAIL_1>."
        ]
        assert exchange.restore("<EMAIL_1>") == MAIL
    assert exchange.restore("<EMAIL_1>") == "<EMAIL_1>"
    assert len(guard.vault) == 0


def test_without_a_caller_names_are_given_all_the_same(make):
    with make(edit="tokenise").exchange() as exchange:
        exchange.input([segment(TEXT, Source.USER)])
        assert exchange.restore("<CREDIT_CARD_1>") == CARD


@pytest.mark.parametrize("edit", ["mask", "tokenise"])
def test_in_an_answer_every_cut_is_a_plain_placeholder(make, edit):
    outcome = make(edit=edit).exchange(ANN).output(f"her card is {CARD}")
    assert said(outcome) == ["her card is [REDACTED:credit-card]"]


def test_the_vault_keeps_to_the_limits_of_the_policy(make):
    guard = make(Limits(vault_entries=1), edit="tokenise")
    assert said(ask(guard)) == ["My card is <CREDIT_CARD_1>, write to [REDACTED:email-address]."]


OWN = {"spare_own": True}


def test_what_the_principal_wrote_passes_where_the_policy_says_so(make):
    assert said(ask(make(**OWN))) == [TEXT]


@pytest.mark.parametrize("source", [Source.DOCUMENT, Source.TOOL, Source.ASSISTANT])
def test_what_anybody_else_wrote_is_cut_all_the_same(make, source):
    assert said(ask(make(**OWN), source=source)) != [TEXT]


def test_one_entity_may_be_spared_and_another_not(make):
    guard = make(rules={"pii/email-address": RuleEntry(spare_own=True)})
    assert said(ask(guard)) == [f"My card is [REDACTED:credit-card], write to {MAIL}."]


@pytest.mark.parametrize(
    ("answer", "passes"),
    [
        (f"We wrote to {MAIL}.", True),
        (f"We wrote to {MAIL.upper()}.", True),
        ("We wrote to bob@example.org.", False),
        (f"We wrote to jo{MAIL}.", False),
        ("We wrote to zanzibar@example.org.", False),  # a part of what was written, not the whole
    ],
)
def test_an_answer_may_repeat_what_the_principal_wrote(make, answer, passes):
    exchange = make(**OWN).exchange(Caller(principal="ann"))
    exchange.input([segment(TEXT, Source.USER), segment("bob@example.org", Source.DOCUMENT)])
    assert (said(exchange.output(answer)) == [answer]) is passes


def test_an_answer_may_repeat_what_an_earlier_exchange_of_the_session_said(make):
    guard = make(**OWN)
    ask(guard)
    answer = f"We wrote to {MAIL}."
    assert said(guard.exchange(ANN).output(answer)) == [answer]
    assert said(guard.exchange(Caller(principal="eve", session="s")).output(answer)) != [answer]


def test_of_very_many_values_only_the_first_are_looked_up_and_the_rest_is_cut(make):
    many = " ".join(f"u{n}@example.org" for n in range(100))
    exchange = make(**OWN).exchange()
    exchange.input([segment(many, Source.USER)])
    (shown,) = said(exchange.output(many))
    assert shown.count("@example.org") == 64


@pytest.mark.parametrize("entry", [OWN, {"edit": "mask"}, {"edit": "tokenise"}])
def test_an_answer_in_pieces_is_cut_like_one_in_a_piece(make, entry):
    answer = f"We wrote to {MAIL}. And to bob@example.org, whose card is {CARD}. That is all of it."
    exchange = make(**entry).exchange(ANN)
    exchange.input([segment(f"I am {MAIL}", Source.USER)])
    (whole,) = said(exchange.output(answer))
    gate = exchange.stream()
    left = "".join(gate.feed(answer[i : i + 7]) for i in range(0, len(answer), 7))
    assert left + gate.end() == whole
    assert (MAIL in whole) is (entry == OWN)
    assert "bob" not in whole


def test_only_personal_data_can_be_spared():
    with pytest.raises(ValueError, match="injection: only personal data"):
        PolicyDocument(name="x", version="1", scanners={"injection": {"spare_own": True}})


def strings(root):
    """All text that can be reached from an object."""
    seen, todo, found = set(), [root], []
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | types.ModuleType | types.FunctionType):
            continue
        seen.add(id(one))
        if isinstance(one, str):
            found.append(one)
        elif isinstance(one, bytes | bytearray):
            found.append(one.decode("utf-8", "replace"))
        todo += gc.get_referents(one)
    return "\n".join(found)


def test_nothing_of_a_forgotten_principal_can_be_found_in_memory(make):
    guard = make(edit="tokenise")
    for session in ("s", "t"):
        caller = Caller(principal="ann", session=session)
        with guard.exchange(caller) as exchange:
            exchange.input([segment(TEXT, Source.USER)])
            exchange.output("Thanks, <EMAIL_1>, here is more about Zanzibar.")
        del exchange
    ask(guard, "I am bob.kilimanjaro@example.org", Caller(principal="bob", session="s"))
    assert "zanzibar" in strings(guard).lower()

    guard.forget("ann")

    left = strings(guard).lower()
    assert "zanzibar" not in left
    assert CARD not in left
    assert "kilimanjaro" in left
    assert guard.exchange(ANN).restore("<EMAIL_1>") == "<EMAIL_1>"


def test_forgetting_keeps_tenants_apart(make):
    guard = make(edit="tokenise")
    theirs = Caller(tenant="x", principal="ann", session="s")
    ask(guard)
    ask(guard, caller=theirs)
    guard.forget("ann", "x")
    assert guard.exchange(ANN).restore("<EMAIL_1>") == MAIL
    assert guard.exchange(theirs).restore("<EMAIL_1>") == "<EMAIL_1>"


def test_forgetting_somebody_unknown_is_no_error(make):
    make().forget("nobody")


@pytest.mark.parametrize("checkpoint", [Checkpoint.INPUT, Checkpoint.OUTPUT])
def test_what_is_kept_of_a_value_stands_in_no_verdict(make, checkpoint):
    exchange = make(edit="tokenise").exchange(ANN)
    outcome = exchange.input([segment(TEXT, Source.USER)])
    if checkpoint is Checkpoint.OUTPUT:
        outcome = exchange.output(TEXT)
    assert "zanzibar" not in repr(outcome.verdict)
