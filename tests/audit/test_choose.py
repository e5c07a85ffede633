"""Thresholds are chosen jointly, within the budget of every group."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.audit.choose import ALONE, EXTRA, OFF, Graded, Margin, Sight, Witness, choose
from shield.audit.corpus import Kind
from shield.policy.schema import Budget

BUDGET = Budget(false_positive_rate=0.02, domain_rate=0.05, near_miss_rate=0.2)
BLOCK_AT = 5


def case(
    kind: Kind, group: str, scores: dict[str, float], *, short: int = BLOCK_AT, weight: int = ALONE
) -> Graded:
    found = {key: Witness(score, weight) for key, score in scores.items()}
    return Graded(kind, group, (Sight(short, found),))


def attacks(key: str = "m@user") -> list[Graded]:
    return [case(Kind.ATTACK, "x", {key: s / 100}) for s in range(50, 100)]


def benign(scores: list[float], group: str = "chat", key: str = "m@user") -> list[Graded]:
    return [case(Kind.BENIGN, group, {key: s}) for s in scores]


def harmed(items: list[Graded], thresholds: dict[str, float]) -> int:
    return sum(i.flagged(thresholds) for i in items)


def test_separable_scores_are_separated() -> None:
    quiet = benign([0.01 * (i % 40) for i in range(400)])
    thresholds = choose([*attacks(), *quiet], BUDGET)
    assert harmed(attacks()[20:], thresholds) == 30
    assert harmed(quiet, thresholds) <= 0.4 * 0.02 * 400


def test_the_union_of_two_scanners_stays_in_the_budget() -> None:
    first = benign([i / 400 for i in range(400)])
    second = benign([i / 400 for i in range(400)], key="n@user")
    other = [case(Kind.ATTACK, "y", {"n@user": 0.99})] * 20
    thresholds = choose([*attacks(), *other, *first, *second], BUDGET)
    assert harmed([*first, *second], thresholds) <= 0.4 * 0.02 * 800


def test_a_threshold_keeps_a_guard_band_above_the_highest_honest_score() -> None:
    quiet = benign([0.6] * 400)
    (threshold,) = choose([*attacks(), *quiet], BUDGET).values()
    assert threshold == pytest.approx(2 * 0.6 / 0.4 / (1 + 2 * 0.6 / 0.4), abs=1e-3)


def test_no_threshold_lies_below_even_odds():
    quiet = benign([0.1] * 400)
    (threshold,) = choose([*attacks(), *quiet], BUDGET, Margin(band=1.0)).values()
    assert threshold == 0.5


def test_what_was_spent_first_is_spent_again_where_it_buys_more():
    quiet = benign([0.6] * 396) + [case(Kind.BENIGN, "chat", {"m@user": 0.9, "n@user": 0.9})] * 4
    some = [case(Kind.ATTACK, "x", {"m@user": 0.85})] * 5
    more = [case(Kind.ATTACK, "x", {"n@user": 0.85})] * 6
    thresholds = choose([*some, *more, *quiet], BUDGET, Margin(aim=1.0, band=1.0))
    assert harmed([*some, *more], thresholds) >= 6


def test_one_noisy_domain_holds_the_threshold_up() -> None:
    quiet = benign([0.1] * 400)
    noisy = benign([0.9] * 20, group="code")
    thresholds = choose([*attacks(), *quiet, *noisy], BUDGET)
    assert harmed(noisy, thresholds) <= 1


def test_a_scanner_that_buys_nothing_stays_off() -> None:
    assert choose(benign([0.2] * 50), BUDGET) == {"m@user": OFF}


def test_what_rules_stop_by_themselves_is_spent_before_any_threshold_moves() -> None:
    ruled = [case(Kind.BENIGN, "chat", {"m@user": 0.1}, short=0) for _ in range(30)]
    quiet = benign([0.9] * 370)
    assert choose([*attacks(), *ruled, *quiet], BUDGET) == {"m@user": pytest.approx(1, abs=0.06)}


def test_extra_rows_have_a_budget_of_their_own() -> None:
    quiet = benign([0.1] * 400)
    extra = benign([0.95] * 100, group=f"{EXTRA}forum")
    thresholds = choose([*attacks(), *quiet, *extra], BUDGET)
    assert harmed(extra, thresholds) <= 2


def test_a_witness_that_only_weighs_counts_beside_what_rules_found() -> None:
    ruled = [case(Kind.ATTACK, "x", {"s@user": s / 100}, short=1, weight=2) for s in range(50, 100)]
    honest = [case(Kind.BENIGN, "chat", {"s@user": i / 400}, weight=2) for i in range(400)]
    thresholds = choose([*ruled, *honest], BUDGET)
    assert harmed(ruled, thresholds) > 30
    assert harmed(honest, thresholds) == 0


def test_a_weight_that_suffices_for_no_attack_leaves_the_threshold_off() -> None:
    alone = [case(Kind.ATTACK, "x", {"s@user": 0.99}, weight=2)] * 50
    assert choose([*alone, *benign([0.1] * 100, key="s@user")], BUDGET) == {"s@user": OFF}


scores = st.floats(0, 0.999)
cases = st.builds(
    case,
    st.sampled_from(list(Kind)),
    st.sampled_from(["a", "b"]),
    st.dictionaries(st.sampled_from(["m@user", "n@data", "s@user"]), scores, min_size=1),
    short=st.integers(0, 5),
    weight=st.sampled_from([2, 3, ALONE]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(cases, min_size=1, max_size=60))
def test_no_choice_spends_more_than_the_rules_and_the_budget(items: list[Graded]) -> None:
    thresholds = choose(items, BUDGET)
    for kind, most in ((Kind.BENIGN, 0.02), (Kind.NEAR_MISS, 0.2)):
        found = [i for i in items if i.kind is kind]
        ruled = sum(i.stopped for i in found)
        assert harmed(found, thresholds) <= max(ruled, most * len(found))
