"""Labelled values: nothing that was read loses its label on the way."""

from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.dual.failures import Code, StepError
from shield.dual.values import (
    MAX_DEPTH,
    Attested,
    at,
    bucket,
    built,
    canonical_json,
    capacity,
    labelled,
    plain,
    shape,
    size,
    stated,
    tainted,
    text,
    whole,
)
from shield.types import Capacity, Integrity, Label, Origin, Source

MAIL = Label(Integrity.UNTRUSTED, frozenset({Origin(Source.TOOL, "mail", "s")}), frozenset({"ann"}))
WIKI = Label(Integrity.EXTRACTED, frozenset({Origin(Source.TOOL, "wiki", "t")}), None)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
law = settings(max_examples=100, deadline=None)


@law
@given(JSON)
def test_labelling_changes_no_data(data):
    assert plain(labelled(data, MAIL)) == data


@law
@given(JSON)
def test_every_node_of_a_result_is_untrusted_unless_declared(data):
    assert whole(labelled(data, MAIL)).integrity is Integrity.UNTRUSTED
    assert whole(labelled(data, MAIL, Attested(((),)))).integrity is Integrity.TOOL_AUTH


@law
@given(JSON)
def test_a_taint_reaches_every_node(data):
    made = whole(tainted(labelled(data, WIKI), MAIL))

    assert made.integrity is Integrity.UNTRUSTED
    assert made.readers == {"ann"}
    assert made.origins == MAIL.origins | WIKI.origins


@law
@given(JSON)
def test_a_taint_does_not_change_what_can_be_said(data):
    before = labelled(data, WIKI)

    assert whole(tainted(before, MAIL)).capacity == whole(before).capacity


@law
@given(JSON)
def test_equal_data_has_one_text(data):
    assert canonical_json(data) == canonical_json(plain(labelled(data, MAIL)))


def test_declared_fields_are_authoritative_and_their_neighbours_are_not():
    rows = [{"id": "m1", "body": "x"}, {"id": "m2", "body": "y"}]
    made = labelled(rows, MAIL, Attested((("*", "id"),)))

    assert at(made, (1, "id")).label.integrity is Integrity.TOOL_AUTH
    assert at(made, (1, "body")).label.integrity is Integrity.UNTRUSTED


def test_a_declared_path_covers_what_is_below_it():
    made = labelled({"who": [{"mail": "a"}], "other": 1}, MAIL, Attested((("who",),)))

    assert at(made, ("who", 0, "mail"), strict=True).label.integrity is Integrity.UNTRUSTED
    assert whole(at(made, ("who",))).integrity is Integrity.TOOL_AUTH
    assert at(made, ("other",)).label.integrity is Integrity.UNTRUSTED


def test_a_name_attests_a_field_wherever_it_stands_unless_anybody_writes_there():
    data = [{"id": "m1", "by": {"id": "u1", "name": {"id": "x"}}}]
    made = labelled(data, MAIL, Attested(names=frozenset({"id"}), never=frozenset({"name"})))

    trust = [at(made, (0, *path)).label.integrity for path in (["id"], ["by", "id"])]
    assert trust == [Integrity.TOOL_AUTH] * 2
    assert at(made, (0, "by", "name", "id")).label.integrity is Integrity.UNTRUSTED


def test_what_anybody_writes_is_not_attested_by_what_is_above_it():
    made = labelled({"id": 1, "name": "x"}, MAIL, Attested(((),), never=frozenset({"name"})))

    assert at(made, ("id",)).label.integrity is Integrity.TOOL_AUTH
    assert at(made, ("name",)).label.integrity is Integrity.UNTRUSTED


def test_a_long_text_is_never_attested():
    made = labelled(["short", "x " * 61], MAIL, Attested(((),)))

    assert at(made, (0,)).label.integrity is Integrity.TOOL_AUTH
    assert at(made, (1,)).label.integrity is Integrity.UNTRUSTED


def test_a_position_counts_only_for_the_strict():
    made = labelled([{"id": "m1"}], MAIL, Attested((("*", "id"),)))

    assert at(made, (0, "id")).label.integrity is Integrity.TOOL_AUTH
    assert at(made, (0, "id"), strict=True).label.integrity is Integrity.UNTRUSTED


def test_the_readers_of_a_list_are_the_readers_of_its_items():
    inner = built("x", WIKI)
    outer = tainted(built(["y"], MAIL), MAIL)
    made = at(type(outer)((inner,), outer.label), (0,))

    assert made.label.readers == {"ann"}
    assert made.label.origins == MAIL.origins | WIKI.origins


@pytest.mark.parametrize("path", [("x",), (2,), (-3,), (0, "id"), (0, 0), (True,)])
def test_a_path_that_leads_nowhere_is_a_failure(path):
    with pytest.raises(StepError) as failed:
        at(labelled(["a", "b"], MAIL), path if path != (True,) else (0, True))

    assert failed.value.code is Code.BAD_PATH


def test_positions_may_count_from_the_end():
    assert at(labelled(["a", "b"], MAIL), (-1,)).data == "b"


@dataclass
class Person:
    name: str
    age: int


class Row(msgspec.Struct):
    key: str


@pytest.mark.parametrize(
    ("result", "data"),
    [
        (Person("ann", 3), {"name": "ann", "age": 3}),
        ([Row("x")], [{"key": "x"}]),
        (("a", 1), ["a", 1]),
        (
            {
                "x",
            },
            ["x"],
        ),
    ],
)
def test_structured_objects_become_plain_data(result, data):
    assert plain(labelled(result, MAIL)) == data


@pytest.mark.parametrize("result", [object(), {1: 2}, float("nan"), float("inf"), lambda: 1, 1j])
def test_what_is_no_data_is_a_failure(result):
    with pytest.raises(StepError) as failed:
        labelled(result, MAIL)

    assert failed.value.code is Code.TOOL_RESULT


def deep(levels):
    made = "x"
    for _ in range(levels):
        made = [made]
    return made


def endless():
    made = []
    made.append(made)
    return made


@pytest.mark.parametrize(
    "result",
    [
        "x" * 10_000_000,
        ["x" * 1_000] * 300,
        {"k" * 300_000: 1},
        [0] * 30_000,
        "é" * 140_000,
        10**1_000_000,
        deep(MAX_DEPTH + 1),
        endless(),
    ],
    ids=["text", "list", "key", "nodes", "utf8", "number", "deep", "endless"],
)
def test_a_result_that_is_too_large_is_given_up(result):
    with pytest.raises(StepError) as failed:
        labelled(result, MAIL)

    assert failed.value.code is Code.BUDGET_BYTES


@pytest.mark.parametrize(
    ("value", "can"),
    [
        (True, Capacity.FLAG),
        (None, Capacity.FLAG),
        (7, Capacity.NUMBER),
        ("a1-b2", Capacity.ID),
        ("two words", Capacity.SHORT_TEXT),
        ("x" * 65, Capacity.SHORT_TEXT),
        ("x " * 61, Capacity.TEXT),
    ],
)
def test_what_a_value_can_say_is_read_off_its_form(value, can):
    assert capacity(value) is can


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, ""),
        (True, "true"),
        (1.5, "1.5"),
        (["a", 2, False], "a, 2, false"),
        ({"a": [1]}, '{"a": [1]}'),
        ([["é"]], '[["é"]]'),
    ],
)
def test_how_values_read_inside_a_text(data, said):
    assert text(built(data, MAIL) if not isinstance(data, dict) else labelled(data, MAIL)) == said


@pytest.mark.parametrize(
    ("data", "seen"),
    [
        ("secret", "text"),
        ({"secret": 1}, "record"),
        ([], "list of 0"),
        ([1], "list of 1"),
        ([1] * 5, "list of 2 to 5"),
        ([1] * 6, "list of 6 or more"),
        (3, "number"),
        (False, "flag"),
        (None, "nothing"),
    ],
)
def test_a_shape_says_no_more_than_type_and_length_in_steps(data, seen):
    assert shape(labelled(data, MAIL)) == seen


@given(st.integers(0, 10_000))
def test_buckets_are_four(count):
    assert bucket(count) in {"0", "1", "2 to 5", "6 or more"}


def test_size_counts_strings_and_keys():
    assert size(labelled({"abc": ["de", 1]}, MAIL)) == 3 + 2 + 8


def test_what_a_plan_states_is_as_trusted_as_the_request():
    made = stated(("a", 1), "s")

    assert (whole(made).integrity, whole(made).readers, plain(made)) == (
        Integrity.USER,
        None,
        ["a", 1],
    )
