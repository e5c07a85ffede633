import json

import pytest

from shield.guard import Guard
from shield.hosts.mount import Mount, named
from shield.types import Caller, SkipReason
from tests.streams import secret_policy


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


@pytest.fixture(scope="module")
def blocked(guard):
    gate = guard.exchange().stream()
    gate.refuse(SkipReason.UNDECODABLE)
    return gate.outcome


@pytest.mark.parametrize(
    ("path", "exempt"),
    [
        ("/health", True),
        ("/health/", False),
        ("/healthz", False),
        ("/public/", True),
        ("/public/a", True),
        ("/public", False),
        ("/public/a..b/.c/...", True),
        ("/public/../chat", False),
        ("/public/a/..", False),
        ("/public/./../chat", False),
        ("/public//../chat", False),
        ("/public/..;/chat", False),
        ("/public/..\\chat", False),
        ("/public/%2e%2E/chat", False),
        ("/public/a%2f..%2fchat", False),
        ("", False),
    ],
)
def test_paths_are_exempt_by_name_or_by_prefix(guard, path, exempt):
    assert Mount(guard, exempt=["/health", "/public/*"]).exempts(path) is exempt
    assert not Mount(guard).exempts(path)


def test_the_caller_is_whom_the_application_names(guard):
    mount = Mount(guard, identify=lambda scope: Caller(principal=scope["who"]))

    assert mount.caller({"who": "ann"}).principal == "ann"


def test_a_refusal_is_an_error_or_an_answer(guard, blocked):
    asked = {"messages": [{"role": "user", "content": "hi"}]}

    error = Mount(guard).refusal(blocked, asked)
    answer = Mount(guard, refusals="refusal").refusal(blocked, asked)

    assert (error.status, json.loads(error.body)["error"]["code"]) == (400, "content_filter")
    assert answer.status == 200
    assert json.loads(answer.body)["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize("asked", [None, [], "x", {"question": "x"}])
def test_what_has_no_dialect_is_refused_with_an_error(guard, blocked, asked):
    assert Mount(guard, refusals="refusal").refusal(blocked, asked).status == 400


def test_rules_are_named_where_the_application_wants_that(guard, blocked):
    shown = json.loads(Mount(guard, show_rules=True).refusal(blocked, None).body)

    assert shown["error"]["rules"] == []
    assert "rules" not in json.loads(Mount(guard).refusal(blocked, None).body)["error"]


def test_all_headers_of_a_name_are_found():
    headers = [(b"A", b"1"), (b"b", b"2"), (b"a", b"\xe9")]

    assert named(headers, b"a") == ["1", "é"]
    assert named(headers, b"c") == []


def test_limits_are_those_of_the_policy_in_force(guard):
    mount = Mount(guard)

    assert mount.limits is guard.policy.document.limits
    assert (mount.shape.depth, mount.shape.nodes) == (mount.limits.depth, mount.limits.nodes)
