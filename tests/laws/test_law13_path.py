"""Law 13: untrusted text and the quarantined model cannot lead a plan off its path."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dual import drawn, law13
from tests.dual.world import package

DUAL = package()
_QUICK = {"deadline": None, "suppress_health_check": list(HealthCheck)}
law = settings(max_examples=1_000, **_QUICK)
part = settings(max_examples=100, **_QUICK)
long = settings(max_examples=10_000, **_QUICK)


@law
@given(drawn.plans(), drawn.attacks(more=2))
def test_executed_calls_are_a_path_through_the_plan(written, attack):
    law13.check_path(DUAL, written, attack)


@part
@given(drawn.plans(), drawn.attacks(more=2), drawn.attacks(more=2))
def test_two_attacks_lead_to_the_same_grave_effects(written, attack, other):
    law13.check_two_runs(DUAL, written, attack, other)


@part
@given(drawn.plans(), drawn.attacks(more=2, front=True), drawn.attacks(more=2, front=True))
def test_a_strict_controller_does_not_follow_positions_either(written, attack, other):
    law13.check_strict(DUAL, written, attack, other)


@part
@given(drawn.plans(), drawn.plans(), drawn.attacks(more=3), drawn.attacks(more=3))
def test_the_planner_learns_closed_words_only(first, second, attack, other):
    law13.check_closed_words(DUAL, first, second, attack, other)


@part
@given(drawn.plans(), drawn.attacks(), st.lists(st.booleans(), max_size=12))
def test_nothing_runs_past_the_action_checkpoint(written, attack, decisions):
    law13.check_checkpoint(DUAL, written, attack, decisions)


@part
@given(drawn.plans(), drawn.attacks(), st.lists(st.booleans(), max_size=12))
def test_what_needs_a_person_runs_as_they_agreed(written, attack, agreements):
    law13.check_approved(DUAL, written, attack, agreements)


@part
@given(drawn.two_plans(drawn.plans()), drawn.attacks(more=3))
def test_a_second_plan_widens_and_repeats_nothing(plans, attack):
    law13.check_replans(DUAL, plans, attack)


@pytest.mark.nightly
@long
@given(drawn.plans(most=8), drawn.attacks(more=3))
def test_executed_calls_are_a_path_through_long_plans(written, attack):
    law13.check_path(DUAL, written, attack)


@pytest.mark.nightly
@long
@given(drawn.plans(), drawn.plans(), drawn.attacks(more=3), drawn.attacks(more=3))
def test_the_planner_learns_closed_words_only_of_many_runs(first, second, attack, other):
    law13.check_closed_words(DUAL, first, second, attack, other)
