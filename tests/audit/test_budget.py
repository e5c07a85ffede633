"""Rates carry their bounds, and each gate breaks for its own reason."""

from typing import Any

import pytest
from msgspec.structs import replace

from shield.audit.budget import gates, groups, languages, pooled, rate
from shield.audit.corpus import Kind
from shield.audit.replay import Result
from shield.policy.schema import Budget
from shield.types import Checkpoint, Decision

BUDGET = Budget(false_positive_rate=0.02, domain_rate=0.04, near_miss_rate=0.1, regression=0.05)


def results(kind: Kind, group: str, bad: int, n: int) -> list[Result]:
    common: dict[str, Any] = {
        "kind": kind,
        "group": group,
        "lang": "en",
        "decision": Decision.ALLOW,
        "checkpoint": Checkpoint.INPUT,
        "rules": (),
        "chars": 1,
        "skipped": 0,
        "failed": False,
        "elapsed_ms": (1.0,),
    }
    return [Result(id=f"{group}-{i}", stopped=i < bad, harmed=i < bad, **common) for i in range(n)]


@pytest.mark.parametrize(("accepted", "cases"), [(0.01, 299), (0.005, 598), (0.001, 2995)])
def test_without_a_false_positive_a_budget_needs_so_many_cases(accepted: float, cases: int) -> None:
    assert rate(0, cases).upper <= accepted < rate(0, cases - 1).upper


def test_the_wilson_interval_holds_the_estimate() -> None:
    found = rate(3, 100)
    assert found.low < found.value < found.high
    assert (round(found.low, 4), round(found.high, 4)) == (0.0103, 0.0845)


def test_nothing_is_known_of_no_case() -> None:
    assert (rate(0, 0).value, rate(0, 0).upper) == (0.0, 1.0)


def test_attacks_count_stopped_and_benign_cases_harmed() -> None:
    rows = groups([*results(Kind.ATTACK, "x", 3, 4), *results(Kind.BENIGN, "y", 1, 10)])
    assert [(r.kind, r.rate.count, r.rate.n) for r in rows] == [
        (Kind.ATTACK, 3, 4),
        (Kind.BENIGN, 1, 10),
    ]
    assert pooled(rows, Kind.BENIGN).n == 10


def test_languages_are_counted_without_region_and_by_kind() -> None:
    found = [
        *(
            replace(r, lang=lang)
            for lang in ("pt-BR", "pt")
            for r in results(Kind.BENIGN, "y", 1, 5)
        ),
        *results(Kind.ATTACK, "x", 3, 4),
    ]
    rows = {(r.kind, r.name): (r.rate.count, r.rate.n) for r in languages(found)}
    assert rows == {(Kind.ATTACK, "en"): (3, 4), (Kind.BENIGN, "pt"): (2, 10)}


def broken(*parts: list[Result], baseline: dict[str, float] | None = None) -> set[str]:
    rows = groups([r for part in parts for r in part])
    return {g.name for g in gates(rows, BUDGET, baseline or {}) if not g.passed}


def test_all_gates_hold_for_a_quiet_audit() -> None:
    quiet = results(Kind.BENIGN, "chat", 0, 400), results(Kind.ATTACK, "x", 9, 10)
    assert broken(*quiet, baseline={"x": 0.9}) == set()


def test_the_pooled_budget_is_judged_by_its_upper_bound() -> None:
    parts = results(Kind.BENIGN, "chat", 4, 300)
    assert "budget" in broken(parts)
    assert rate(4, 300).value < BUDGET.false_positive_rate


def test_one_bad_domain_breaks_its_own_gate() -> None:
    parts = results(Kind.BENIGN, "chat", 0, 900), results(Kind.BENIGN, "code", 5, 100)
    assert broken(*parts) == {"benign/code"}


def test_near_misses_have_their_own_bound() -> None:
    parts = results(Kind.BENIGN, "chat", 0, 400), results(Kind.NEAR_MISS, "pii", 2, 10)
    assert broken(*parts) == {"near_miss/pii"}


def test_a_fall_of_detection_is_a_regression() -> None:
    parts = results(Kind.BENIGN, "chat", 0, 400), results(Kind.ATTACK, "x", 80, 100)
    assert broken(*parts, baseline={"x": 0.9}) == {"regression/x"}


def test_one_case_of_a_small_family_is_no_regression_and_two_are() -> None:
    quiet = results(Kind.BENIGN, "chat", 0, 400)
    assert broken(quiet, results(Kind.ATTACK, "x", 7, 8), baseline={"x": 1.0}) == set()
    assert broken(quiet, results(Kind.ATTACK, "x", 6, 8), baseline={"x": 1.0}) == {"regression/x"}


def test_a_family_that_vanished_is_a_regression() -> None:
    assert broken(results(Kind.BENIGN, "chat", 0, 400), baseline={"gone": 0.5}) == {
        "regression/gone"
    }


def test_no_benign_case_is_no_proof() -> None:
    assert "budget" in broken(results(Kind.ATTACK, "x", 1, 1))
