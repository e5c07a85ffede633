"""Answers of the quarantined model: strict types, checksums, and grounding in the data."""

import contextlib
import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.dual.extracted import is_iban, read, shown
from shield.dual.failures import Code, StepError
from shield.dual.fields import Field, answer_schema, capacity
from shield.types import Capacity
from tests.dual.world import wishes
from tests.dual.writing import field

DATA = (
    "Please pay to DE89 3704 0044 0532 0130 00 or call +44 (20) 7946-0958.\n"
    "Write to Ann.Roe@Work.example or see https://wiki.example/a?b=1, ticket AB-1234. "
    "The total is 1,200.50."
)


def made(kind, **more):
    return msgspec.convert(field("x", kind, **more), Field)


def got(value, kind, data=DATA, **more):
    return read(json.dumps(wishes(x=value)), (made(kind, **more),), data)["x"]


def refused(value, kind, data=DATA, **more):
    with pytest.raises(StepError) as failed:
        got(value, kind, data, **more)
    return failed.value.code


@pytest.mark.parametrize(
    ("value", "kind", "more"),
    [
        (True, "bool", {}),
        ("red", "enum", {"values": ["red", "blue"]}),
        (1200.5, "number", {"least": 0, "most": 5_000}),
        ("2026-02-28", "date", {}),
        ("2026-02-28 09:30", "date", {"time": True}),
        ("ann.roe@work.example", "email", {}),
        ("https://wiki.example/a?b=1", "url", {}),
        ("DE89370400440532013000", "iban", {}),
        ("DE89 3704 0044 0532 0130 00", "iban", {}),
        ("+442079460958", "phone", {}),
        ("AB-1234", "id", {"pattern": "[A-Z]{2}-\\d{4}"}),
        ("any words", "text", {"max_chars": 9}),
        ("the total is", "text", {"max_chars": 50, "verbatim": True}),
    ],
)
def test_a_value_of_the_right_form_passes(value, kind, more):
    assert got(value, kind, **more) == value


@pytest.mark.parametrize(
    ("value", "kind", "more"),
    [
        ("true", "bool", {}),
        (1, "bool", {}),
        ("green", "enum", {"values": ["red", "blue"]}),
        (True, "number", {"least": 0, "most": 9}),
        ("5", "number", {"least": 0, "most": 9}),
        (9.01, "number", {"least": 0, "most": 9}),
        (-1, "number", {"least": 0, "most": 9}),
        (1.5, "number", {"least": 0, "most": 9, "whole": True}),
        (10**400, "number", {"least": 0, "most": 9}),
        ("2026-02-30", "date", {}),
        ("2026-2-3", "date", {}),
        ("２026-02-03", "date", {}),
        ("2026-02-03", "date", {"time": True}),
        ("ann.roe@work", "email", {}),
        ("Ann <ann.roe@work.example>", "email", {}),
        ("ann.roe@wоrk.example", "email", {}),
        ("ftp://wiki.example/a", "url", {}),
        ("javascript:alert(1)", "url", {}),
        ("https://ann:pw@wiki.example", "url", {}),
        ("https://[wiki.example", "url", {}),
        ("https://wiki.example/ a", "url", {}),
        ("DE88370400440532013000", "iban", {}),
        ("12345", "phone", {}),
        ("AB-1234 or so", "id", {"pattern": "[A-Z]{2}-\\d{4}"}),
        ("A" * 65, "id", {"pattern": "A+"}),
        ("too long", "text", {"max_chars": 7}),
        (["a"], "text", {"max_chars": 7}),
        ({"a": 1}, "bool", {}),
        ("x", "list", {"of": {"type": "bool"}, "most": 2}),
        ([True, 1], "list", {"of": {"type": "bool"}, "most": 2}),
        ([True] * 3, "list", {"of": {"type": "bool"}, "most": 2}),
    ],
)
def test_a_value_of_another_form_breaks_the_schema(value, kind, more):
    assert refused(value, kind, **more) is Code.EXTRACT_SCHEMA


@pytest.mark.parametrize(
    ("value", "kind", "more"),
    [
        ("eve@attacker.example", "email", {}),
        ("roe@work.example", "email", {"data": "annroe@work.example"}),
        ("https://wiki.example/other", "url", {}),
        ("GB33BUKB20201555555555", "iban", {}),
        ("+442079460959", "phone", {}),
        ("AB-123", "id", {"pattern": "[A-Z]{2}-\\d{3}"}),
        ("the sum is", "text", {"max_chars": 50, "verbatim": True}),
        ("", "text", {"max_chars": 50, "verbatim": True}),
    ],
)
def test_an_identifier_that_is_not_in_the_data_is_ungrounded(value, kind, more):
    assert refused(value, kind, **more) is Code.EXTRACT_UNGROUNDED


def test_a_list_is_checked_item_by_item():
    emails = {"of": {"type": "email"}, "most": 3}

    assert got(["ann.roe@work.example"], "list", **emails) == ("ann.roe@work.example",)
    assert (
        refused(["ann.roe@work.example", "x@y.example"], "list", **emails)
        is Code.EXTRACT_UNGROUNDED
    )


def answered(entry, *, optional=False):
    fields = (msgspec.convert(field("x", "bool", optional=optional), Field),)
    return read(json.dumps({"x": entry}), fields, DATA)["x"]


def test_what_is_not_found_is_said_per_field():
    assert answered({"found": False, "value": None}, optional=True) is None
    with pytest.raises(StepError) as failed:
        answered({"found": False, "value": None})
    assert failed.value.code is Code.EXTRACT_NOT_FOUND


@pytest.mark.parametrize(
    "entry",
    [
        {"found": False, "value": True},
        {"found": True, "value": None},
        {"found": 1, "value": True},
        {"found": True},
        {"found": True, "value": True, "note": "x"},
        True,
    ],
)
def test_an_entry_of_another_form_breaks_the_schema(entry):
    with pytest.raises(StepError) as failed:
        answered(entry, optional=True)
    assert failed.value.code is Code.EXTRACT_SCHEMA


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "[]", "null", "{}", '{"x":1,"y":2}', "[" * 10_000, '{"x": NaN}', "\ud800",
        '{"x":{"found":true,"value":true},"x":{"found":true,"value":true}}',
        '{"x":{"found":true,"value":1e999}}',
    ],
)  # fmt: skip
def test_an_answer_that_is_no_record_of_the_fields_breaks_the_schema(text):
    with pytest.raises(StepError) as failed:
        read(text, (made("bool"),), DATA)
    assert failed.value.code is Code.EXTRACT_SCHEMA


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text())
def test_whatever_the_model_says_is_a_value_or_a_code(text, data):
    for answer in (text, json.dumps(wishes(x=text))):
        with contextlib.suppress(StepError):
            assert read(answer, (made("email"),), data)["x"] in data


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab\u200b\u202e\U000e0041 \n\x00é", max_size=30))
def test_free_text_has_no_hidden_characters(text):
    value = got(text, "text", max_chars=40)

    assert not set(value) & set("\u200b\u202e\U000e0041\x00")
    assert shown(value) == value


def test_a_pattern_that_runs_away_is_stopped():
    assert refused("a" * 60 + "b", "id", pattern="(a|a|a?)+$") is Code.EXTRACT_SCHEMA


@pytest.mark.parametrize("place", range(2, 22))
@pytest.mark.parametrize("digit", "07")
def test_one_wrong_digit_breaks_an_iban(place, digit):
    iban = "DE89370400440532013000"
    other = f"{iban[:place]}{digit}{iban[place + 1 :]}"

    assert is_iban(other) is (other == iban)


def test_real_checksums_pass():
    assert is_iban("GB82 WEST 1234 5698 7654 32")
    assert not is_iban("GB82 WEST 1234 5698 7654 33")


@pytest.mark.parametrize(
    ("kind", "can"),
    [
        (made("bool"), Capacity.FLAG),
        (made("enum", values=["a"]), Capacity.FLAG),
        (made("number", least=0, most=1), Capacity.NUMBER),
        (made("iban"), Capacity.ID),
        (made("text", max_chars=120), Capacity.SHORT_TEXT),
        (made("text", max_chars=121), Capacity.TEXT),
        (made("list", of={"type": "bool"}, most=3), Capacity.NUMBER),
    ],
)
def test_a_type_says_how_much_is_conceded(kind, can):
    assert capacity(kind.kind) is can


def test_the_schema_of_an_answer_is_strict():
    schema = answer_schema((made("list", of={"type": "date"}, most=2),))
    entry = schema["properties"]["x"]

    assert (schema["required"], schema["additionalProperties"]) == (["x"], False)
    assert entry["required"] == ["found", "value"]
    assert entry["properties"]["value"]["anyOf"][0]["maxItems"] == 2
