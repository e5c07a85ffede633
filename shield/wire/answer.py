"""An answer of the policy's own in a wire dialect, in place of the model's.

To a request in a known dialect it is an answer of that dialect, whole or streamed as it was asked
for; to any other body it is a JSON object with `answer` and `verdict`.
"""

import json
from collections.abc import Callable, Mapping

from msgspec import Struct

from shield.types import Outcome
from shield.wire import block_endings, sse
from shield.wire.dialect import Dialect, dialect_of
from shield.wire.item_endings import response, said_events
from shield.wire.places import mapping, text
from shield.wire.refusal import MESSAGES, Refusal, refused
from shield.wire.strict import Json

_NO_TOKENS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


class _Said(Struct, frozen=True):
    """What is answered. `declines` says that it is a refusal, which each dialect can say."""

    verdict: str
    text: str
    asked: Mapping[str, Json]
    declines: bool

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return text(self.asked.get("model"))


def fixed(outcome: Outcome, asked: object) -> Refusal:
    """The HTTP answer with `outcome.answer`. `asked` is the parsed body, None where there is none."""
    known = dialect_of(asked)
    if known not in _WRITERS or not isinstance(asked, dict):
        body = json.dumps({"answer": outcome.answer, "verdict": outcome.verdict.id}).encode()
        return _made(outcome, body, b"application/json")
    said = _Said(outcome.verdict.id, outcome.answer, asked, declines=False)
    return _written(outcome, known, said)


def declined(outcome: Outcome, asked: object) -> Refusal:
    """A block as an answer that refuses, 200, as models refuse themselves: for clients that show no
    error. A body in no known dialect gets the error.
    """
    known = dialect_of(asked)
    if known not in _WRITERS or not isinstance(asked, dict):
        return refused(outcome)
    message = MESSAGES[outcome.verdict.checkpoint]
    said = _Said(outcome.verdict.id, message, asked, declines=True)
    return _written(outcome, known, said)


def _written(outcome: Outcome, dialect: Dialect, said: _Said) -> Refusal:
    whole, streamed = _WRITERS[dialect]
    if said.asked.get("stream") is True:
        return _made(outcome, streamed(said), b"text/event-stream; charset=utf-8")
    return _made(outcome, json.dumps(whole(said)).encode(), b"application/json")


def _completion(said: _Said) -> dict[str, Json]:
    message: Json = {"role": "assistant", **_content(said), "refusal": None} | _refusal(said)
    choice: Json = {
        "index": 0,
        "message": message,
        "finish_reason": _reason(said),
        "logprobs": None,
    }
    usage: Json = {**_NO_TOKENS}
    return {**_chat(said, "chat.completion"), "choices": [choice], "usage": usage}


def _chunks(said: _Said) -> bytes:
    told: dict[str, Json] = {"role": "assistant", **_content(said), **_refusal(said)}
    events: list[dict[str, Json]] = [
        {"choices": [{"index": 0, "delta": told, "finish_reason": None}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": _reason(said)}]},
    ]
    if mapping(said.asked.get("stream_options")).get("include_usage") is True:
        events.append({"choices": [], "usage": {**_NO_TOKENS}})
    head = _chat(said, "chat.completion.chunk")
    written = [sse.written(json.dumps({**head, **event})) for event in events]
    return b"".join([*written, sse.written("[DONE]")])


def _chat(said: _Said, kind: str) -> dict[str, Json]:
    return {"id": f"chatcmpl-{said.verdict}", "object": kind, "created": 0, "model": said.model}


def _content(said: _Said) -> dict[str, Json]:
    return {"content": None if said.declines else said.text}


def _refusal(said: _Said) -> dict[str, Json]:
    return {"refusal": said.text} if said.declines else {}


def _reason(said: _Said) -> str:
    return "content_filter" if said.declines else "stop"


def _message(said: _Said) -> dict[str, Json]:
    details: Json = {**block_endings.REFUSED, "explanation": said.text} if said.declines else None
    return {
        **block_endings.message(said.verdict, said.model),
        "content": [{"type": "text", "text": said.text}],
        "stop_reason": _stop(said),
        "stop_details": details,
    }


def _blocks(said: _Said) -> bytes:
    block: Json = {"type": "text", "text": ""}
    delta: Json = {"type": "text_delta", "text": said.text}
    events: list[dict[str, Json]] = [
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
    ]
    shown = b"".join(map(block_endings.event, events))
    end = block_endings.stop(said.verdict, reason=_stop(said), explanation=said.text)
    return block_endings.start(said.verdict, said.model) + shown + end


def _stop(said: _Said) -> str:
    return "refusal" if said.declines else "end_turn"


def _response(said: _Said) -> dict[str, Json]:
    field = "refusal" if said.declines else "text"
    more: dict[str, Json] = {} if said.declines else {"annotations": []}
    kind = "refusal" if said.declines else "output_text"
    item: Json = {
        "id": f"msg_{said.verdict}",
        "type": "message",
        "role": "assistant",
        "status": "completed",
        "content": [{"type": kind, field: said.text, **more}],
    }
    why: Json = {"reason": "content_filter"} if said.declines else None
    status = "incomplete" if said.declines else "completed"
    begun = response(said.verdict, said.model)
    return {**begun, "status": status, "incomplete_details": why, "output": [item]}


def _items(said: _Said) -> bytes:
    return said_events(_response(said))


_WRITERS: Mapping[Dialect, tuple[Callable[[_Said], dict[str, Json]], Callable[[_Said], bytes]]] = {
    Dialect.CHAT: (_completion, _chunks),
    Dialect.MESSAGES: (_message, _blocks),
    Dialect.RESPONSES: (_response, _items),
}


def _made(outcome: Outcome, body: bytes, kind: bytes) -> Refusal:
    headers = (
        (b"content-type", kind),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-shield-verdict", outcome.verdict.id.encode()),
    )
    return Refusal(200, headers, body)
