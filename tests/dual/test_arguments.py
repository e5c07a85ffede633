"""Arguments against JSON Schema."""

import pytest

from shield.dual.arguments import accepts, fits

ROOT = {"$defs": {"day": {"enum": ["mon", "tue"]}, "loop": {"$ref": "#/$defs/loop"}}}


@pytest.mark.parametrize(
    ("schema", "good", "bad"),
    [
        ({"type": "string"}, ["", "x"], [1, None, True, [], {}]),
        ({"type": "integer"}, [1, 1.0], [1.5, True, "1"]),
        ({"type": "number"}, [1, 1.5], [True, "1", None]),
        ({"type": "boolean"}, [True], [1, "true"]),
        ({"type": ["string", "null"]}, ["x", None], [1]),
        ({"enum": ["a", 1]}, ["a", 1], ["b", True, 1.0]),
        ({"const": False}, [False], [0, None]),
        ({"type": "number", "minimum": 1, "exclusiveMaximum": 3}, [1, 2.9], [0, 3]),
        ({"type": "string", "minLength": 1, "maxLength": 2}, ["a", "ab"], ["", "abc"]),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 1}, [[], ["a"]], [[1], ["a", "b"]]),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, ["x", None], [1]),
        ({"allOf": [{"type": "number"}, {"minimum": 2}]}, [2], [1, "x"]),
        ({"$ref": "#/$defs/day"}, ["mon"], ["wed"]),
        ({"$ref": "#/$defs/none"}, [], ["x"]),
        ({"$ref": "#/$defs/loop"}, [], ["x"]),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"],
             "additionalProperties": False},
            [{"a": "x"}],
            [{}, {"a": 1}, {"a": "x", "b": 1}],
        ),
        ({}, [1, "x", None, [], {}], []),
        (True, [1], []),
        (False, [], [1]),
        ("nonsense", [], [1]),
    ],
)  # fmt: skip
def test_forms(schema, good, bad):
    assert [accepts(schema, value, ROOT) for value in good] == [True] * len(good)
    assert [accepts(schema, value, ROOT) for value in bad] == [False] * len(bad)


@pytest.mark.parametrize(
    ("given", "fit"),
    [
        ({"a": "x"}, True),
        ({"a": "x", "b": 1}, True),
        ({"b": 1}, False),
        ({"a": "x", "c": 1}, False),
    ],
)
def test_arguments_are_known_and_complete(given, fit):
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": True,
    }
    assert fits(given, schema) is fit


def test_a_tool_without_a_schema_takes_nothing():
    assert fits({}, {})
    assert not fits({"a": 1}, {})
