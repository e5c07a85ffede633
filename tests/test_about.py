"""What observers may know: the operator's names, and digests that nobody can guess a text from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.about import Edition, Told, about, digest
from shield.types import Caller, Offer

EDITION = Edition("n", "1", "d", "enforce", (("harm", "h1"),))
KEY = b"k" * 32
CANARY = "zanzibarcanary"


def _about(caller=None, told=None, offers=(), key=KEY):
    return about(EDITION, caller or Caller(), told or Told(), offers, key)


def test_what_is_unknown_is_empty():
    assert _about() == type(_about())(EDITION)


def test_all_but_the_policys_names_are_digests_under_the_key():
    caller = Caller(CANARY, CANARY, CANARY, CANARY)
    told = Told(CANARY, CANARY, CANARY, CANARY)
    made = _about(caller, told, [Offer(CANARY, {CANARY: CANARY})])
    shown = [getattr(made, f) for f in made.__struct_fields__ if f != "edition"]
    assert CANARY not in str(made)
    assert {len(value) for value in shown} == {16}
    other = _about(caller, told, [Offer(CANARY, {CANARY: CANARY})], key=b"x" * 32)
    assert all(getattr(other, f) != getattr(made, f) for f in made.__struct_fields__[1:])


def test_a_model_asked_and_answered_has_one_name():
    made = _about(told=Told(asked="m", answered="m"))
    assert made.asked == made.answered


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Caller("a", "b"), Caller("ab", "")),
        (Caller("a", "bc"), Caller("ab", "c")),
        (Caller("", "a", "b"), Caller("", "a", "c")),
    ],
)
def test_callers_are_told_apart(one, other):
    assert _about(one) != _about(other)


@given(st.text(), st.text(), st.text())
def test_parts_are_not_run_together(a, b, c):
    assert (digest(KEY, "x", a, b + c) == digest(KEY, "x", a + b, c)) is (b == "")
    assert digest(KEY, "x", a) != digest(KEY, "y", a)


def test_lone_surrogates_are_digested_too():
    assert len(digest(KEY, "x", "\ud800")) == 16
