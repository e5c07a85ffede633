"""Law 7 for the requests of all dialects: unknown fields survive, hostile JSON is a 4xx, no string is missed."""

import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shield.errors import WireError
from shield.wire.body import read_request, read_response
from shield.wire.chat import KEYS
from shield.wire.dialect import Dialect, dialect_of
from shield.wire.messages import is_messages
from shield.wire.responses import is_responses
from shield.wire.strict import Shape, encode, nodes
from shield.wire.vocabulary import WORDS

ROOMY = Shape(depth=64, nodes=20_000)
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), texts)
kinds = st.sampled_from(
    """
    text thinking redacted_thinking tool_use tool_result document search_result image server_tool_use
    web_search_tool_result mid_conv_system container_upload message function_call function_call_output
    reasoning item_reference mcp_call input_text output_text refusal input_image input_file summary_text
    computer_call_output image_generation_call base64 url novel
    """.split()  # noqa: SIM905 — a table is read line by line
)
fields = st.sampled_from(
    """
    text thinking data content source title type id name input tool_use_id call_id output arguments
    summary role result results file_data x/y ~ new
    """.split()  # noqa: SIM905 — likewise
)
anything = st.recursive(
    st.one_of(scalars, kinds),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(fields, inner, max_size=4)
    ),
    max_leaves=10,
)
block = st.builds(
    lambda kind, rest: {**rest, "type": kind}, kinds, st.dictionaries(fields, anything, max_size=4)
)
turn = st.builds(
    lambda role, content, rest: {**rest, "role": role, "content": content},
    st.sampled_from(["user", "assistant", "system", "tool", "root"]),
    st.one_of(texts, st.lists(block, max_size=3), anything),
    st.dictionaries(fields, anything, max_size=2),
)
more = st.dictionaries(
    st.sampled_from(["tools", "metadata", "max_tokens", "novel"]), anything, max_size=2
)
messages = st.builds(
    lambda turns, system, rest: {**rest, "messages": turns, "system": system},
    st.lists(st.one_of(turn, anything), max_size=3),
    st.one_of(texts, st.lists(block, max_size=2), anything),
    more,
)
state = st.dictionaries(
    st.sampled_from(["instructions", "previous_response_id", "conversation", "prompt"]),
    anything,
    max_size=2,
)
responses = st.builds(
    lambda given, pointed, rest: {**rest, **pointed, "model": "m-1", "input": given},
    st.one_of(texts, st.lists(st.one_of(block, turn, texts, anything), max_size=3)),
    state,
    more,
)
requests = st.one_of(messages, responses)


def only_refused(reading):
    """True when reading gives something or a refusal of the client, and nothing else."""
    try:
        reading()
    except WireError as error:
        return 400 <= error.status < 500
    return True


def read(document, *, trust_system=False):
    return read_request(encode(document), "application/json", ROOMY, trust_system=trust_system)


@given(messages)
@settings(**PATIENT)
def test_each_request_is_known_for_what_it_is(document):
    assert is_messages(document)
    assert dialect_of(document) is Dialect.MESSAGES
    assert not is_responses(document)


@given(requests, st.booleans())
@settings(**PATIENT)
def test_no_field_is_lost_when_nothing_is_changed(document, trust):
    body = read(document, trust_system=trust)

    assert json.loads(body.write(body.segments)) == document


@given(requests)
@settings(**PATIENT)
def test_every_string_is_scanned_or_named_on_the_receipt(document):
    body = read(document)
    scanned = {s.path for s in body.segments}
    skipped = tuple(skip.path for skip in body.skipped)

    for path, node in nodes(document):
        if isinstance(node, str) and node.strip() and node not in WORDS:
            spoken = node in {"system", "developer", "user", "assistant", "tool", "function"}
            assert path in scanned or spoken or path.startswith(skipped)


@given(requests)
@settings(**PATIENT)
def test_a_redacted_text_is_the_only_difference(document):
    body = read(document)
    for at in [i for i, s in enumerate(body.segments) if s.path != KEYS][:3]:
        changed = tuple(
            replace(s, text="[X]") if i == at else s for i, s in enumerate(body.segments)
        )

        after = dict(nodes(json.loads(body.write(changed))))

        differing = {p for p, node in nodes(document) if isinstance(node, str) and node != after[p]}
        assert differing <= {body.segments[at].path}


@given(requests, st.data())
@settings(**PATIENT)
def test_hostile_json_is_refused_and_nothing_worse(document, data):
    raw = encode(document)
    at = data.draw(st.integers(0, len(raw)))
    raw = raw[:at] + data.draw(
        st.sampled_from([b"", b"{", b'"', b"\xff", b"\\ud800", b",", b"NaN"])
    )

    assert only_refused(lambda: read_request(raw, "application/json", ROOMY, trust_system=False))
    assert only_refused(lambda: read_response(raw, "application/json", ROOMY))


@given(requests, st.booleans())
@settings(**PATIENT)
def test_nobody_becomes_the_system_who_may_not(document, trust):
    systems = [s for s in read(document, trust_system=trust).segments if s.source == "system"]

    assert trust or not systems
    assert all(
        s.path.startswith(("/system", "/instructions", "/messages/", "/input/")) for s in systems
    )
