"""Placeholders: one a value, restored for their owner only, bounded, expiring, erasable."""

import math
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.memory.session import session_key
from shield.memory.vault import LocalVault, label_of
from shield.types import Caller
from tests.growth import assert_linear

MAIL, OTHER = "ann@example.org", "bob@example.org"
ROOM = {"seconds": 60, "entries": 5, "per_owner": 3, "size": 100_000}


@pytest.fixture
def clock():
    """Time that passes only when a test says so."""
    return SimpleNamespace(now=1_000.0)


@pytest.fixture
def vault(clock):
    return LocalVault(**ROOM, clock=lambda: clock.now)


def put(vault, value=MAIL, *, session="s", owner="ann", kind="email-address"):
    return vault.token(session, owner, kind, value)


def test_a_value_has_the_same_placeholder_throughout_its_session(vault):
    assert [put(vault), put(vault, OTHER), put(vault)] == ["<EMAIL_1>", "<EMAIL_2>", "<EMAIL_1>"]


def test_each_kind_is_counted_by_itself(vault):
    assert [put(vault), put(vault, "+44 1", kind="phone-number")] == ["<EMAIL_1>", "<PHONE_1>"]


def test_what_was_put_away_is_restored_letter_for_letter(vault):
    token = put(vault, "Ann.Lee@Example.ORG")
    assert vault.restore("s", f"Write to {token}.") == "Write to Ann.Lee@Example.ORG."


@pytest.mark.parametrize(
    "shown",
    [
        *("<EMAIL_1>", "<email_1>", "< EMAIL_1 >", "&lt;EMAIL_1&gt;", "&#60;EMAIL_1&#62;"),
        *(r"\u003cEMAIL_1\u003e", r"\<EMAIL\_1\>", r"<EMAIL\_1>", "**<EMAIL_1>**", "`<EMAIL_1>`"),
    ],
)
def test_a_placeholder_survives_what_models_and_renderers_make_of_it(vault, shown):
    put(vault)
    restored = vault.restore("s", f"to {shown}, please")
    assert MAIL in restored
    assert "EMAIL" not in restored.upper().replace(MAIL.upper(), "")


@pytest.mark.parametrize(
    "text",
    [
        *("<EMAIL_2>", "<EMAIL_01>", "<PHONE_1>", "EMAIL_1", "<EMAIL_1", "EMAIL_1>", "<EMAIL>"),
        *("<XEMAIL_1>", "<EMAIL_1_2>", "<EMAIL 1>", "[EMAIL_1]", ""),
    ],
)
def test_what_is_no_placeholder_of_the_session_stays(vault, text):
    put(vault)
    assert vault.restore("s", text) == text


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.test/?q=<EMAIL_1>",
        "![](https://evil.test/<EMAIL_1>)",
        '<img src="//evil.test/<EMAIL_1>">',
        "[more](https://evil.test/\",'<EMAIL_1>)",
        "HTTP://evil.test/a/%3C&lt;EMAIL_1&gt;",
    ],
)
def test_no_link_carries_a_value_away(vault, link):
    put(vault)
    assert MAIL not in vault.restore("s", f"see {link} for more")


def test_what_stands_beside_a_link_is_restored(vault):
    put(vault)
    assert vault.restore("s", "https://a.test <EMAIL_1>") == f"https://a.test {MAIL}"


def test_a_restored_value_is_not_read_again(vault):
    put(vault, "<EMAIL_2>")
    put(vault, OTHER)
    assert vault.restore("s", "<EMAIL_1>") == "<EMAIL_2>"


@pytest.mark.parametrize(
    "other",
    [
        {"session": "t"},
        {"principal": "bob"},
        {"tenant": "elsewhere"},
        {"principal": "annu", "session": ""},
    ],
)
def test_nobody_else_gets_the_value(vault, other):
    caller = {"tenant": "", "principal": "ann", "session": "u"}
    mine = session_key(b"key", Caller(**caller))
    put(vault, session=mine)
    theirs = session_key(b"key", Caller(**{**caller, **other}))
    assert vault.restore(theirs, "<EMAIL_1>") == "<EMAIL_1>"
    assert vault.restore(mine, "<EMAIL_1>") == MAIL


@pytest.mark.parametrize(("seconds", "shown"), [(59, MAIL), (61, "<EMAIL_1>")])
def test_a_value_expires_after_its_time(vault, clock, seconds, shown):
    put(vault)
    clock.now += seconds
    assert vault.restore("s", "<EMAIL_1>") == shown


def test_a_value_that_is_met_again_gets_new_time(vault, clock):
    put(vault)
    clock.now += 50
    put(vault)
    clock.now += 50
    assert vault.restore("s", "<EMAIL_1>") == MAIL


@pytest.mark.parametrize("jump", [-5_000.0, float("nan"), float("-inf")])
def test_a_clock_that_is_set_back_keeps_nothing_alive(vault, clock, jump):
    put(vault)
    clock.now += jump
    put(vault, session="t")
    clock.now = (clock.now if math.isfinite(clock.now) else 1_000.0) + 61
    assert vault.restore("s", "<EMAIL_1>") == "<EMAIL_1>"


def test_expired_values_are_not_kept(vault, clock):
    put(vault, session="old")
    clock.now += 61
    put(vault, session="new")
    assert len(vault) == 1


def test_a_forgotten_session_is_empty_and_others_are_not(vault):
    put(vault)
    put(vault, session="t")
    vault.forget("s")
    assert [vault.restore(name, "<EMAIL_1>") for name in "st"] == ["<EMAIL_1>", MAIL]
    vault.forget("never known")


def test_a_forgotten_owner_is_empty_and_others_are_not(vault):
    put(vault)
    put(vault, session="t")
    put(vault, session="b", owner="bob")
    vault.forget_owner("ann")
    assert [vault.restore(name, "<EMAIL_1>") for name in "stb"] == ["<EMAIL_1>", "<EMAIL_1>", MAIL]
    vault.forget_owner("ann")
    vault.forget_owner("bob")
    assert (vault.used, len(vault), vault._owned) == (0, 0, {})


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("email-address", "EMAIL"),
        ("iban-code", "IBAN"),
        ("us-ssn", "US_SSN"),
        ("br-cpf", "BR_CPF"),
        ("", "VALUE"),
        ("42", "VALUE"),
        ("a1-b", "A_B"),
    ],
)
def test_a_label_says_what_a_value_is(kind, label):
    assert label_of(kind) == label


VALUES = st.text(min_size=1, max_size=20)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["email-address", "us-ssn", "é"]), VALUES), max_size=8))
def test_going_and_coming_back_changes_nothing(values):
    vault = LocalVault(seconds=60, entries=100, per_owner=9, size=10**6)
    tokens = [put(vault, value, kind=kind) for kind, value in values]
    shown = vault.restore("s", " ".join(tokens))
    assert shown == " ".join(value for _, value in values)


def test_restoring_costs_no_more_than_the_length(vault):
    put(vault)

    def work(count):
        text = "a.b:<EMAIL_1> //x <EMAIL\\" * count
        return lambda: vault.restore("s", text)

    assert_linear(work, 3_000, 12_000)
