"""JSON that was nearly written is repaired; what is none, or another thing, is left alone."""

import json

import pytest

from shield.wire.repair import repaired

pytest.importorskip("json_repair", reason="the extra `forms` is not installed")


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ana",}',
        "{'name': 'Ana'}",
        '{"name": "Ana"',
        '```json\n{"name": "Ana",}\n```',
        '```json\n{"name": "Ana"}\n```\nIs that right?',
        'Here you are: {"name": "Ana"}',
        '{name: "Ana"}',
    ],
)
def test_slips_of_the_pen_are_repaired(text):
    assert json.loads(repaired(text)) == {"name": "Ana"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot do that.",
        "name: Ana",
        '{"name": "Ana"}',
        '{"name": "Ana", "name": "Bob"}',
        '"Ana"',
        "{}",
        "{",
        "[" * 100_000,
    ],
)
def test_what_is_no_slip_is_left_alone(text):
    assert repaired(text) == ""


def test_other_letters_stay_as_they_are():
    assert json.loads(repaired("{'name': 'Zoë'}")) == {"name": "Zoë"}
