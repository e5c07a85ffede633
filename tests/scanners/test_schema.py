"""Answers have the form that the policy asks for, or are reported."""

import json
import socket

import pytest
from msgspec.structs import replace
from pydantic import BaseModel, ValidationError

from shield.errors import PolicyError
from shield.guard import Guard
from shield.policy.schema import ScannerEntry
from shield.scanners.schema import Schema, SchemaOptions
from shield.types import Checkpoint, Decision, Severity
from tests.scanners.answers import NOTHING, asked, subject

FORM = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "age": {"type": "integer", "minimum": 0},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}},
        "child": {"$ref": "#"},
    },
    "required": ["name"],
    "additionalProperties": False,
}


class Person(BaseModel):
    name: str
    age: int = 0


MODEL = f"{__name__}:Person"
GOOD = [
    '{"name": "Ana"}',
    ' {"name": "Ana", "age": 5}\n',
    '```json\n{"name": "Ana"}\n```',
    '~~~\n{"name": "Ana", "tags": ["a", "b"]}\n~~~',
    '{"name": "\\u00e9", "child": {"name": "x"}}',
    '\ufeff{"name": "Ana"}',
]
BROKEN = [
    "",
    "Here you are: {}",
    '{"name": "Ana"',
    '{"name": "Ana"} and more',
    "{'name': 'Ana'}",
    '{"name": "Ana",}',
    '{"name": "Ana", "name": "Bob"}',
    '{"name": NaN}',
    '{"name": Infinity}',
    "[" * 500 + "]" * 500,
    '{"name": "\ud800"}',
    '```json\n{"name": "Ana"\n```',
    '```json\n{"name": "Ana"}\n```\nIs that right?',
    "name: Ana",
    '// name\n{"name": "Ana"}',
]
OTHER = [
    "{}",
    "[]",
    "null",
    '"Ana"',
    '{"name": 5}',
    '{"name": ""}',
    '{"name": "Ana", "age": -1}',
    '{"name": "Ana", "age": 1.5}',
    '{"name": "Ana", "age": "5"}',
    '{"name": "Ana", "tags": ["c"]}',
    '{"name": "Ana", "more": true}',
    '{"name": "Ana", "child": {}}',
    '{"Name": "Ana"}',
    '{"name": null}',
    '{"name": ["Ana"]}',
]
ask = asked("schema", {"json_schema": FORM})


@pytest.mark.parametrize("text", GOOD)
def test_what_has_the_form_passes(text):
    assert ask(text) == {}


@pytest.mark.parametrize("text", BROKEN)
def test_what_is_no_json_is_reported(text):
    assert ask(text) == {"no-json": 1.0}


@pytest.mark.parametrize("text", OTHER)
def test_what_has_another_form_is_reported(text):
    assert ask(text) == {"mismatch": 1.0}


def test_a_schema_can_lie_in_a_file(tmp_path):
    (tmp_path / "form.json").write_text(json.dumps(FORM), "utf-8")
    filed = asked("schema", {"json_schema_file": "form.json"}, replace(NOTHING, folder=tmp_path))

    assert filed(GOOD[0]) == {}
    assert filed("{}") == {"mismatch": 1.0}


def test_a_pydantic_class_is_a_form():
    modelled = asked("schema", {"model": MODEL})

    assert modelled('{"name": "Ana", "age": 5}') == {}
    assert modelled('{"age": 5}') == {"mismatch": 1.0}
    assert modelled('{"name": "Ana", "age": "old"}') == {"mismatch": 1.0}
    assert modelled("Ana") == {"no-json": 1.0}


XML = [
    ({}, "<note><to>Ana</to></note>"),
    ({}, "```xml\n<note><to>Ana</to></note>\n```"),
    ({"no-xml": 1.0}, "<note><to>Ana</note>"),
    ({"no-xml": 1.0}, "Ana"),
    ({"no-xml": 1.0}, ""),
    ({"no-xml": 1.0}, "<note/><note/>"),
    ({"mismatch": 1.0}, "<to>Ana</to>"),
    ({"mismatch": 1.0}, "<note><script/></note>"),
    ({"forbidden-xml": 1.0}, '<!DOCTYPE note [<!ENTITY a "b">]><note>&a;</note>'),
    ({"forbidden-xml": 1.0}, '<!DOCTYPE n [<!ENTITY a SYSTEM "file:///etc/passwd">]><n>&a;</n>'),
    ({"forbidden-xml": 1.0}, '<!DOCTYPE note SYSTEM "http://evil.example/x.dtd"><note/>'),
]


@pytest.mark.parametrize(("found", "text"), XML)
def test_xml_is_read_without_its_dangers(found, text):
    assert asked("schema", {"xml": ["note", "to"]})(text) == found


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"json_schema": {"type": "nothing"}},
        {"json_schema_file": "missing.json"},
        {"model": "no.such:Thing"},
        {"model": "json:loads"},
    ],
)
def test_a_form_that_says_nothing_is_refused_at_start(options):
    with pytest.raises(PolicyError):
        Schema(SchemaOptions.model_validate(options), NOTHING)


@pytest.mark.parametrize("options", [{"json_schema": {}, "xml": ["a"]}, {"model": "a b"}, {"x": 1}])
def test_options_that_contradict_are_refused(options):
    with pytest.raises(ValidationError):
        SchemaOptions.model_validate(options)


def test_a_schema_elsewhere_is_never_fetched(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    away = asked("schema", {"json_schema": {"$ref": "https://schemas.example/x.json"}})

    with pytest.raises(Exception, match="schemas"):
        away("{}")


def test_only_texts_of_an_answer_are_judged():
    scanner = Schema(SchemaOptions(json_schema=FORM), NOTHING)
    one = subject("thinking aloud")
    other = replace(one, segments=(replace(one.segments[0], path="/choices/0/message/reasoning"),))
    said = replace(one, segments=(replace(one.segments[0], path="/choices/0/message/content"),))

    assert [len(list(scanner.scan(s))) for s in (one, other, said)] == [1, 0, 1]
    assert Schema.checkpoints == {Checkpoint.OUTPUT}


def test_each_of_several_answers_is_judged():
    scanner = Schema(SchemaOptions(json_schema=FORM, severity="critical"), NOTHING)
    (finding,) = scanner.scan(subject((GOOD[0], "no", GOOD[1])))

    assert finding.spans[0].segment == 1
    assert finding.severity is Severity.CRITICAL


def test_what_is_still_being_written_is_not_judged_and_the_whole_is(small_policy):
    entry = ScannerEntry(decision=Decision.BLOCK, options={"json_schema": FORM})
    guard = Guard(small_policy(scanners={"schema": entry}))
    decisions = []
    for text in ('{"name": "Ana.\\nB", "age": 5}', '{"name": "Ana.\\nB", "age": -5}'):
        with guard.exchange() as exchange:
            gate = exchange.stream()
            for sign in text:
                gate.feed(sign)
            gate.end()
            decisions.append((gate.outcome.decision, exchange.output(text).decision))
    guard.close()

    assert decisions == [(Decision.ALLOW, Decision.ALLOW), (Decision.BLOCK, Decision.BLOCK)]


def test_without_fences_a_block_is_no_json():
    bare = asked("schema", {"json_schema": FORM, "fenced": False})
    assert bare(GOOD[2]) == {"no-json": 1.0}
