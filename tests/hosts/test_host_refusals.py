"""How a block is told: as an error, as an answer that declines, or in headers of what passes."""

import json

import pytest

from shield.guard import Guard
from tests.hosts.driven import answering, drive
from tests.streams import SECRET, secret_policy

JSON = "application/json"
ASKED = {
    "chat": {"model": "m-1", "messages": [{"role": "user", "content": "hi"}]},
    "messages": {"model": "m-1", "system": "x", "messages": [{"role": "user", "content": "hi"}]},
    "responses": {"model": "m-1", "input": "hi"},
}


@pytest.fixture(scope="module")
def blocking():
    made = Guard(secret_policy(on_incomplete={}))
    yield made
    made.close()


@pytest.fixture(scope="module")
def observing():
    made = Guard(secret_policy(mode="observe"))
    yield made
    made.close()


def answered(guard, dialect, answer, **options):
    body = json.dumps(ASKED[dialect]).encode()
    app = answering([json.dumps(answer).encode()], JSON)
    heard = drive(app, guard, body=body, **options)
    return heard, json.loads(heard.body)


# A key cannot be redacted, so that the answer is refused.
BAD = {SECRET: "x"}


@pytest.mark.parametrize("dialect", ASKED)
@pytest.mark.parametrize("refusals", ["error", "annotate"])
def test_a_block_is_an_error(blocking, dialect, refusals):
    heard, body = answered(blocking, dialect, BAD, refusals=refusals)

    assert (heard.status, body["error"]["code"]) == (400, "content_filter")


@pytest.mark.parametrize(
    ("dialect", "reason"),
    [
        ("chat", lambda b: b["choices"][0]["finish_reason"]),
        ("messages", lambda b: b["stop_reason"]),
        ("responses", lambda b: b["incomplete_details"]["reason"]),
    ],
)
def test_a_block_is_an_answer_that_declines_in_the_dialect_of_the_question(
    blocking, dialect, reason
):
    heard, body = answered(blocking, dialect, BAD, refusals="refusal")

    assert heard.status == 200
    assert reason(body) in {"content_filter", "refusal"}
    assert "The response was refused by the content policy." in heard.body.decode()
    assert SECRET not in heard.body.decode()


def test_a_note_says_what_was_decided_of_an_answer_that_passes(observing, blocking):
    heard, body = answered(observing, "chat", {"text": SECRET}, refusals="annotate")
    assert body == {"text": SECRET}
    assert heard.headers["x-shield-decision"] == "redact"
    assert heard.headers["x-shield-verdict"]

    heard, body = answered(blocking, "chat", {"text": f"{SECRET} "}, refusals="annotate")
    assert body == {"text": "[REDACTED:github-token] "}
    assert heard.headers["content-length"] == str(len(heard.body))
    assert heard.headers["x-shield-decision"] == "redact"


def test_nothing_is_noted_where_nobody_asked(blocking):
    heard, _ = answered(blocking, "chat", {"text": "fine"})

    assert "x-shield-decision" not in heard.headers


def test_the_instructions_that_an_answer_repeats_do_not_leave(blocking):
    answer = {"object": "response", "output": [], "instructions": "be brief"}

    heard, body = answered(blocking, "responses", answer)

    assert body == {**answer, "instructions": None}
    assert heard.headers["content-length"] == str(len(heard.body))
