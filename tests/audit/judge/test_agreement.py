"""Kappa and its bound; too few refuse to answer; two people at least."""

import pytest
from scipy.stats import beta

from shield.audit.judge.agreement import (
    ENOUGH,
    LEAST,
    Against,
    Agreement,
    Kappa,
    agreements,
    disagreements,
    kappa,
)
from shield.audit.judge.rubric import Example

HALF = ["yes", "no"] * 100


def flipped(labels, count):
    turn = {"yes": "no", "no": "yes"}
    return [turn[label] if n < count else label for n, label in enumerate(labels)]


def test_kappa_is_cohens() -> None:
    # Cohen's own example has 200 cases; here a table of 100 by hand: 45, 15, 25, 15.
    ours = ["yes"] * 60 + ["no"] * 40
    theirs = ["yes"] * 45 + ["no"] * 15 + ["yes"] * 25 + ["no"] * 15
    found = kappa(ours, theirs)
    assert found.value == pytest.approx((0.60 - 0.54) / (1 - 0.54), abs=1e-4)
    assert found.low is not None
    assert found.low < 0.1


def test_perfect_agreement_has_a_bound_below_one() -> None:
    found = kappa(HALF, HALF)
    assert found.value == 1.0
    exact = float(beta.ppf(0.05, 200, 1))
    assert found.low == pytest.approx((exact - 0.5) / 0.5, abs=1e-4)


def test_no_agreement_at_all_is_far_below_nothing() -> None:
    found = kappa(HALF, flipped(HALF, 200))
    assert (found.value, found.low) == (-1.0, -1.0)


def test_the_bound_is_below_the_value_and_always_the_same() -> None:
    found = kappa(HALF, flipped(HALF, 10))
    assert found == kappa(HALF, flipped(HALF, 10))
    assert found.value == pytest.approx(0.9, abs=1e-3)
    assert found.low is not None
    assert 0.8 < found.low < 0.87


@pytest.mark.parametrize(
    "labels",
    [HALF[: LEAST - 1], ["yes"] * 200, ["yes"] * 196 + ["no"] * 4, []],
)
def test_too_few_refuse_to_answer(labels) -> None:
    assert kappa(labels, labels) == Kappa(len(labels))


def test_unequal_numbers_are_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        kappa(HALF, HALF[1:])


@pytest.mark.parametrize(
    ("lows", "gate"),
    [
        ((0.81, 0.9), "holds"),
        ((ENOUGH, 0.9), "broken"),
        ((0.81, None), "too few"),
        ((0.95,), "too few"),
        ((), "too few"),
    ],
)
def test_the_gate_wants_two_people_and_the_bar(lows, gate) -> None:
    judge = tuple(Against(str(n), Kappa(100, 0.95, low)) for n, low in enumerate(lows))
    assert Agreement("plain", judge, ()).gate == gate


def test_each_dimension_is_held_against_each_person(rubric) -> None:
    def levels(label):
        return {"helpful": label, "sound": "yes", "plain": label}

    examples = [
        Example(f"e{n}", "p", "a", {"ann": levels(one), "bob": levels(other)})
        for n, (one, other) in enumerate(zip(HALF, flipped(HALF, 40), strict=True))
    ]
    scores = {f"e{n}": levels(label) for n, label in enumerate(HALF)}
    helpful, sound, plain = agreements(rubric, examples, scores)
    assert [(one.rater, one.kappa.value) for one in helpful.judge] == [("ann", 1.0), ("bob", 0.6)]
    assert [one.rater for one in helpful.people] == ["ann and bob"]
    assert (helpful.gate, sound.gate, plain.gate) == ("broken", "too few", "broken")


def test_disagreements_name_who_said_what() -> None:
    examples = [
        Example("e1", "p", "a", {"ann": {"plain": "no"}, "bob": {"plain": "yes"}}),
        Example("e2", "p", "a", {"ann": {"plain": "yes"}}),
        Example("e3", "p", "a", {"ann": {"plain": "no"}}),
    ]
    scores = {"e1": {"plain": "yes"}, "e2": {"plain": "yes"}}
    (found,) = disagreements(examples, scores)
    assert (found.id, found.judge, found.people) == ("e1", "yes", {"ann": "no", "bob": "yes"})
