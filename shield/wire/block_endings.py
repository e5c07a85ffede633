"""How a streamed message of Anthropic's ends when it does not end by itself."""

import json
from collections.abc import Mapping

from shield.types import Outcome
from shield.wire import sse
from shield.wire.strict import Json

NO_TOKENS = {"input_tokens": 0, "output_tokens": 0}
REFUSED = {
    "type": "refusal",
    "category": None,
    "explanation": "The response was refused by the content policy.",
}
_BROKEN = {"type": "api_error", "message": "The model's answer ended before it was complete."}


def event(document: Mapping[str, Json]) -> bytes:
    """The bytes of an event, named after its type."""
    return sse.written(json.dumps(document), name=str(document["type"]))


def message(identity: str, model: str) -> dict[str, Json]:
    """A message that has nothing in it yet."""
    return {
        "id": f"msg_{identity}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**NO_TOKENS},
    }


def start(identity: str, model: str) -> bytes:
    """The beginning of a message."""
    return event({"type": "message_start", "message": message(identity, model)})


def stop(identity: str, *, reason: str = "refusal", explanation: str = "") -> bytes:
    """The end of a message; `identity` is the verdict's, which says where to look."""
    why = explanation or REFUSED["explanation"]
    told: dict[str, Json] = {**REFUSED, "explanation": why}
    details: Json = told if reason == "refusal" else None
    delta: Json = {"stop_reason": reason, "stop_sequence": None, "stop_details": details}
    usage: Json = {"output_tokens": 0}
    last = {"type": "message_delta", "delta": delta, "usage": usage, "verdict": identity}
    return event(last) + event({"type": "message_stop"})


class Told:
    """What the client has been told: that the message began, which blocks are open, why it stopped."""

    def __init__(self) -> None:
        self._begun = self._stopped = self._failed = False
        self._open: dict[int, bool] = {}

    def note(self, document: Mapping[str, Json]) -> None:
        """An event is being sent."""
        kind, index = document.get("type"), document.get("index")
        self._begun = self._begun or kind == "message_start"
        self._stopped = self._stopped or kind == "message_delta"
        self._failed = self._failed or kind == "error"
        if isinstance(index, int) and kind in {"content_block_start", "content_block_stop"}:
            self._open[index] = kind == "content_block_start"

    def cut(self, outcome: Outcome | None) -> bytes:
        """Each open block stops, then the message, with `refusal`."""
        identity = outcome.verdict.id if outcome else ""
        out = b"" if self._begun else start(identity, "")
        out += b"".join(
            event({"type": "content_block_stop", "index": index})
            for index, is_open in self._open.items()
            if is_open
        )
        return out + (event({"type": "message_stop"}) if self._stopped else stop(identity))

    def broken(self) -> bytes:
        """The answer ended without `message_stop`: an error event, unless it had said why it stopped."""
        if self._failed:
            return b""
        if self._stopped and not any(self._open.values()):
            return event({"type": "message_stop"})
        return event({"type": "error", "error": {**_BROKEN}})
