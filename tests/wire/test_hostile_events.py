"""Whatever an upstream sends as events of a dialect, the client gets a stream that ends, and nothing raises."""

import json

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shield.guard import Guard
from shield.wire.block_events import MessagesStream
from shield.wire.item_events import ResponsesStream
from tests.gates import opened, run
from tests.streams import SECRET, secret_policy

PATIENT = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
BLOCKS = [
    "message_start", "content_block_start", "content_block_delta", "content_block_stop",
    "message_delta", "message_stop", "ping", "error", "novel", "",
]  # fmt: skip
ITEMS = [
    f"response.{name}"
    for name in (
        "created", "in_progress", "completed", "incomplete", "failed", "output_item.added",
        "output_item.done", "content_part.added", "content_part.done", "output_text.delta",
        "output_text.done", "refusal.delta", "function_call_arguments.delta",
        "function_call_arguments.done", "custom_tool_call_input.done", "audio.delta", "novel.delta",
        "reasoning_summary_part.added", "reasoning_summary_text.delta", "shell_call_output_content.delta",
        "image_generation_call.partial_image", "novel", "",
    )
]  # fmt: skip
KINDS = [
    "text", "thinking", "tool_use", "text_delta", "input_json_delta", "citations_delta", "message",
    "function_call", "custom_tool_call", "computer_call", "reasoning", "output_text", "refusal",
    "image_generation_call", "summary_text", ["text"], {"text": 1}, None, 3,
]  # fmt: skip
FIELDS = [
    "index", "output_index", "content_index", "summary_index", "delta", "text", "thinking", "type",
    "partial_json", "arguments", "input", "name", "id", "call_id", "item", "part", "item_id", "result",
    "content", "summary", "logprobs", "obfuscation", "object", "status", "citation", "sequence_number",
]  # fmt: skip
values = st.one_of(
    st.sampled_from(KINDS),
    st.sampled_from(
        [0, 1, -1, 1.5, True, "0", "", "word ", "aGk=", SECRET, SECRET[:9], '{"a": 1}']
    ),
)
nodes = st.recursive(
    values,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    ),
    max_leaves=8,
)
known = st.fixed_dictionaries(
    {},
    optional={
        "index": st.integers(0, 1),
        "output_index": st.integers(0, 1),
        "content_index": st.just(0),
        "content_block": nodes,
        "delta": nodes,
        "item": nodes,
        "part": nodes,
        "response": nodes,
        "message": nodes,
    },
)
odd = st.dictionaries(st.sampled_from(FIELDS), nodes, max_size=3)


def events(kinds):
    one = st.builds(lambda kind, a, b: {**b, **a, "type": kind}, st.sampled_from(kinds), known, odd)
    return st.lists(one, max_size=8)


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def check(guard, kind, documents, size):
    raw = "".join(f"data: {json.dumps(document)}\n\n" for document in documents).encode()
    of = opened(kind, guard, limit=50_000)

    out = run(of, raw, size)

    told = [json.loads(line[6:]) for line in out.decode().splitlines() if line[:6] == "data: "]
    assert of.over
    assert of.outcome is not None
    assert out.endswith(b"\n\n")
    return [document["type"] for document in told]


@given(documents=events(BLOCKS), size=st.integers(1, 400))
@settings(max_examples=60, **PATIENT)
def test_any_events_of_a_message_end_well(guard, documents, size):
    kinds = check(guard, MessagesStream, documents, size)

    assert {"message_stop", "error"} & set(kinds)


@given(documents=events(ITEMS), size=st.integers(1, 400))
@settings(max_examples=60, **PATIENT)
def test_any_events_of_a_response_end_well(guard, documents, size):
    kinds = check(guard, ResponsesStream, documents, size)

    ends = {"response.completed", "response.incomplete", "response.failed", "error"}
    assert kinds[-1] in ends
