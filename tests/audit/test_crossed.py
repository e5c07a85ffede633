"""The margin is judged on batches that the thresholds were not chosen on."""

import random

import pytest

from shield.audit.choose import ALONE, EXTRA, Graded, Margin, Sight, Witness, choose
from shield.audit.corpus import Kind
from shield.audit.crossed import MARGINS, best
from shield.policy.schema import Budget

BUDGET = Budget(false_positive_rate=0.05, domain_rate=0.5, near_miss_rate=0.5)


def case(kind, score, group="chat"):
    return Graded(kind, group, (Sight(5, {"m@user": Witness(score, ALONE)}),))


def corpus(batches, *, odd="", benign=200, attacks=60):
    """Benign cases of every batch score alike, except those of an odd one."""
    made, of = [], []
    for name in batches:
        rng = random.Random(name)
        lift = 0.6 if name == odd else 0.0
        honest = [min(0.99, rng.random() * 0.4 + lift) for _ in range(benign)]
        made += [case(Kind.BENIGN, score) for score in honest]
        made += [case(Kind.ATTACK, 0.3 + rng.random() * 0.7, "x") for _ in range(attacks)]
        of += [name] * (benign + attacks)
    return made, of


def test_batches_that_resemble_each_other_allow_the_laxest_margin_that_holds():
    items, batches = corpus("abcd")
    found = best(items, batches, BUDGET)
    assert found.harm_upper <= BUDGET.false_positive_rate
    assert found.margin != MARGINS[0]
    assert (found.benign, found.attacks) == (800, 240)


def test_a_batch_unlike_the_others_asks_for_the_strictest_margin():
    items, batches = corpus("abcd", odd="c")
    found = best(items, batches, BUDGET)
    assert found.margin == MARGINS[0]
    assert found.harm_upper > BUDGET.false_positive_rate


def test_of_margins_that_hold_the_one_with_most_detection_is_taken():
    items, batches = corpus("abcdefgh", benign=100)
    found = best(items, batches, BUDGET)
    for margin in MARGINS[:2]:
        alone = choose(items, BUDGET, margin)
        attacks = [i for i in items if i.kind is Kind.ATTACK]
        assert found.stopped >= sum(i.flagged(alone) for i in attacks) * 0.95


def test_extra_rows_choose_but_are_not_judged():
    items, batches = corpus("ab")
    extra = [case(Kind.BENIGN, 0.99, f"{EXTRA}web") for _ in range(50)]
    found = best([*items, *extra], [*batches, *["extra"] * 50], BUDGET)
    assert found.benign == 400


def test_a_scanner_that_the_other_batches_never_met_stops_nothing():
    items, batches = corpus("ab")
    alone = Graded(Kind.ATTACK, "y", (Sight(5, {"n@user": Witness(1.0, ALONE)}),))
    found = best([*items, alone], [*batches, "c"], BUDGET)
    assert found.attacks == 121
    assert found.stopped <= 120


@pytest.mark.parametrize("batches", ["", "a"])
def test_too_few_batches_end_with_the_strictest_margin(batches):
    items, of = corpus(batches)
    assert best(items, of, BUDGET).margin == MARGINS[0]


def test_what_it_says_names_the_margin_and_both_rates():
    items, batches = corpus("ab")
    said = str(best(items, batches, BUDGET))
    assert "benign cases harmed" in said
    assert "of 120 attacks stopped" in said
    assert Margin().aim <= 1
