"""Stand-ins for models."""

import asyncio
import json

import pytest

from shield.dual.fields import Field, Flag, Text, answer_schema
from shield.dual.ports import Adversarial, FromCallable, Message, Scripted
from shield.remote.port import RemoteError

ASKED = (Message("user", "x"),)


def complete(model, **options):
    return asyncio.run(model.complete(ASKED, **options)).text


def test_a_callable_is_a_model():
    async def function(messages, schema):
        return f"{messages[0].text} {schema}"

    assert complete(FromCallable(function), schema={"a": 1}) == "x {'a': 1}"


def test_a_script_is_read_out_once_and_remembers_what_was_asked():
    model = Scripted("a", {"b": 1}, ZeroDivisionError())

    assert [complete(model), complete(model)] == ["a", '{"b": 1}']
    with pytest.raises(ZeroDivisionError):
        complete(model)
    with pytest.raises(RemoteError):
        complete(model)
    assert model.asked == [ASKED] * 4


def test_an_adversary_finds_what_it_wishes_in_every_field():
    fields = (Field("a", Flag()), Field("b", Text(9)))
    model = Adversarial(lambda name, schema: [name, schema["anyOf"][0]["type"]])

    assert json.loads(complete(model, schema=answer_schema(fields))) == {
        "a": {"found": True, "value": ["a", "boolean"]},
        "b": {"found": True, "value": ["b", "string"]},
    }
