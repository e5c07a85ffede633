"""The gate that lets text leave at once: what it takes back is what `hold` would have kept."""

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shield.guard import Guard
from shield.ops.metrics import Metrics
from shield.types import Decision, SkipReason
from tests.retracting import carried_out
from tests.streams import SECRET, secret_policy, sliced

WORDS = "This is an honest sentence about the weather. "
CUT = "[REDACTED:github-token]"
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
pieces = st.sampled_from(
    [
        SECRET,
        SECRET[:20],
        SECRET[20:],
        "password = ",
        "Xk9!fQ2zLp7w",
        WORDS,
        "word ",
        "x" * 90,
        ". ",
    ]
)


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def gate(guard):
    return guard.exchange().stream("async")


def tuples(retractions):
    return [msgspec.structs.astuple(r) for r in retractions]


def streamed(guard, text, size):
    """What has left, what was taken back, and the outcome."""
    of, out, back = gate(guard), [], []
    for piece in sliced(text, size):
        out.append(of.feed(piece))
        of.catch_up()
        back += tuples(of.retractions())
        if of.cut:
            break
    of.end()
    return "".join(out), [*back, *tuples(of.retractions())], of.outcome


@given(st.lists(pieces, max_size=12).map("".join), st.integers(1, 60))
@settings(max_examples=40, **PATIENT)
@example(f"{WORDS * 4}It is {SECRET} and more. {WORDS}", 7)
def test_a_client_that_heeds_retractions_ends_with_what_hold_would_have_shown(guard, text, size):
    held = guard.exchange().stream()
    shown = "".join([*(held.feed(piece) for piece in sliced(text, size)), held.end()])

    left, back, outcome = streamed(guard, text, size)

    assert carried_out(left, back) == shown
    assert outcome.verdict.decision is held.outcome.verdict.decision
    assert outcome.verdict.findings == held.outcome.verdict.findings


def test_text_leaves_at_once_and_unjudged(guard):
    of = gate(guard)

    assert of.feed(f"It is {SECRET[:9]}") == f"It is {SECRET[:9]}"
    assert of.outcome is None
    assert of.released("") > len(WORDS)


def test_the_verdict_and_the_metrics_name_the_gate(guard):
    metrics = Metrics()
    guard.observers = (metrics,)
    outcomes = [streamed(guard, WORDS, 5)[2]]
    held = guard.exchange().stream()
    held.feed(WORDS)
    held.end()
    whole = guard.exchange().output(WORDS)
    guard.observers = ()

    assert [o.verdict.gate for o in (*outcomes, held.outcome, whole)] == ["async", "hold", ""]
    assert b'shield_streams_total{decision="allow",gate="async"} 1.0' in metrics.text()
    assert b'shield_streams_total{decision="allow",gate="hold"} 1.0' in metrics.text()


def test_a_clean_answer_takes_nothing_back(guard):
    left, back, outcome = streamed(guard, WORDS * 9, 11)

    assert (left, back, outcome.decision) == (WORDS * 9, [], Decision.ALLOW)


def test_a_retraction_is_told_once_and_says_where(guard):
    of = gate(guard)
    of.feed(f"It is {SECRET} so. {WORDS * 8}")
    of.catch_up()

    assert tuples(of.retractions()) == [("", 6, 6 + len(SECRET), CUT)]
    assert of.retractions() == ()


def test_what_a_policy_does_not_accept_takes_back_all_that_was_not_judged(guard):
    of = gate(guard)
    of.feed(f"{WORDS * 8}And")
    of.refuse(SkipReason.UNDECODABLE)

    (back,) = of.retractions()

    assert of.cut
    assert (back.lane, back.end, back.in_place) == ("", len(WORDS) * 8 + 3, "")
    assert 0 < back.start < back.end
    assert of.feed("more") == ""


def test_a_withheld_lane_leaves_judged_and_is_not_taken_back(guard):
    of = gate(guard)
    of.withhold("call")

    assert of.feed(f'"{SECRET}"', "call") == ""
    of.settle("call")

    assert of.released("call") == len(SECRET) + 2
    assert of.shown("call", 0, f'"{SECRET}"') == f'"{CUT}"'
    assert of.retractions() == ()


def test_a_copy_of_what_has_left_is_shown_as_it_was_judged(guard):
    of, text = gate(guard), f"It is {SECRET} so."
    of.feed(text, "a")

    first = of.shown("a", 0, text)
    of.end()

    assert (first, of.shown("a", 0, text)) == (text, f"It is {CUT} so.")


def test_what_nobody_asks_to_be_judged_does_not_pile_up(guard):
    of = gate(guard)
    of.feed(f"It is {SECRET}. ")
    of.feed("word " * 14_000)

    assert of.retractions()


def test_another_checkpoint_cuts_it(guard):
    of = gate(guard)
    of.feed(WORDS * 8)
    of.abandon(guard.exchange().output("fine"))

    assert of.cut
    assert not of.passing
    of.omit(SkipReason.MEDIA)
    assert of.feed("more") == ""
