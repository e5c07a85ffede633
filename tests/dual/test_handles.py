"""Handles: what a model with tools sees instead of untrusted values."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.dual.failures import Code, StepError
from shield.dual.handles import MAX_SHOWN, Book, keys_of
from shield.dual.stated import Stated
from shield.dual.values import built, labelled, plain, whole
from shield.types import Integrity, Label, Origin, Source

KEY = b"k" * 32
MAIL = Label(Integrity.UNTRUSTED, frozenset({Origin(Source.TOOL, "mail", "m")}), frozenset({"ann"}))
WIKI = Label(Integrity.TOOL_AUTH, frozenset({Origin(Source.TOOL, "wiki", "w")}), None)
CANARY = "zanzibar"
TEXTS = st.text(max_size=5).map(lambda t: CANARY + t)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXTS | st.sampled_from(["id", "body"]), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYS = frozenset({"id", "body"})
law = settings(max_examples=100, deadline=None)


@pytest.fixture
def book():
    return Book(KEY, "s1")


@law
@given(JSON)
def test_a_model_sees_no_untrusted_text_and_no_foreign_key(data):
    shown = Book(KEY, "s1").skeleton(labelled(data, MAIL), KEYS)

    assert CANARY not in json.dumps(shown)


@law
@given(JSON)
def test_what_it_sees_can_be_turned_back(data):
    book = Book(KEY, "s1")
    shown = book.skeleton(labelled(data, MAIL), KEYS)
    (back,) = book.expanded({"x": shown}, "s").values()

    assert _without_other(plain(back)) == data


def _without_other(data):
    if isinstance(data, list):
        return [_without_other(item) for item in data]
    if isinstance(data, dict):
        rest = data.get("(other)", {})
        return {k: _without_other(v) for k, v in data.items() if k != "(other)"} | rest
    return data


@law
@given(JSON)
def test_a_resent_history_maps_to_the_same_handles(data):
    shown = [Book(KEY, "s1").skeleton(labelled(data, MAIL), KEYS) for _ in range(2)]

    assert shown[0] == shown[1]


def test_handles_of_another_session_or_key_are_others():
    value = built("x", MAIL)
    made = {Book(key, session).hide(value) for key in (KEY, b"j" * 32) for session in ("s1", "s2")}

    assert len(made) == 4


def test_a_handle_brings_its_label(book):
    handle = book.hide(built("secret", MAIL))
    made = book.expanded({"to": handle, "body": f"Dear {handle}!", "cc": ["bob", handle]}, "s")

    assert plain(made["to"]) == "secret"
    assert plain(made["body"]) == "Dear secret!"
    assert plain(made["cc"]) == ["bob", "secret"]
    for value in made.values():
        assert (whole(value).integrity, whole(value).readers) == (Integrity.UNTRUSTED, {"ann"})


def test_numbers_and_lists_keep_their_type(book):
    handle = book.hide(built([1, 2], MAIL))

    assert plain(book.expanded({"x": handle}, "s")["x"]) == [1, 2]


def test_a_value_that_is_put_in_is_not_read_again(book):
    inner = book.hide(built("inner", MAIL))
    outer = book.hide(built(f"{inner} and {inner}", MAIL))

    assert plain(book.expanded({"x": f"<{outer}>"}, "s")["x"]) == f"<{inner} and {inner}>"


def test_a_handle_that_nobody_made_is_text(book):
    made = book.expanded({"x": "⟨h:0123456789abcdef⟩"}, "s")["x"]

    assert plain(made) == "⟨h:0123456789abcdef⟩"
    with pytest.raises(StepError):
        book.value("⟨h:0123456789abcdef⟩")


def test_one_content_of_two_origins_is_as_good_as_the_worse(book):
    handle = book.hide(built("x", WIKI))
    assert book.hide(built("x", MAIL)) == handle
    made = whole(book.value(handle))

    assert (made.integrity, made.readers) == (Integrity.UNTRUSTED, {"ann"})
    assert made.origins == MAIL.origins | WIKI.origins


def test_a_long_list_ends_in_one_handle(book):
    shown = book.skeleton(labelled([str(i) for i in range(MAX_SHOWN + 9)], MAIL), KEYS)

    assert len(shown) == MAX_SHOWN + 1
    assert len(plain(book.value(shown[-1]))) == 9


def test_a_book_is_bounded():
    small = Book(KEY, "s1", most=10)
    small.hide(built("x" * 10, MAIL))
    small.hide(built("x" * 10, MAIL))

    with pytest.raises(StepError) as failed:
        small.hide(built("y", MAIL))
    assert failed.value.code is Code.BUDGET_BYTES


SAID = Stated(["Write to bob@work.example, 5 times."])


def test_an_expanded_call_that_is_sent_back_is_folded_as_it_was_written(book):
    handle = book.hide(built("secret", MAIL))
    written = {"to": "bob@work.example", "body": f"Dear {handle}: my own words"}
    expanded = {name: plain(value) for name, value in book.expanded(written, "s").items()}
    book.remember(written, expanded)

    assert expanded["body"] == "Dear secret: my own words"
    assert book.folded(expanded, SAID, MAIL) == written


@law
@given(st.dictionaries(st.sampled_from("abc"), JSON, max_size=3))
def test_a_call_that_is_not_remembered_is_folded_leaf_by_leaf(arguments):
    book = Book(KEY, "s1")
    shown = book.folded({**arguments, "to": "bob@work.example", "n": 5}, SAID, MAIL)

    assert (shown["to"], shown["n"]) == ("bob@work.example", 5)
    values = json.dumps(list(_leaves(shown)))
    assert CANARY not in values


def _leaves(node):
    if isinstance(node, dict):
        for item in node.values():
            yield from _leaves(item)
    elif isinstance(node, list):
        for item in node:
            yield from _leaves(item)
    else:
        yield node


def test_known_values_are_folded_to_their_handles(book):
    handle = book.hide(built("secret", MAIL))

    assert book.folded({"x": ["secret"]}, SAID, MAIL) == {"x": [handle]}


def test_parts_of_a_text_become_places(book):
    handle = book.hide(built("secret", MAIL))
    template, parts = book.parts(f"It {{says}} {handle} ⟨h:0123456789abcdef⟩")

    assert template == "It {{says}} {h0} ⟨h:0123456789abcdef⟩"
    assert plain(parts["h0"]) == "secret"


def test_keys_are_those_that_a_schema_declares():
    schema = {
        "type": "array",
        "items": {"properties": {"id": {}, "by": {"$ref": "#/$defs/by"}}},
        "$defs": {"by": {"properties": {"name": {}}}},
    }
    assert keys_of(schema) == {"id", "by", "name"}
    assert keys_of({}) == frozenset()
