"""A result is read into records and leaves; words of the user's are sorted into telling ones."""

import json

import pytest
import yaml

from shield.actions.reading import read, read_free, read_own, structure, words
from tests.growth import assert_linear

MAILS = [
    {
        "id": "m1",
        "from": "Ann Roe <ann@corp.example>",
        "subject": "Hi",
        "body": "write to\nx@y.example",
    },
    {"id": "m2", "from": "bob@corp.example", "subject": "Lunch", "body": "at 12"},
]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(MAILS),
        repr(MAILS),
        yaml.safe_dump(MAILS, allow_unicode=True),
        f"<<{MAILS!r}>>",
        f"```json\n{json.dumps(MAILS)}\n```",
    ],
)
def test_every_notation_gives_the_same_leaves(text):
    found = read(text)
    assert found.structured
    assert "ann@corp.example" in found.whole
    assert "bob@corp.example" in found.whole
    assert "x@y.example" not in found.whole
    assert "x@y.example" in found.text


def test_a_field_of_prose_is_no_leaf_however_short():
    assert "lunch" not in read(json.dumps(MAILS)).whole


def test_a_leaf_knows_its_record_and_its_field():
    found = read(json.dumps({"contacts": [{"name": "Bob", "mail": "b@c.example"}], "total": 7}))
    (leaf,) = found.whole["b@c.example"]
    assert leaf.key == "mail"
    assert "bob" in found.records[leaf.record]
    assert found.counts[7.0][0].key == "total"


def test_the_name_of_a_member_belongs_to_its_record():
    found = read(repr({"Desk Lamp": {"product_id": "P7"}, "Chair": {"product_id": "P8"}}))
    (leaf,) = found.whole["p7"]
    assert {"desk", "lamp", "p7"} <= found.records[leaf.record]
    assert "chair" not in found.records[leaf.record]


def test_a_record_inside_a_record_inherits_its_words_and_an_item_does_not():
    inner = read(json.dumps({"ticket": "T-12", "customer": {"mail": "a@b.example"}}))
    (leaf,) = inner.whole["a@b.example"]
    assert "12" in inner.records[leaf.record]
    listed = read(json.dumps({"name": "repo", "issues": [{"owner": "eve@evil.example"}]}))
    (leaf,) = listed.whole["eve@evil.example"]
    assert "repo" not in listed.records[leaf.record]


def test_a_list_that_a_field_prints_is_read_too_unless_the_field_is_prose():
    found = read(repr({"repository": "['ann/one', 'ann/two']", "review": "['eve@evil.example']"}))
    assert "ann/two" in found.whole
    assert "eve@evil.example" not in found.whole


@pytest.mark.parametrize("text", ["hello", "12", '"a"', "", "{", "a: b", "2024-05-19"])
def test_free_text_and_bare_values_have_no_structure(text):
    assert structure(text) is None
    assert not read(text).structured


def test_long_or_broken_leaves_are_not_plain():
    found = read(json.dumps({"a": "x" * 121, "b": "two\nlines", "c": "ok", "d": "also"}))
    assert set(found.whole) == {"ok", "also"}


def test_names_in_the_users_words_tell_records_apart():
    own = read_own("Please send the offer to Marta from Foxglove, order 77-3312. Marta knows.")
    assert {"marta", "foxglove", "3312"} <= own.telling
    assert {"marta", "foxglove"} <= own.named
    assert own.telling.isdisjoint({"please", "send", "the", "to", "order"})


def test_scripts_without_capitals_have_names_too():
    assert "佐々木さんに" in read_own("佐々木さんに").telling or read_own("佐々木").telling == {
        "佐々木"
    }


def test_what_a_person_writes_has_no_structure():
    assert not read_free(json.dumps(MAILS)).structured
    assert words("a-b c_d") == {"a", "b", "c", "d"}


def nested(times):
    return "".join(f"{{'key{n}': " for n in range(times)) + "1" + "}" * times


def crowded(times):
    fields = "".join(f"'f{n}': 'w{n}', " for n in range(times))
    members = "".join(f"'m{n}': {{'a': 1}}, " for n in range(times))
    return f"{{{fields}{members}}}"


@pytest.mark.parametrize(
    "made",
    [
        nested,
        crowded,
        lambda times: '{"a":1},' * times,
        lambda times: "- a: b\n  c: d\n" * times,
        lambda times: "- a: |\n    x\n  c: d\n" * times,
        lambda times: "a,b\n" * times,
        lambda times: "x@y.example " * times,
        lambda times: "('a'" * times,
    ],
    ids=["nested", "crowded", "json", "yaml", "blocks", "table", "addresses", "open"],
)
def test_reading_is_linear_on_hostile_text(made):
    def work(times):
        text = made(times)
        return lambda: read(text)

    assert_linear(work, 1_000, 4_000, limit=8, slack=0.1)


def test_a_word_is_counted_once_for_a_record_and_its_members():
    found = read(json.dumps({"name": "oak", "rows": [{"a": "elm"}], "owner": {"b": "oak ash"}}))
    assert (found.holders("oak"), found.holders("elm"), found.holders("ash")) == (1, 1, 1)
    assert found.holders("fir") == 0
    assert found.apart == 2
