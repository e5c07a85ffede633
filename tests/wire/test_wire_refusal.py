import json

import pytest

from shield.types import (
    Checkpoint,
    Coverage,
    Decision,
    Finding,
    Outcome,
    Severity,
    Verdict,
)
from shield.wire.refusal import annotations, refused, unreadable


def outcome(checkpoint=Checkpoint.INPUT):
    rules = ("override/ignore-previous", "secrets/github-token", "override/ignore-previous")
    findings = tuple(Finding(r, "s", Severity.ERROR, 1.0, "m") for r in rules)
    return Outcome(
        Verdict(
            id="v1",
            checkpoint=checkpoint,
            decision=Decision.BLOCK,
            enforced=True,
            score=5,
            findings=findings,
            shadow=(),
            edits=(),
            coverage=Coverage(),
            policy="p",
            elapsed_ms=1.0,
        )
    )


def test_a_block_looks_like_the_content_filter_of_openai():
    answer = refused(outcome())

    error = json.loads(answer.body)["error"]
    assert answer.status == 400
    assert (error["type"], error["code"], error["param"]) == (
        "invalid_request_error",
        "content_filter",
        None,
    )


@pytest.mark.parametrize("answer", [refused(outcome()), unreadable(400, "not_json", "not JSON")])
def test_an_error_is_one_for_anthropics_clients_too(answer):
    body = json.loads(answer.body)

    assert body["type"] == "error"
    assert body["error"]["type"] == "invalid_request_error"


def test_an_annotation_names_the_verdict_and_what_was_decided():
    assert dict(annotations(outcome())) == {
        b"x-shield-verdict": b"v1",
        b"x-shield-decision": b"block",
    }


@pytest.mark.parametrize("answer", [refused(outcome()), unreadable(413, "too_large", "too large")])
def test_clients_are_told_not_to_try_again_and_caches_not_to_keep_it(answer):
    headers = dict(answer.headers)

    assert headers[b"x-should-retry"] == b"false"
    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"content-type"] == b"application/json"
    assert headers[b"content-length"] == str(len(answer.body)).encode()


def test_the_verdict_can_be_found_by_its_id():
    answer = refused(outcome())

    assert json.loads(answer.body)["error"]["verdict"] == "v1"
    assert dict(answer.headers)[b"x-shield-verdict"] == b"v1"


def test_no_rule_is_named_by_default():
    answer = refused(outcome())

    assert b"override" not in answer.body
    assert "rules" not in json.loads(answer.body)["error"]


def test_rules_are_named_once_each_when_asked_for():
    answer = refused(outcome(), show_rules=True)

    assert json.loads(answer.body)["error"]["rules"] == [
        "override/ignore-previous",
        "secrets/github-token",
    ]


@pytest.mark.parametrize(
    ("checkpoint", "word"),
    [
        (Checkpoint.INPUT, "request"),
        (Checkpoint.ACTION, "tool call"),
        (Checkpoint.OUTPUT, "response"),
    ],
)
def test_the_message_says_what_was_refused(checkpoint, word):
    assert word in json.loads(refused(outcome(checkpoint)).body)["error"]["message"]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "invalid_request_error"), (413, "invalid_request_error"), (502, "server_error")],
)
def test_what_cannot_be_read_says_whose_fault_it_is(status, kind):
    answer = unreadable(status, "code", "message")

    error = json.loads(answer.body)["error"]
    assert (answer.status, error["type"], error["code"]) == (status, kind, "code")
