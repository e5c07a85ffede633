"""What the gateway itself answers, in the error shape of the caller's dialect.

Constants only: no text of the traffic, no address of an upstream, no word that an upstream said.
"""

import json

from msgspec import Struct
from starlette.responses import Response

_OPENAI = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error"}
_OPENAI |= {
    404: "invalid_request_error",
    405: "invalid_request_error",
    408: "invalid_request_error",
    413: "invalid_request_error",
}
_OPENAI |= {421: "invalid_request_error", 429: "rate_limit_error"}
_ANTHROPIC = {400: "invalid_request_error", 401: "authentication_error", 403: "permission_error"}
_ANTHROPIC |= {404: "not_found_error", 405: "invalid_request_error", 413: "request_too_large"}
_ANTHROPIC |= {408: "timeout_error"}
_ANTHROPIC |= {421: "invalid_request_error", 429: "rate_limit_error", 503: "overloaded_error"}
_ANTHROPIC |= {504: "timeout_error"}


class Problem(Struct, frozen=True):
    """Why a request is not answered by a model. `wait` is seconds until trying again makes sense."""

    status: int
    code: str
    message: str
    wait: int = 0


BUSY = Problem(503, "busy", "too many requests are under way", 1)
CROWDED = Problem(429, "rate_limited", "this caller asks too often")
SPENT = Problem(429, "budget_exceeded", "the budget of this tenant is spent for today")
NO_PATH = Problem(404, "unknown_path", "this path is not served")
NO_MODEL = Problem(404, "model_not_found", "no upstream serves this model")
NO_UPSTREAM = Problem(400, "unknown_upstream", "there is no such upstream to choose")
NO_DOCUMENT = Problem(400, "not_json", "send a JSON object that names a model")
BACKGROUND = Problem(400, "unsupported", "background responses cannot be screened")
TOKEN_IDS = Problem(400, "token_ids", "input of token numbers cannot be screened; send text")
RESTING = Problem(503, "upstream_unavailable", "no upstream is in service for this model", 5)
DOWN = Problem(502, "upstream_unreachable", "the upstream cannot be reached")
SLOW = Problem(504, "upstream_timeout", "the upstream did not answer in time")
BROKEN = Problem(502, "upstream_broke_off", "the upstream broke off its answer")
LOCKED = Problem(502, "upstream_credentials", "the upstream refused the gateway's credentials")
STRANGE = Problem(502, "upstream_invalid", "the upstream's answer is not of its dialect")
HUGE = Problem(502, "upstream_too_large", "the upstream's answer is too large to be judged")
FAULT = Problem(502, "upstream_error", "the upstream failed")
FULL = Problem(503, "upstream_overloaded", "the upstream is overloaded", 1)
STINGY = Problem(429, "upstream_rate_limited", "the upstream limits the gateway", 1)
LATE = Problem(408, "request_timeout", "the request was not sent in time")
FAILED = Problem(500, "internal_error", "the request could not be handled")


def answer(problem: Problem, path: str) -> Response:
    """The problem as an HTTP response to a request for `path`."""
    headers = {"cache-control": "no-store"}
    if problem.wait:
        headers["retry-after"] = str(problem.wait)
    if (problem.status < 500 and problem.status != 429) or problem is SPENT:
        headers["x-should-retry"] = "false"
    body = json.dumps(document(problem, path)).encode()
    return Response(body, problem.status, headers, "application/json")


def event(problem: Problem, path: str) -> bytes:
    """The problem as the last event of a stream that has begun."""
    line = json.dumps(document(problem, path))
    if is_anthropic(path):
        return f"event: error\ndata: {line}\n\n".encode()
    if path.endswith("/responses"):
        return f"event: error\ndata: {json.dumps(_flat(problem))}\n\n".encode()
    return f"data: {line}\n\n".encode()


def document(problem: Problem, path: str) -> dict[str, object]:
    """The problem as a JSON document in the dialect of `path`."""
    if is_anthropic(path):
        kind = _ANTHROPIC.get(problem.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": problem.message}}
    kind = _OPENAI.get(problem.status, "server_error")
    error = {"message": problem.message, "type": kind, "param": None, "code": problem.code}
    return {"error": error}


def is_anthropic(path: str) -> bool:
    """True for the paths of Anthropic's dialect."""
    return path == "/v1/messages" or path.startswith("/v1/messages/")


def _flat(problem: Problem) -> dict[str, object]:
    return {"type": "error", "code": problem.code, "message": problem.message, "param": None}
