"""Law 7: decode then encode keeps the meaning; unknown fields survive; hostile JSON is a 4xx."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shield.errors import WireError
from shield.wire import chat
from shield.wire.body import read_request, read_response
from shield.wire.strict import Shape, decode, encode, nodes, replaced

ROOMY = Shape(depth=64, nodes=20_000)
NARROW = Shape(depth=5, nodes=30)
# Speed is law 11; another job on the machine must not fail this one.
PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Pointers escape these; empty keys make pointers that end in a slash.
keys = st.one_of(texts, st.text("/~01#", max_size=4), st.sampled_from(["", "messages", "content"]))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
documents = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=20,
)
messages = st.dictionaries(st.sampled_from(["role", "content", "name", "x"]), documents)
chats = st.builds(
    lambda given, rest: {**rest, "messages": given},
    st.lists(st.one_of(messages, documents), max_size=4),
    st.dictionaries(keys, documents, max_size=3),
)
anything = st.one_of(documents, chats)


def same(left, right):
    """Equal in JSON, where true is not 1 and 1 is not 1.0."""
    return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)


@given(anything, st.sampled_from(ENCODINGS), st.booleans(), st.sampled_from([None, 2]))
@settings(**PATIENT)
def test_decoding_and_encoding_again_keeps_the_meaning(document, encoding, escaped, indent):
    body = json.dumps(document, ensure_ascii=escaped, indent=indent).encode(encoding)

    once = decode(body, ROOMY)

    assert same(once, document)
    assert same(decode(encode(once), ROOMY), document)
    assert encode(decode(encode(once), ROOMY)) == encode(once)


@given(anything, texts, st.data())
@settings(**PATIENT)
def test_a_replacement_changes_one_pointer_and_no_other(document, value, data):
    before = dict(nodes(document))
    leaves = [p for p, node in before.items() if not isinstance(node, dict | list)]
    if not leaves:
        return
    path = data.draw(st.sampled_from(leaves))

    after = dict(nodes(replaced(document, path, value)))

    parents = {path[:i] for i, c in enumerate(path) if c == "/"}
    assert after[path] == value
    assert after.keys() == before.keys()
    assert all(same(after[p], before[p]) for p in before if p not in {path, *parents})


@given(chats, st.booleans())
@settings(**PATIENT)
def test_no_field_is_lost_when_nothing_is_changed(document, trust):
    body = read_request(encode(document), "application/json", ROOMY, trust_system=trust)

    assert same(json.loads(body.write(body.segments)), document)


@given(chats)
@settings(**PATIENT)
def test_a_redacted_text_is_the_only_difference(document):
    body = read_request(encode(document), "application/json", ROOMY, trust_system=False)
    values = [i for i, s in enumerate(body.segments) if s.path != chat.KEYS]
    if not values:
        return
    at = values[0]
    changed = tuple(replace(s, text="[X]") if i == at else s for i, s in enumerate(body.segments))

    after = dict(nodes(json.loads(body.write(changed))))

    differing = {p for p, node in nodes(document) if isinstance(node, str) and node != after[p]}
    assert differing <= {body.segments[at].path}
    assert after[body.segments[at].path] == "[X]"


fragments = st.lists(
    st.sampled_from(
        [
            *'{}[]:,"',
            *[
                "\\",
                "\\u",
                "\\ud800",
                "\\udc00",
                "NaN",
                "-Infinity",
                "1e999",
                "-0",
                "01",
                "1.",
                ".",
            ],
            *["null", "tru", '"a"', '"messages"', '"role"', '"content"', "//", "\x00", "\x1f"],
            *["\ufeff", "\u2028", " ", "\n", "9" * 400, "[[[[[[", '{"a":' * 6, '{"a":1,"a":2}'],
        ]
    ),
    max_size=25,
).map("".join)
hostile = st.one_of(
    st.binary(max_size=60),
    fragments.map(lambda t: t.encode("utf-8", "surrogatepass")),
    st.tuples(fragments, st.sampled_from(ENCODINGS)).map(
        lambda p: p[0].encode(p[1], "surrogatepass")
    ),
    st.tuples(anything, st.integers(0, 80), st.binary(max_size=3)).map(
        lambda p: encode(p[0])[: p[1]] + p[2]
    ),
)
CONTENT_TYPES = [
    "application/json",
    "text/plain",
    "",
    "image/png",
    "application/x-www-form-urlencoded",
    "application/json; charset=utf-16",
]


def only_refused(read):
    """True when reading gives something or a refusal of the client, and nothing else."""
    try:
        read()
    except WireError as error:
        return 400 <= error.status < 500
    return True


def check_hostile(raw, content_type, shape):
    def request():
        body = read_request(raw, content_type, shape, trust_system=False)
        body.write(body.segments)

    assert only_refused(lambda: decode(raw, shape))
    assert only_refused(request)
    assert only_refused(lambda: read_response(raw, content_type, shape))


@given(hostile, st.sampled_from(CONTENT_TYPES), st.sampled_from([ROOMY, NARROW]))
@settings(max_examples=400, **PATIENT)
def test_hostile_json_is_refused_and_nothing_worse(raw, content_type, shape):
    check_hostile(raw, content_type, shape)


@pytest.mark.nightly
@given(hostile, st.sampled_from(CONTENT_TYPES), st.sampled_from([ROOMY, NARROW]))
@settings(max_examples=20_000, **PATIENT)
def test_hostile_json_is_refused_and_nothing_worse_all_night(raw, content_type, shape):
    check_hostile(raw, content_type, shape)


@given(hostile, st.sampled_from(ENCODINGS))
@settings(**PATIENT)
def test_what_is_read_is_what_an_application_would_have_read(raw, encoding):
    try:
        document = decode(raw, ROOMY)
    except WireError:
        return

    # A second byte-order mark is more than json.loads forgives; it is gone from what is sent on.
    assert same(json.loads(encode(document)), document)
    if raw.count("\ufeff".encode("utf-8")) + raw.count(b"\xff\xfe") < 2:
        assert same(json.loads(raw), document)
