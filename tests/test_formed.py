"""An answer that only lacks its form gets another chance, and is judged again; others do not."""

import pytest

from shield.formed import formed
from shield.guard import Guard
from shield.policy.schema import ScannerEntry
from shield.types import Decision

FORM = {"type": "object", "required": ["name"]}
KEY = "sk-proj-" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ" * 2
GOOD, BAD = '{"name": "Ana"}', "Ana it is."


@pytest.fixture
def exchange(small_policy):
    schema = ScannerEntry(decision=Decision.BLOCK, options={"json_schema": FORM})
    policy = small_policy("secrets")
    scanners = {
        "schema": schema,
        "secrets": ScannerEntry(decision=Decision.BLOCK),
    }
    made = Guard(policy.with_document(policy.document.model_copy(update={"scanners": scanners})))
    yield made.exchange()
    made.close()


def never(rules):
    raise AssertionError("the model was asked again")


def test_both_are_off_until_they_are_asked_for(exchange):
    assert formed(exchange, BAD).decision is Decision.BLOCK
    assert formed(exchange, "{'name': 'Ana'}").decision is Decision.BLOCK


def test_an_answer_with_the_form_is_asked_for_once(exchange):
    outcome = formed(exchange, GOOD, again=never)

    assert outcome.decision is Decision.ALLOW
    assert [s.text for s in outcome.segments] == [GOOD]


def test_the_model_is_asked_once_more_and_told_the_rules_alone(exchange):
    told = []

    def again(rules):
        told.append(rules)
        return GOOD

    outcome = formed(exchange, BAD, again=again)
    assert [s.text for s in outcome.segments] == [GOOD]
    assert told == [("schema/no-json",)]


def test_it_is_never_asked_twice(exchange):
    told = []
    outcome = formed(exchange, BAD, again=lambda rules: told.append(rules) or BAD)

    assert outcome.decision is Decision.BLOCK
    assert len(told) == 1


def test_the_second_answer_is_judged_by_all_scanners(exchange):
    leak = f'{{"name": "{KEY}"}}'

    assert formed(exchange, BAD, again=lambda _: leak).decision is Decision.BLOCK


def test_what_lacks_more_than_the_form_gets_no_second_chance(exchange):
    assert formed(exchange, f"Ana {KEY}", again=never, repair=True).decision is Decision.BLOCK
    assert formed(exchange, f'{{"name": "{KEY}"}}', again=never).decision is Decision.BLOCK


def test_what_the_callback_raises_is_the_callers(exchange):
    def broken(rules):
        raise ConnectionError

    with pytest.raises(ConnectionError):
        formed(exchange, BAD, again=broken)


def test_repaired_json_is_judged_again(exchange):
    pytest.importorskip("json_repair", reason="the extra `forms` is not installed")
    outcome = formed(exchange, "{'name': 'Ana',}", repair=True, again=never)

    assert outcome.decision is Decision.ALLOW
    assert [s.text for s in outcome.segments] == [GOOD]
    assert formed(exchange, "{'other': 1}", repair=True).decision is Decision.BLOCK
    hidden = KEY.replace("proj", "pr" + "oj").join(["{'name': '", "',}"])
    assert formed(exchange, hidden, repair=True).decision is Decision.BLOCK


def test_an_answer_that_cannot_be_repaired_is_asked_for_again(exchange):
    pytest.importorskip("json_repair", reason="the extra `forms` is not installed")

    assert formed(exchange, BAD, repair=True, again=lambda _: GOOD).decision is Decision.ALLOW
