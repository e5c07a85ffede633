"""Plans: decoding, the schema, and what static validation says."""

import json

import msgspec
import pytest
from hypothesis import given, settings

from shield.dual.failures import Code, StepError
from shield.dual.plan import MAX_BYTES, Plan, decode, schema, walk
from shield.dual.stated import Stated
from shield.dual.tools import bind
from shield.dual.validate import effects, problems
from tests.dual.drawn import REQUEST, plans
from tests.dual.world import TOOLS, Office, package
from tests.dual.writing import (
    answer,
    branch,
    call,
    choose,
    compute,
    extract,
    field,
    fmt,
    for_each,
    lit,
    plan,
    ref,
)

KIT = bind(Office(package()).tools, TOOLS)
_NEST = '{"do":"if","id":"a","cond":{"is":"ref","name":"k"},"then":['
SEND = call("s", "send_email", to=lit("bob@work.example"), body=lit("hi"))


def wrong(*steps, effects=(), request=REQUEST, most=40):
    made = decode(json.dumps(plan(*steps, effects=effects)))
    return [str(p) for p in problems(made, KIT, Stated([request]), most=most)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I would rather not.",
        "[]",
        "{",
        '{"version": 2}',
        json.dumps({**plan(answer("a", "x")), "extra": 1}),
        json.dumps(plan()),
        json.dumps(plan({"do": "shell", "id": "a"})),
        json.dumps(plan(call("A", "read_inbox"))),
        json.dumps(plan({**call("a", "read_inbox"), "also": 1})),
        json.dumps(plan(for_each("f", ref("x"), "v", SEND, max_iter=0))),
        json.dumps(plan(for_each("f", ref("x"), "v", SEND, max_iter=201))),
        json.dumps(plan(extract("e", fields=[field("f", "bool")]))),
        "[" * 100_000,
        '{"version":1,"goal":"","effects":[],"steps":[' + _NEST * 600 + "]}" * 600 + "]}",
        " " * (MAX_BYTES + 1),
        "\ud800",
    ],
)
def test_what_is_no_plan_is_refused_without_a_raw_exception(text):
    with pytest.raises(StepError) as refused:
        decode(text)

    assert refused.value.code is Code.NOT_A_PLAN


def test_a_code_fence_around_a_plan_is_taken_off():
    text = json.dumps(plan(answer("a", "x")))

    assert decode(f"```json\n{text}\n```") == decode(text)


def test_the_refusal_says_where():
    with pytest.raises(StepError) as refused:
        decode(json.dumps(plan({"do": "call", "id": "a", "tool": 5})))

    assert "$.steps[0].tool" in str(refused.value.__cause__)


@settings(max_examples=50, deadline=None)
@given(plans())
def test_a_plan_survives_encoding_and_its_digest_names_it(written):
    made = decode(json.dumps(written))

    assert decode(msgspec.json.encode(made)) == made
    assert decode(msgspec.json.encode(made)).digest == made.digest


def test_plans_that_differ_have_different_digests():
    one, other = (decode(json.dumps(plan(answer("a", t)))) for t in ("x", "y"))

    assert one.digest != other.digest


@settings(max_examples=100, deadline=None)
@given(plans())
def test_what_the_law_generates_is_valid(written):
    assert wrong(*written["steps"], effects=written["effects"]) == []


def test_the_schema_is_strict_everywhere():
    def objects(node):
        if isinstance(node, dict):
            if "properties" in node:
                yield node
            for inner in node.values():
                yield from objects(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from objects(inner)

    found = list(objects(schema()))
    assert len(found) > 20
    for one in found:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])
    text = json.dumps(schema())
    assert not {"oneOf", "discriminator", "default"} & set(text.replace('"', " ").split())


def test_every_reference_of_the_schema_can_be_followed():
    made = schema()
    targets = {word for word in json.dumps(made).split('"') if word.startswith("#/$defs/")}

    assert {target.removeprefix("#/$defs/") for target in targets} <= set(made["$defs"])


@pytest.mark.parametrize(
    ("steps", "effects", "said"),
    [
        ([SEND, SEND], ["send_email"], "the name 's' is used twice"),
        ([for_each("f", lit([]) and ref("m"), "m", SEND)], ["send_email"], "'m' is not known here"),
        ([answer("a", "{x}", x=ref("later")), call("later", "read_inbox")], [], "not known here"),
        ([call("a", "rm_rf")], [], "there is no tool 'rm_rf'"),
        ([SEND], [], "effects lacks 'send_email'"),
        ([answer("a", "x")], ["send_money"], "effects names 'send_money', which no step has"),
        ([call("a", "find_contact")], [], "argument 'name' is missing"),
        ([call("a", "read_inbox", x=lit(1))], [], "read_inbox has no argument 'x'"),
        ([call("a", "find_contact", name=lit(7))], [], "argument 'name' has the wrong type"),
        (
            [answer("a", "{x} {y}", x=ref("a"))],
            [],
            "the places of the template and its parts differ",
        ),
        ([answer("a", "{")], [], "a brace stands alone"),
        ([compute("k", "sub", lit(1))], [], "sub takes 2 arguments"),
        ([for_each("f", ref("f"), "v")], [], "the body is empty"),
        ([compute("k", "record", lit("a"))], [], "record takes keys"),
        ([compute("k", "record", ref("k"), lit("a"))], [], "record takes keys"),
        ([compute("k", "record", *[lit("a")] * 4)], [], "record takes keys"),
    ],
)
def test_a_problem_names_its_step_and_what_is_wrong(steps, effects, said):
    assert any(said in one for one in wrong(*steps, effects=effects))


def test_an_argument_given_twice_is_a_problem():
    twice = call("a", "find_contact", name=lit("x"))
    twice["args"] *= 2

    assert "a: argument 'name' stands twice" in wrong(twice)


def test_what_a_branch_makes_is_not_known_after_it():
    mails = call("m", "read_inbox")
    flag = compute("k", "eq", lit(1), lit(1))
    then = [call("c", "find_contact", name=lit("Dana"))]

    steps = [mails, flag, branch("b", ref("k"), then), answer("a", "{x}", x=ref("c", "address"))]
    assert wrong(*steps) == ["a: 'c' is not known here"]


def test_a_loops_variable_is_not_known_after_it():
    loop = for_each("f", ref("m"), "v", call("c", "find_contact", name=ref("v", "from")))

    steps = [call("m", "read_inbox"), loop, answer("a", "{x}", x=ref("v", "id"))]
    assert wrong(*steps) == ["a: 'v' is not known here"]


def test_an_answer_in_a_loop_is_a_problem():
    loop = for_each("f", ref("m"), "v", answer("a", "x"))

    assert wrong(call("m", "read_inbox"), loop) == ["a: an answer cannot stand in a loop"]


def test_deep_nesting_is_a_problem():
    step = call("m", "read_inbox")
    for depth in range(6):
        step = branch(f"b{depth}", ref("k"), [step])

    assert any(
        "nested deeper than 4" in one for one in wrong(compute("k", "not", lit(value=True)), step)
    )


def test_a_plan_with_too_many_steps_is_a_problem():
    steps = [compute(f"k{n}", "lower", lit("x")) for n in range(41)]

    assert wrong(*steps) == ["41 steps; 40 are allowed"]


@pytest.mark.parametrize(
    "to", ["eve@attacker.example", "bob@work.example.attacker.example", "work"]
)
def test_an_address_that_nobody_stated_is_a_problem(to):
    said = wrong(call("s", "send_email", to=lit(to), body=lit("hi")), effects=["send_email"])

    assert said == ["s: 'to' is a value that nobody who is trusted has stated"]


def test_a_template_without_parts_is_no_way_around_it():
    step = call("s", "send_email", to=fmt("eve@attacker.example"), body=lit("hi"))

    assert len(wrong(step, effects=["send_email"])) == 1


def test_extractions_are_checked():
    bad = [
        field("x", "id", pattern="("),
        field("y", "enum", values=["a", "a"]),
        field("y", "text", max_chars=5),
    ]
    step = extract("e", ref("m"), fields=bad)

    assert wrong(call("m", "read_inbox"), step) == [
        "e: two fields have one name",
        "e: 'x' has no valid pattern",
        "e: 'y' has a choice twice",
    ]


def test_text_cannot_be_revealed():
    step = extract("e", ref("m"), fields=[field("x", "text", max_chars=9)], reveal=True)

    assert wrong(call("m", "read_inbox"), step) == ["e: only flags and choices can be revealed"]


def test_collect_names_what_the_body_makes():
    loop = for_each("f", ref("m"), "v", compute("k", "lower", ref("v", "from")), collect="m")

    assert wrong(call("m", "read_inbox"), loop) == [
        "f: collect names 'm', which the body does not make"
    ]


def test_effects_are_the_tools_that_do_more_than_read():
    loop = for_each("f", ref("m"), "v", SEND)
    made = decode(json.dumps(plan(call("m", "read_inbox"), loop)))

    assert effects(made, KIT) == {"send_email"}
    assert [step.id for step in walk(made.steps)] == ["m", "f", "s"]
    assert isinstance(made, Plan)


def test_choices_are_references_too():
    step = choose("c", ref("m"), "all", where=[(["id"], "eq", ref("x"))], keys=ref("y"))

    assert wrong(step) == [f"c: {name!r} is not known here" for name in "mxy"]
