"""Requests of the APIs, read without a server: places, trust, and errors that repeat nothing."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.errors import WireError
from shield.types import Checkpoint, Integrity, Source
from shield.wire import scan
from shield.wire.compat import lakera, litellm, llm_guard, moderations
from shield.wire.compat.ext_authz import Check
from shield.wire.fault import fault
from shield.wire.strict import Shape

CANARY = "zanzibarcanary"
SHAPE = Shape(16, 400)
WORDS = sorted(
    {
        *scan._NAMES,
        *litellm.Body.__struct_fields__,
        *lakera.Body.__struct_fields__,
        *("prompt", "output", "input", "role", "content", "type", "function", "user", "assistant"),
        *("request", "response", "tool", "system"),
        CANARY,
        f"` - at `$.{CANARY}",
    }
)
WORD = st.sampled_from(WORDS)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | WORD,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORD, inner, max_size=5),
    max_leaves=25,
)


def read_all(raw):
    """What each reader makes of a body."""
    for checkpoint in Checkpoint:
        yield lambda c=checkpoint: scan.read(c, raw, SHAPE, trust_system=True)
    yield lambda: litellm.read(raw, SHAPE, trust_system=False)
    yield lambda: lakera.read(raw, SHAPE, trust_system=False)
    yield lambda: moderations.read(raw, SHAPE)
    yield lambda: llm_guard.read_prompt(raw, SHAPE, sanitizes=True)
    yield lambda: llm_guard.read_output(raw, SHAPE, sanitizes=False)
    check = Check("POST", b"", raw, "application/json")
    yield lambda: check.asked(SHAPE, trust_system=False)


def errors_of(attempt):
    """The errors of a reading, its own or those of its items."""
    try:
        reading = attempt()
    except WireError as error:
        return [error]
    return [e for e in getattr(reading, "items", ()) if isinstance(e, WireError)]


@given(JSON)
def test_any_json_is_read_or_refused_and_no_error_repeats_it(document):
    for attempt in read_all(json.dumps(document).encode()):
        for error in errors_of(attempt):
            assert error.status in {400, 422}
            assert CANARY not in msgspec.json.encode(fault(error)).decode()


@given(JSON)
def test_no_text_of_a_request_of_litellm_is_left_out(document):
    body = {"input_type": "request", "texts": ["a"], "x": document, "tools": [document]}
    strings = []

    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                strings.append(key)
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
        elif isinstance(node, str):
            strings.append(node)

    walk(document)
    (asked,) = litellm.read(json.dumps(body).encode(), SHAPE, trust_system=False).asked
    whole = "\n".join(s.text for s in asked.input)

    assert all(text in whole for text in strings if CANARY in text)


def items(body, checkpoint=Checkpoint.INPUT, *, trust_system=True):
    raw = json.dumps(body).encode()
    return scan.read(checkpoint, raw, SHAPE, trust_system=trust_system).items


@pytest.mark.parametrize(
    ("source", "trusted", "integrity"),
    [
        ("system", True, Integrity.USER),
        ("user", True, Integrity.USER),
        ("tool", True, Integrity.UNTRUSTED),
        ("document", True, Integrity.UNTRUSTED),
        ("assistant", True, Integrity.UNTRUSTED),
    ],
)
def test_a_text_has_the_label_of_the_place_that_the_application_names(source, trusted, integrity):
    (item,) = items({"segments": [{"text": "a", "source": source, "name": "n"}]})

    (segment,) = item.asked.input
    (origin,) = segment.label.origins
    assert (segment.label.integrity, origin.source, origin.name) == (integrity, source, "n")


def test_a_distrusted_system_text_is_the_users():
    (item,) = items({"text": "a", "source": "system"}, trust_system=False)

    assert item.asked.input[0].source is Source.USER


def test_a_context_is_known_and_not_judged():
    body = {
        "call": {"name": "f", "arguments": {"to": "x", "deep": [{"n": 1}]}},
        "context": [{"text": "a"}],
        "messages": [{"role": "tool", "content": "b"}],
    }

    (item,) = items(body, Checkpoint.ACTION)

    asked = item.asked
    assert [s.text for s in asked.noted] == ["a", "b"]
    assert (asked.input, asked.output) == (None, None)
    assert {a.path: a.value for a in asked.calls[0].arguments} == {"/to": "x", "/deep/0/n": 1}


def test_tools_beside_texts_belong_to_the_newest_turn():
    tool = {"type": "function", "function": {"name": "f", "description": "says something"}}
    (item,) = items({"segments": [{"text": "a", "turn": 4}], "tools": [tool]})

    assert {s.turn for s in item.asked.input} == {4}
    assert "says something" in {s.text for s in item.asked.input}


@pytest.mark.parametrize("count", [0, 1, 256])
def test_a_batch_of_any_length_up_to_the_most_is_read(count):
    raw = json.dumps({"items": [{"text": "a"}] * count}).encode()

    reading = scan.read(Checkpoint.INPUT, raw, Shape(16, 2_000), trust_system=True)

    assert reading.is_batch
    assert len(reading.items) == count


def test_an_envoy_body_with_a_query_is_judged_whole():
    body = json.dumps({"messages": [{"role": "user", "content": "b"}], "tools": [1]}).encode()

    asked = Check("post", b"q=a", body, "application/json").asked(SHAPE, trust_system=False)

    assert [s.text for s in asked.input][:3] == ["q", "a", "b"]
    assert asked.tools == [1]


@pytest.mark.parametrize(
    ("method", "body", "partial", "skips"),
    [
        ("GET", b"", False, 0),
        ("DELETE", b"", False, 0),
        ("POST", b"", False, 1),
        ("patch", b"", False, 1),
        ("GET", b"", True, 1),
        ("POST", b'{"a": "b"}', True, 1),
        ("POST", b'{"a": "b"}', False, 0),
    ],
)
def test_a_body_that_envoy_does_not_show_whole_is_a_gap(method, body, partial, skips):
    asked = Check(method, b"", body, "application/json", partial).asked(SHAPE, trust_system=False)

    assert len(asked.skipped) == skips
