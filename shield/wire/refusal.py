"""A block as an error, in a form that the clients of every dialect read.

OpenAI's and Anthropic's errors have an object `error` with a type and a message in common; here it
has the fields of both. A block in the form of an answer is `shield.wire.answer.declined`.

Clients are told that the content was refused, the verdict's id and, where a person can decide, that of
the question, never the rule, the score or any text. `x-should-retry: false` keeps the official clients from trying again.
"""

import json

from msgspec import Struct

from shield.types import Checkpoint, Outcome

MESSAGES = {
    Checkpoint.INPUT: "The request was refused by the content policy.",
    Checkpoint.ACTION: "A proposed tool call was refused by the content policy.",
    Checkpoint.OUTPUT: "The response was refused by the content policy.",
}


class Refusal(Struct, frozen=True):
    """An HTTP answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def refused(outcome: Outcome, *, show_rules: bool = False) -> Refusal:
    """The answer to a blocked exchange: 400, code `content_filter`."""
    verdict = outcome.verdict
    error: dict[str, object] = {
        "message": MESSAGES[verdict.checkpoint],
        "type": "invalid_request_error",
        "param": None,
        "code": "content_filter",
        "verdict": verdict.id,
    }
    if verdict.escalation:
        error["escalation"] = verdict.escalation
    if show_rules:
        error["rules"] = sorted({f.rule for f in verdict.findings})
    return _made(400, error, (b"x-shield-verdict", verdict.id.encode()))


def unreadable(status: int, code: str, message: str) -> Refusal:
    """The answer to a request that cannot be read, or cannot be judged."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return _made(status, {"message": message, "type": kind, "param": None, "code": code})


def annotations(outcome: Outcome) -> tuple[tuple[bytes, bytes], ...]:
    """Headers that name a verdict, for hosts that let an answer pass and only say what was decided."""
    verdict = outcome.verdict
    return (
        (b"x-shield-verdict", verdict.id.encode()),
        (b"x-shield-decision", verdict.decision.encode()),
    )


def _made(status: int, error: dict[str, object], *more: tuple[bytes, bytes]) -> Refusal:
    body = json.dumps({"type": "error", "error": error}).encode("utf-8")
    headers = (
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-should-retry", b"false"),
        (b"cache-control", b"no-store"),
    )
    return Refusal(status, (*headers, *more), body)
