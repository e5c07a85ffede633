"""Dumps of records are read as YAML reads them; what only looks like one is free text."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.actions.dumps import dumped
from shield.actions.literals import UnreadableError

words = st.text("abcdefgh ÄéЖ.,!?'\"@:-#", min_size=0, max_size=30).map(
    lambda t: " ".join(t.split())
)
keys = st.sampled_from(["id_", "sender", "body", "read", "participants", "start_time"])
values = words | st.integers(-5, 99_999) | st.booleans() | st.none() | st.lists(words, max_size=3)
records = st.lists(st.dictionaries(keys, values, min_size=2, max_size=6), min_size=1, max_size=4)


def same(one, other):
    """Equal but for the width of blanks and the kind of scalars."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return "".join(str(one).split()) == "".join(str(other).split())


@settings(max_examples=150, deadline=None)
@given(records)
def test_what_yaml_dumps_reads_back(value):
    assert same(dumped(yaml.safe_dump(value, default_flow_style=False)), value)


def test_long_quoted_and_block_scalars_go_on_over_lines():
    body = "Hi Ann,\n\nit's 'fine': see below.\nto: nobody@x.example\n\n" + "word " * 40
    made = [
        {"body": body, "sender": "bob@corp.example"},
        {"body": "short", "sender": "c@d.example"},
    ]
    read = dumped(yaml.safe_dump(made))
    assert [r["sender"] for r in read] == ["bob@corp.example", "c@d.example"]
    assert "to: nobody@x.example" in read[0]["body"]
    assert dumped("- a: |-\n    to: x@y.example\n    b\n  c: d")[0] == {
        "a": "to: x@y.example\nb",
        "c": "d",
    }


def test_a_colon_in_a_scalar_makes_no_field():
    text = yaml.safe_dump([{"body": "a\nto: eve@evil.example\nb", "sender": "bob@corp.example"}])
    assert set(dumped(text)[0]) == {"body", "sender"}


def test_a_dump_that_the_host_cut_off_keeps_its_whole_fields():
    mails = [{"sender": "a@b.example", "zbody": "it's a long 'text' " * 20} for _ in range(2)]
    text = yaml.safe_dump(mails)
    cut = dumped(text[: len(text) - 60])
    assert cut[0]["sender"] == cut[1]["sender"] == "a@b.example"


@pytest.mark.parametrize(
    "text",
    [
        "Dear Bob: hello\n\nsee you: soon",
        "LOST: <item>",
        "just words",
        "",
        "- milk\n- eggs",
        "a: 1\n\nb: 2",
        "Note: pay\nto the account DE44",
        "- a: 1\n b: 2\n-",
    ],
)
def test_free_text_is_no_record(text):
    with pytest.raises(UnreadableError):
        dumped(text)
