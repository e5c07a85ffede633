"""McNemar's test over cases that ended otherwise in the baseline."""

import pytest

from shield.audit.corpus import Kind
from shield.audit.paired import Paired, paired
from tests.audit.test_budget import results


@pytest.fixture
def found():
    """Ten attacks, seven of them stopped; five honest cases, none harmed."""
    return [*results(Kind.ATTACK, "override", 7, 10), *results(Kind.BENIGN, "chat", 0, 5)]


def flagged(found):
    return [result.id for result in found if result.flagged]


def test_a_baseline_without_cases_is_not_compared(found) -> None:
    assert paired(None, found) == ()


def test_the_same_results_differ_in_nothing(found) -> None:
    assert paired(flagged(found), found) == (
        Paired(Kind.ATTACK, 0, 0, 1.0),
        Paired(Kind.BENIGN, 0, 0, 1.0),
    )


def test_losses_and_gains_are_counted_by_kind(found) -> None:
    missed = [r.id for r in found if r.kind is Kind.ATTACK and not r.flagged]
    before = [*flagged(found)[2:], *missed, found[-1].id]
    attacks, honest = paired(before, found)
    assert (attacks.fewer, attacks.more, attacks.p) == (3, 2, 1.0)
    assert (honest.fewer, honest.more) == (1, 0)


def test_losses_beyond_chance_have_a_small_p(found) -> None:
    attacks, _ = paired([], found)
    assert (attacks.more, attacks.p) == (7, pytest.approx(2 / 2**7, abs=1e-4))
