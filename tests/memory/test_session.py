"""Keys that keep callers apart, and what is left of a session that grew too long."""

import itertools
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.label import segment
from shield.memory.session import (
    Session,
    content_digest,
    continued,
    principal_key,
    session_key,
    text_digest,
    trimmed,
)
from shield.types import Caller, Decision, Source, Turn

SECRET = b"k" * 32
PARTS = st.text(alphabet="ab|/\0:é\ud800", max_size=4)
CALLERS = st.builds(Caller, tenant=PARTS, principal=PARTS, session=PARTS)
COLLIDING = [
    Caller("ab", "c", "d"),
    Caller("a", "bc", "d"),
    Caller("a", "b", "cd"),
    Caller("abcd", "", ""),
    Caller("", "abcd", ""),
    Caller("", "", "abcd"),
    Caller("", "ab", "cd"),
    Caller("a\0b", "c", "d"),
    Caller("a", "b\0c", "d"),
]


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(COLLIDING, 2)))
def test_callers_whose_names_run_together_have_different_sessions(one, other):
    assert session_key(SECRET, one) != session_key(SECRET, other)


@settings(max_examples=200, deadline=None)
@given(CALLERS, CALLERS)
def test_two_callers_share_a_session_only_when_they_are_the_same(one, other):
    same = (one.tenant, one.principal, one.session) == (
        other.tenant,
        other.principal,
        other.session,
    )
    assert (session_key(SECRET, one) == session_key(SECRET, other)) == same


@settings(max_examples=100, deadline=None)
@given(CALLERS, CALLERS)
def test_the_key_of_a_person_is_never_the_key_of_a_session(one, other):
    assert principal_key(SECRET, one) != session_key(SECRET, other)


def test_all_sessions_of_a_person_have_one_owner():
    keys = {principal_key(SECRET, Caller("t", "ann", session)) for session in "abc"}
    assert len(keys) == 1


def test_the_feature_that_was_used_does_not_split_a_session():
    one, other = Caller("t", "ann", "s", "search"), Caller("t", "ann", "s", "chat")
    assert session_key(SECRET, one) == session_key(SECRET, other)


def test_another_secret_gives_another_key():
    caller = Caller("t", "ann", "s")
    assert session_key(SECRET, caller) != session_key(b"x" * 32, caller)


def test_a_key_shows_nothing_of_the_caller():
    key = session_key(SECRET, Caller("tenant", "ann@example.org", "s42"))
    assert not any(part in key for part in ("tenant", "ann", "s42"))


@pytest.mark.parametrize("text", ["", "hello", "\ud800", "漢" * 1000])
def test_a_text_is_named_by_thirty_two_hex_digits(text):
    assert len(bytes.fromhex(text_digest(text))) == 16


def _session(*texts: str) -> Session:
    trail = tuple(Turn(text_digest(text), Decision.ALLOW) for text in texts)
    return Session(tuple(segment(text, Source.USER) for text in texts), trail)


def _kept(session: Session) -> list[str]:
    return [s.text for s in session.history]


def test_a_session_within_its_bounds_is_kept_whole():
    assert trimmed(_session("a", "b"), 5, 100) == _session("a", "b")


def test_the_newest_texts_are_kept_in_their_order():
    assert _kept(trimmed(_session("a", "b", "c"), 2, 100)) == ["b", "c"]


def test_the_trail_is_bounded_like_the_history():
    assert len(trimmed(_session("a", "b", "c"), 2, 100).trail) == 2


@pytest.mark.parametrize(("size", "kept"), [(0, []), (3, []), (4, ["dddd"]), (7, ["ccc", "dddd"])])
def test_texts_are_kept_as_far_as_the_bytes_go(size, kept):
    assert _kept(trimmed(_session("aa", "ccc", "dddd"), 9, size)) == kept


def test_bytes_are_counted_and_not_characters():
    assert _kept(trimmed(_session("漢漢"), 9, 5)) == []


def test_a_text_with_half_a_surrogate_pair_can_be_measured():
    assert _kept(trimmed(_session("\ud800"), 9, 3)) == ["\ud800"]


def test_a_huge_text_does_not_let_older_ones_slip_past_it():
    assert _kept(trimmed(_session("old", "x" * 100), 9, 50)) == []


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=10), max_size=10), st.integers(1, 8), st.integers(0, 40))
def test_what_is_kept_is_the_end_of_the_session_within_both_bounds(texts, turns, size):
    kept = _kept(trimmed(_session(*texts), turns, size))
    within = sum(len(t.encode("utf-8", "surrogatepass")) for t in kept) <= size
    assert (texts[len(texts) - len(kept) :], len(kept) <= turns, within) == (kept, True, True)


def _turn(text: str, decision: Decision = Decision.ALLOW) -> Turn:
    return Turn(text_digest(text), decision)


def test_a_turn_is_named_by_the_beginning_of_its_texts_digest():
    assert content_digest("hello").startswith(text_digest("hello"))


def test_a_session_of_a_megabyte_of_name_has_a_short_key():
    key = session_key(SECRET, Caller(session="s" * 1_048_576))
    assert len(key) == 64


def test_refused_turns_outlive_the_others():
    trail = (_turn("bad", Decision.BLOCK), *(_turn(str(n)) for n in range(9)))
    kept = trimmed(Session((), trail), 64, 100, 4).trail
    assert kept == (trail[0], *trail[-3:])


def test_of_many_refused_turns_the_newest_outlive_the_others():
    trail = (*(_turn(f"bad {n}", Decision.BLOCK) for n in range(9)), *map(_turn, "abcdefgh"))
    kept = trimmed(Session((), trail), 64, 100, 4).trail
    assert kept == (trail[7], trail[8], *trail[-2:])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.booleans(), max_size=30), st.integers(1, 12))
def test_a_trail_is_bounded_whatever_it_holds(refused, most):
    trail = tuple(
        _turn(str(n), Decision.BLOCK if bad else Decision.ALLOW) for n, bad in enumerate(refused)
    )
    kept = trimmed(Session((), trail), 64, 100, most).trail
    assert len(kept) == min(most, len(trail))
    assert list(kept) == [turn for turn in trail if turn in set(kept)]


def test_a_turn_that_is_sent_again_moves_to_its_place():
    before = Session((), tuple(map(_turn, "abc")))
    after = continued(before, (), map(_turn, "bcd"))
    assert after.trail == tuple(map(_turn, "abcd"))


def test_a_path_that_the_sender_made_long_counts_like_text():
    long = segment("text", Source.DOCUMENT, path="/" + "k" * 100)
    assert trimmed(Session((long,)), 9, 50).history == ()


@pytest.mark.parametrize("text", ["a" * 10_000, "漢" * 10_000, "a" * 9_999 + "😀"])
def test_a_session_weighs_no_less_than_its_text_takes(text):
    assert Session((segment(text, Source.USER),)).weight >= sys.getsizeof(text)
