"""The joint budget without a guard: how naive thresholds are set, and how cases are counted."""

from pathlib import Path

import msgspec
import pytest

from benchmarks import joint_budget
from benchmarks.joint_budget import (
    Dump,
    Sums,
    alone,
    equal,
    halves,
    matched,
    measured,
    naive,
    scored,
    together,
)
from shield.audit.choose import ALONE, Graded, Sight, Witness
from shield.audit.corpus import Kind
from shield.policy.load import Policy
from shield.policy.schema import Budget


def item(kind: Kind, *, stopped: bool = False, **scores: float) -> Graded:
    witnesses = {name: Witness(score, ALONE) for name, score in scores.items()}
    return Graded(kind, "g", (Sight(0 if stopped else 5, witnesses),))


# Scanner `a` is afraid of ten honest cases, `b` of ten others; attacks are for `a` alone.
HONEST = [
    *(item(Kind.BENIGN, a=0.5 + n / 100, b=0.1) for n in range(10)),
    *(item(Kind.BENIGN, a=0.1, b=0.5 + n / 100) for n in range(10)),
    *(item(Kind.BENIGN, a=0.1, b=0.1) for _ in range(80)),
]
ATTACKS = [item(Kind.ATTACK, a=0.8 + n / 200, b=0.2) for n in range(20)]


def harmed(thresholds: dict[str, float]) -> int:
    return Sums().add(HONEST, (alone(one, thresholds) for one in HONEST)).harmed


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.05, 0.1])
def test_each_scanner_alone_keeps_its_rate_and_together_they_add_up(rate: float) -> None:
    found = naive(HONEST, rate)
    own = [sum(one.sights[0].witnesses[key].score >= found[key] for one in HONEST) for key in "ab"]
    assert own == [round(100 * rate)] * 2
    assert harmed(found) == 2 * round(100 * rate)


def test_what_never_scores_is_on_for_all_that_may_be_harmed() -> None:
    assert naive(HONEST, 1.0) == {"a": 0.0, "b": 0.0}


def test_equal_shares_stay_in_the_budget_together() -> None:
    assert harmed(equal(HONEST, 0.06)) == 6
    ruled = [*HONEST[:-2], *(item(Kind.BENIGN, stopped=True, a=0, b=0) for _ in range(2))]
    found = equal(ruled, 0.06)
    assert Sums().add(ruled, (alone(one, found) for one in ruled)).harmed == 6


def test_rules_that_spend_the_budget_leave_nothing() -> None:
    ruled = [item(Kind.BENIGN, stopped=True, a=0.9, b=0.9), *HONEST[:9]]
    assert not any(alone(one, equal(ruled, 0.05)) for one in HONEST[:9])


@pytest.mark.parametrize("most", [0, 5, 12, 20])
def test_matched_thresholds_harm_no_more_than_told(most: int) -> None:
    assert most - 1 <= harmed(matched(HONEST, most)) <= most


def test_halves_hold_every_case_once_and_as_many_of_each_group() -> None:
    one, other = halves([*HONEST, *ATTACKS])
    assert len(one) == len(other) == 60
    assert sum(i.kind is Kind.ATTACK for i in one) == 10


def test_a_key_that_nothing_was_chosen_for_is_off() -> None:
    assert not together(item(Kind.ATTACK, c=0.99), {})
    assert together(item(Kind.ATTACK, stopped=True, c=0.0), {})


def test_the_joint_choice_spends_on_the_scanner_that_earns(policy: Policy) -> None:
    budget = Budget(false_positive_rate=0.2, domain_rate=0.5)
    known = policy.with_document(policy.document.model_copy(update={"budget": budget}))
    found = measured([*HONEST, *ATTACKS], known)
    assert {sums.benign for sums in found.values()} == {100}
    assert (found["rules"].stopped, found["rules"].harmed) == (0, 0)
    assert found["joint"].detection > 0
    assert found["each"].harm == pytest.approx(0.2)


def test_sums_are_shares_and_nothing_of_nothing() -> None:
    assert (Sums().detection, Sums().harm) == (0.0, 0.0)


def test_a_dump_is_used_again_only_for_the_same_policy_and_corpus(
    policy: Policy, sound_corpus: Path, tmp_path: Path, monkeypatch
) -> None:
    calls = []

    def graded(policy, cases, tick):
        calls.append(len(cases))
        return ATTACKS

    monkeypatch.setattr(joint_budget, "graded", graded)
    dump = tmp_path / "d" / "scores.json"
    for every in (1, 1, 2):
        assert len(scored(dump, policy, sound_corpus, every)) == 20
    assert calls == [2, 1]
    assert msgspec.json.decode(dump.read_bytes(), type=Dump).items == tuple(ATTACKS)


@pytest.fixture
def sound_corpus(corpus_folder) -> Path:
    from tests.conftest import line

    made = [line(f"b{n}", f"text {n}", split="tune") for n in range(2)]
    return corpus_folder(benign__chat=[*made, line("h", "held back")])
