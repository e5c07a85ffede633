"""A block in a wire dialect: the one home of error responses.

Clients are told that the content was refused and the verdict's id, never the rule, the score
or any text. `x-should-retry: false` keeps the official clients from trying again.
"""

import json

from msgspec import Struct

from shield.types import Checkpoint, Outcome

_MESSAGES = {
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
    """The answer to a blocked exchange: 400, OpenAI-shaped, code `content_filter`."""
    verdict = outcome.verdict
    error: dict[str, object] = {
        "message": _MESSAGES[verdict.checkpoint],
        "type": "invalid_request_error",
        "param": None,
        "code": "content_filter",
        "verdict": verdict.id,
    }
    if show_rules:
        error["rules"] = sorted({f.rule for f in verdict.findings})
    return _made(400, error, (b"x-shield-verdict", verdict.id.encode()))


def unreadable(status: int, code: str, message: str) -> Refusal:
    """The answer to a request that cannot be read, or cannot be judged."""
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return _made(status, {"message": message, "type": kind, "param": None, "code": code})


def _made(status: int, error: dict[str, object], *more: tuple[bytes, bytes]) -> Refusal:
    body = json.dumps({"error": error}).encode("utf-8")
    headers = (
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-should-retry", b"false"),
        (b"cache-control", b"no-store"),
    )
    return Refusal(status, (*headers, *more), body)
