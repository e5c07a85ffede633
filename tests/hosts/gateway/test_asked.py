import json

import pytest

from shield.hosts.gateway import answers
from shield.hosts.gateway.answers import Problem, answer, document
from shield.hosts.gateway.asked import Asked, read, rewritten

CHAT = "/v1/chat/completions"


def body(**fields):
    return json.dumps(fields, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("fields", "streams", "wants"),
    [
        ({}, False, False),
        ({"stream": True}, True, False),
        ({"stream": None, "stream_options": None}, False, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, True, True),
        ({"stream": True, "stream_options": {"include_usage": 1}}, True, False),
    ],
)
def test_what_the_proxy_needs_is_read(fields, streams, wants):
    found = read(body(model="m", **fields), CHAT, token_ids=False)

    assert (found.model, found.streams, found.wants_usage) == ("m", streams, wants)


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'"m"', b"{}", b'{"model": 1}', b'{"model": "m", "stream": "yes"}', b"\xff"]
)
def test_what_names_no_model_is_refused(raw):
    assert read(raw, CHAT, token_ids=False) is answers.NO_DOCUMENT


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ("text", False),
        (["one", "two"], False),
        ([1, 2], True),
        ([[1], [2]], True),
        (["one", 2], True),
        (None, True),
        ({"text": "x"}, True),
    ],
)
def test_embeddings_take_text_alone(given, refused):
    raw = body(model="m", input=given)

    assert isinstance(read(raw, "/v1/embeddings", token_ids=False), Problem) is refused
    assert isinstance(read(raw, "/v1/embeddings", token_ids=True), Asked)


@pytest.mark.parametrize("field", ["input", "prompt"])
@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ("text", False),
        (["one", "two"], False),
        ([{"role": "user", "content": "x", "n": 1}], False),
        ({"id": "p", "version": 2}, False),
        ([1, 2], True),
        ([[1, 2], [3]], True),
        (["one", [2]], True),
    ],
)
def test_no_path_takes_token_numbers(field, given, refused):
    raw = body(model="m", **{field: given})

    for path in ("/v1/completions", "/v1/responses", CHAT):
        assert isinstance(read(raw, path, token_ids=False), Problem) is refused
        assert isinstance(read(raw, path, token_ids=True), Asked)


def test_a_body_that_needs_no_change_is_sent_as_it_is():
    asked = read(raw := body(model="m", x=1.10), CHAT, token_ids=False)

    assert rewritten(asked, "", ask_usage=False) is raw
    assert rewritten(asked, "m", ask_usage=False) is raw


def test_a_body_under_another_name_keeps_all_else():
    big = 123456789012345678901234567890
    asked = read(body(model="m", seed=big, text="é😀", stream=True), CHAT, token_ids=False)

    sent = json.loads(rewritten(asked, "n", ask_usage=True))

    assert sent == {
        "model": "n",
        "seed": big,
        "text": "é😀",
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_options_that_the_caller_gave_for_its_stream_stay():
    options = {"include_obfuscation": False, "include_usage": False}
    asked = read(body(model="m", stream=True, stream_options=options), CHAT, token_ids=False)

    sent = json.loads(rewritten(asked, "", ask_usage=True))["stream_options"]

    assert sent == {"include_obfuscation": False, "include_usage": True}


@pytest.mark.parametrize("problem", [v for v in vars(answers).values() if isinstance(v, Problem)])
def test_every_problem_is_an_error_of_each_dialect(problem):
    theirs = document(problem, "/v1/messages")
    ours = document(problem, CHAT)["error"]

    assert theirs["type"] == "error"
    assert set(theirs["error"]) == {"type", "message"}
    assert set(ours) == {"message", "type", "param", "code"}
    shown = answer(problem, CHAT)
    retried = shown.headers.get("x-should-retry") != "false"
    assert retried == (
        problem.status >= 500 or (problem.status == 429 and problem is not answers.SPENT)
    )
