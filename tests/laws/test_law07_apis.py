"""Law 7 for the APIs: whatever JSON or bytes come, the answer is the client's error or a verdict."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from shield.guard import Guard
from shield.hosts import compat, scan_api
from shield.hosts.judging import Judging
from shield.wire import scan
from shield.wire.compat import lakera, litellm

PATHS = (
    "/v1/scan/input",
    "/v1/scan/action",
    "/v1/scan/output",
    "/beta/litellm_basic_guardrail_api",
    "/analyze/prompt",
    "/scan/output",
    "/v2/guard",
    "/v1/moderations",
    "/envoy/ext_authz/v1/chat/completions",
)
HUGE = 10**40
KEYS = sorted(
    {
        *scan._NAMES,
        *litellm.Body.__struct_fields__,
        *lakera.Body.__struct_fields__,
        *("prompt", "output", "input", "role", "content", "type", "function", "parameters", ""),
    }
)
LEAF = (
    st.none()
    | st.booleans()
    | st.sampled_from([0, -1, HUGE, -HUGE, 1.5, 1e300, -0.0])
    | st.sampled_from([*KEYS, "user", "assistant", "tool", "system", "request", "response", "\0"])
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
)
JSON = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=15,
)
# The skeleton of what each API takes, so that generated values reach beyond the schema.
BODY = st.fixed_dictionaries(
    {},
    optional={
        "text": st.text(max_size=5) | JSON,
        "call": st.fixed_dictionaries({"name": st.text(max_size=3), "arguments": JSON}),
        "messages": st.lists(
            st.fixed_dictionaries({"role": LEAF, "content": JSON}, optional={"tool_calls": JSON}),
            max_size=3,
        ),
        "tools": st.lists(st.fixed_dictionaries({"function": JSON}), max_size=2),
        "input_type": st.sampled_from(["request", "response"]),
        "texts": st.lists(st.text(max_size=3), max_size=3),
        "tool_calls": st.lists(JSON, max_size=2),
        "prompt": st.text(max_size=3),
        "output": st.text(max_size=3),
        "input": st.text(max_size=3) | st.lists(st.text(max_size=3), min_size=1, max_size=2),
        "metadata": JSON,
        "items": st.lists(st.fixed_dictionaries({"text": JSON}), max_size=2),
    },
)


@pytest.fixture(scope="module")
def client(policy):
    document = policy.document
    kept = {name: document.scanners[name] for name in ("injection_patterns", "tool_flow")}
    guard = Guard(policy.with_document(document.model_copy(update={"scanners": kept})))
    judging = Judging(guard)
    endpoints = [
        *scan_api.routes(guard, judging=judging),
        *compat.routes(guard, judging=judging),
    ]
    with TestClient(Starlette(routes=endpoints), raise_server_exceptions=False) as made:
        yield made
    guard.close()


def post(client, path, raw):
    return client.post(path, content=raw, headers={"content-type": "application/json"})


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(body=BODY | JSON)
def test_no_json_is_the_servers_error(client, body):
    raw = json.dumps(body).encode()

    for path in PATHS:
        assert post(client, path, raw).status_code in {200, 400, 422}, path


@settings(max_examples=15, deadline=None)
@given(raw=st.binary(max_size=60) | st.text(max_size=20).map(lambda t: f'{{"text":"{t}"'.encode("utf-8", "replace")))  # fmt: skip
def test_no_bytes_are_the_servers_error(client, raw):
    for path in PATHS:
        assert post(client, path, raw).status_code in {200, 400, 422}, path


@pytest.mark.parametrize(
    "body",
    [
        {"text": "a", "tools": [{"function": {"name": "f", "parameters": {"x": HUGE}}}]},
        {"messages": [{"role": "user", "content": "a", "x": HUGE}]},
        {"call": {"name": "f", "arguments": {"amount": HUGE}}},
        {"call": {"name": "f", "arguments": {"amount": -1e300}}},
    ],
)
def test_numbers_that_few_readers_can_hold_are_judged(client, body):
    what = "action" if "call" in body else "input"

    answer = post(client, f"/v1/scan/{what}", json.dumps(body).encode())

    assert answer.status_code == 200
    if "messages" in body:
        assert answer.json()["messages"] == body["messages"]
