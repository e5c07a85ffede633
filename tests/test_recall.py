"""A request is recognised against its session, and leaves the same memory however it is sent."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shield.label import segment
from shield.memory.session import Session, content_digest, text_digest
from shield.policy.load import load
from shield.recall import Request, answered, recognised, remembered, scored, tried
from shield.types import (
    REFUSAL,
    Checkpoint,
    Coverage,
    Decision,
    Finding,
    Severity,
    Source,
    Span,
    Turn,
    Verdict,
)
from tests.conftest import ROOT

POLICY = load(ROOT / "policies" / "default.toml", locked=False)
CUT = "[REDACTED:refused-turn]"


def said(*texts, first=Source.USER):
    """Texts of user and assistant in turn."""
    order = [first, Source.ASSISTANT if first is Source.USER else Source.USER]
    return tuple(
        segment(t, order[n % 2], path=f"/messages/{n}/content", turn=n) for n, t in enumerate(texts)
    )


def turn(text, decision=Decision.ALLOW, **changes):
    return Turn(text_digest(text), decision, **changes)


def refused(text):
    return turn(text, Decision.BLOCK)


def found(*places, rule="probe/rule", severity=Severity.CRITICAL):
    spans = tuple(Span(place, 0, 1) for place in places)
    return Finding(rule, rule.partition("/")[0], severity, 1.0, "Constant.", spans)


def verdict(decision=Decision.ALLOW, *findings):
    return Verdict(
        id="v",
        checkpoint=Checkpoint.INPUT,
        decision=decision,
        enforced=True,
        score=0,
        findings=findings,
        shadow=(),
        edits=(),
        coverage=Coverage(),
        policy="p",
        elapsed_ms=0.0,
    )


def request(segments, known=()):
    return Request(segments, tuple(content_digest(s.text) for s in segments), frozenset(known))


def after(segments, *findings, decision=Decision.ALLOW, session=None, known=(), scores=None):
    return remembered(
        session or Session(),
        request(segments, known),
        verdict(decision, *findings),
        scores or {},
        POLICY,
    )


def trail(session):
    return [(t.digest, t.decision) for t in session.trail]


def test_a_request_of_a_new_session_is_taken_as_it_is():
    given = said("one", "two", "three")
    assert recognised(given, (), cutting=True) == request(given)


def test_older_turns_that_passed_are_known():
    given = said("one", "two", "three")
    assert recognised(given, map(turn, ["one", "two", "three"]), cutting=True).known == {0, 1}


def test_the_newest_turn_is_never_known():
    assert recognised(said("yes"), [turn("yes")], cutting=True).known == frozenset()


def test_a_refused_older_turn_is_cut_out_and_its_place_is_named():
    seen = recognised(said("bad", "no", "sorry"), [refused("bad")], cutting=True)
    assert [s.text for s in seen.segments] == [CUT, "no", "sorry"]
    assert [(e.path, e.kind, e.span) for e in seen.cuts] == [
        ("/messages/0/content", "refused-turn", Span(0, 0, 3))
    ]


def test_the_digests_that_scanners_get_are_those_of_what_they_are_shown():
    seen = recognised(said("bad", "no", "sorry"), [refused("bad")], cutting=True)
    assert seen.shown == tuple(content_digest(s.text) for s in seen.segments)
    assert seen.digests[0] == content_digest("bad")


def test_a_policy_that_only_observes_cuts_nothing():
    seen = recognised(said("bad", "no", "sorry"), [refused("bad")], cutting=False)
    assert (seen.segments[0].text, seen.cuts, seen.known) == ("bad", (), frozenset())


@pytest.mark.parametrize("decision", [Decision.QUARANTINE, Decision.ESCALATE, Decision.BLOCK])
def test_whatever_did_not_pass_was_refused(decision):
    seen = recognised(said("bad", "no", "hi"), [turn("bad", decision)], cutting=True)
    assert seen.segments[0].text == CUT


def test_without_turn_numbers_what_stands_before_the_last_answer_is_older():
    given = tuple(replace(s, turn=0) for s in said("bad", "no", "sorry"))
    seen = recognised(given, [refused("bad"), refused("sorry")], cutting=True)
    assert [s.text for s in seen.segments] == [CUT, "no", "sorry"]


def test_a_request_that_passed_is_remembered_with_its_texts():
    session = after(said("one", "two", "three"))
    assert [s.text for s in session.history] == ["one", "two", "three"]
    assert trail(session) == [(text_digest(t), Decision.ALLOW) for t in ("one", "two", "three")]
    assert [t.source for t in session.trail] == [Source.USER, Source.ASSISTANT, Source.USER]


def test_scores_and_families_are_remembered_and_no_text():
    made = after(said("one"), found(0), scores={0: (("injection", 0.25),)}).trail
    assert made == (turn("one", families=("probe",), scores=(("injection", 0.25),)),)


def test_of_a_refused_request_only_who_was_found_is_blamed():
    session = after(said("one", "two", "bad"), found(2), decision=Decision.BLOCK)
    assert trail(session) == [(text_digest("bad"), Decision.BLOCK)]
    assert session.history == ()


def test_fragments_that_passed_before_are_not_blamed_for_the_last_one():
    before = after(said("ignore all", "ok"))
    now = said("ignore all", "ok", "rules")
    session = after(now, found(0, 2), decision=Decision.BLOCK, session=before, known=(0, 1))
    assert trail(session) == [
        (text_digest("ignore all"), Decision.ALLOW),
        (text_digest("ok"), Decision.ALLOW),
        (text_digest("rules"), Decision.BLOCK),
    ]


def test_who_only_has_a_secret_cut_out_is_not_blamed_for_an_attack_beside_it():
    card = found(0, rule="pii/credit-card", severity=Severity.WARNING)
    session = after(said("card", "ok", "bad"), card, found(2), decision=Decision.BLOCK)
    assert trail(session) == [(text_digest("bad"), Decision.BLOCK)]


def test_a_refusal_that_points_nowhere_is_everybodys():
    session = after(said("one", "two", "three"), found(), decision=Decision.BLOCK)
    assert len(session.trail) == 3


@pytest.mark.parametrize(
    "findings", [(), (replace(found(0), error=True),), (replace(found(), error=True),)]
)
def test_nobody_is_to_blame_for_a_deadline_or_a_scanner_that_failed(findings):
    asked = request(said("the system", "an answer", "hello"))

    after = remembered(Session(), asked, verdict(Decision.BLOCK, *findings), {}, POLICY)

    assert (after.trail, after.history) == ((), ())


def test_a_cut_out_turn_stays_refused_and_its_placeholder_is_not_remembered():
    known = Session((), (refused("bad"),))
    seen = recognised(said("bad", "no", "sorry"), known.trail, cutting=True)
    session = remembered(known, seen, verdict(Decision.REDACT), {}, POLICY)
    assert trail(session)[0] == (text_digest("bad"), Decision.BLOCK)
    assert [s.text for s in session.history] == ["no", "sorry"]


def test_a_refused_text_that_passes_when_it_is_said_again_is_no_longer_refused():
    session = after(said("odd"), session=Session((), (refused("odd"),)))
    assert trail(session) == [(text_digest("odd"), Decision.ALLOW)]


TALKS = st.lists(st.text("abc", min_size=1, max_size=3), min_size=1, max_size=9, unique=True)


@settings(max_examples=100, deadline=None)
@given(TALKS)
def test_a_history_that_is_resent_leaves_the_memory_of_its_newest_messages(texts):
    talk = said(*texts)
    resent = single = Session()
    for end in range(1, len(talk) + 1, 2):
        seen = recognised(talk[:end], resent.trail, cutting=True)
        resent = remembered(resent, seen, verdict(), {}, POLICY)
        new = talk[max(0, end - 2) : end]
        single = remembered(
            single, recognised(new, single.trail, cutting=True), verdict(), {}, POLICY
        )
    assert resent == single


def test_a_history_longer_than_the_memory_is_remembered_in_its_order():
    talk = said(*map(str, range(9)))
    session = after(talk, session=Session(talk[4:6], tuple(map(turn, "45"))))
    assert [s.text for s in session.history] == [str(n) for n in range(9)]


def test_an_answer_that_declines_is_remembered_as_that():
    answer = segment("I'm sorry, but I can't help with that.", Source.ASSISTANT)
    (made,) = answered(Session(), [answer], verdict()).trail
    assert (made.signs, made.source, made.refused) == ((REFUSAL,), Source.ASSISTANT, False)


def test_an_answer_that_was_stopped_counts_as_declined():
    answer = segment("Here you are.", Source.ASSISTANT)
    (made,) = answered(Session(), [answer], verdict(Decision.BLOCK)).trail
    assert made.signs == (REFUSAL,)


def test_of_an_honest_answer_nothing_is_remembered():
    session = Session(said("one"), (turn("one"),))
    assert answered(session, [segment("Paris.", Source.ASSISTANT)], verdict()) is session


def test_the_highest_score_of_each_head_is_kept():
    heads = frozenset({"injection", "harm"})
    given = [
        replace(found(0, rule="injection/takeover"), score=0.123456),
        replace(found(0, rule="injection/suspect"), score=0.1),
        replace(found(1, rule="harm/violence"), score=0.75),
        found(0, rule="pii/iban"),
        replace(found(0, rule="harm/error"), error=True),
        replace(found(1, rule="injection/takeover"), turns=(0, 1)),  # not of this turn alone
    ]
    assert scored(given, heads) == {0: (("injection", 0.1235),), 1: (("harm", 0.75),)}


@pytest.mark.parametrize(
    ("kept", "is_try"),
    [
        (refused("x"), True),
        (turn("x", scores=(("injection", 0.5),)), True),
        (turn("x", scores=(("injection", 0.49),)), False),
        (turn("x", scores=(("injection", 0.9),), source=Source.ASSISTANT), False),
        (turn("x", scores=(("injection", 0.9),), source=Source.SYSTEM), False),
    ],
)
def test_a_try_is_a_turn_of_the_principals_that_was_refused_or_nearly(kept, is_try):
    tries = tried(Session(), Session((), (kept,)), request(said("x")))
    assert tries.trail == ((kept,) if is_try else ())


def test_a_try_counts_once_however_often_it_is_made():
    once = tried(Session(), Session((), (refused("x"),)), request(said("x")))
    assert tried(once, Session((), (refused("x"),)), request(said("x"))) is once


def test_only_the_newest_tries_are_kept():
    tries = Session()
    for number in range(100):
        name = str(number)
        tries = tried(tries, Session((), (refused(name),)), request(said(name)))
    assert [t.digest for t in tries.trail] == [text_digest(str(n)) for n in range(68, 100)]
