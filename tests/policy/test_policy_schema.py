"""The documents that people write: closed, frozen, strict about ranges."""

import pytest
from pydantic import ValidationError

from shield.policy.schema import (
    SEVERITIES,
    Budget,
    Limits,
    PatternRule,
    PhraseRule,
    PolicyDocument,
    RuleEntry,
    ScannerEntry,
    ToolEntry,
)
from shield.types import Decision, Severity

RULE = {
    "id": "a/one",
    "severity": "error",
    "message": "One.",
    "keywords": ("one",),
    "pattern": "one",
    "matches": ("one",),
    "near_misses": ("two",),
}


@pytest.mark.parametrize("kind", [Limits, Budget, RuleEntry, ScannerEntry])
def test_a_misspelled_key_is_an_error(kind):
    with pytest.raises(ValidationError):
        kind.model_validate({"misspelled": 1})


@pytest.mark.parametrize("name", list(Limits.model_fields))
@pytest.mark.parametrize("value", [0, -1])
def test_no_limit_can_be_switched_off_by_zero(name, value):
    with pytest.raises(ValidationError):
        Limits.model_validate({name: value})


@pytest.mark.parametrize("rate", [0, 1, -0.1, 2])
def test_a_budget_is_a_rate_between_nothing_and_all(rate):
    with pytest.raises(ValidationError):
        Budget.model_validate({"false_positive_rate": rate})


@pytest.mark.parametrize("name", ["keywords", "matches", "near_misses"])
def test_a_rule_without_proof_or_keyword_is_an_error(name):
    with pytest.raises(ValidationError):
        PatternRule.model_validate({**RULE, name: ()})


@pytest.mark.parametrize("identity", ["one", "A/one", "a/One", "a/b/c", "a/", "/b", "a b/c", ""])
def test_a_rule_id_is_a_family_and_a_slug(identity):
    with pytest.raises(ValidationError):
        PatternRule.model_validate({**RULE, "id": identity})


def test_a_phrase_needs_two_slots():
    with pytest.raises(ValidationError):
        PhraseRule.model_validate({"id": "a/one", "lang": "en", "slots": ("only",)})


def test_a_policy_that_says_nothing_about_failures_blocks_on_them():
    assert PolicyDocument(name="t", version="1", scanners={}).on_error is Decision.BLOCK


def test_a_policy_enforces_unless_it_says_otherwise():
    assert PolicyDocument(name="t", version="1", scanners={}).mode == "enforce"


def test_a_policy_without_scanners_key_is_an_error():
    with pytest.raises(ValidationError):
        PolicyDocument.model_validate({"name": "t", "version": "1"})


def test_a_policy_cannot_be_changed_after_it_was_read():
    document = PolicyDocument(name="t", version="1", scanners={})
    with pytest.raises(ValidationError):
        document.mode = "observe"


def test_a_tool_must_say_what_it_does():
    with pytest.raises(ValidationError):
        ToolEntry.model_validate({"roles": {}})


def test_every_severity_has_a_name_in_files():
    assert set(SEVERITIES.values()) == set(Severity)
