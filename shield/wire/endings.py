"""How a streamed completion ends when it does not end by itself."""

import json
from collections.abc import Mapping

from shield.types import Outcome
from shield.wire import sse
from shield.wire.chunk import choices_of
from shield.wire.strict import Json

DONE = sse.written("[DONE]")
_HEAD = ("id", "object", "created", "model")
_BROKEN = {
    "message": "The model's answer ended before it was complete.",
    "type": "server_error",
    "param": None,
    "code": "upstream_ended",
}


class Told:
    """What the client has been told: the head of its chunks, and which choices are open."""

    def __init__(self) -> None:
        self._head: dict[str, Json] = {}
        self._open: dict[int, bool] = {}

    def note(self, document: Mapping[str, Json]) -> None:
        """A chunk is being sent, as `document`."""
        self._head = self._head or {k: document[k] for k in _HEAD if k in document}
        for choice in choices_of(document):
            still = self._open.get(choice.index, True)
            self._open[choice.index] = still and not choice.finished

    def aside(self, note: Mapping[str, Json]) -> bytes:
        """A chunk without a choice, with `note` under `shield`."""
        return sse.written(json.dumps({**self._headed(""), "choices": [], "shield": {**note}}))

    def _headed(self, identity: str) -> dict[str, Json]:
        bare = {"id": f"chatcmpl-{identity}", "object": "chat.completion.chunk"}
        return {**bare, "created": 0, "model": "", **self._head}

    def cut(self, outcome: Outcome | None) -> bytes:
        """Each open choice finishes with `content_filter`; the verdict's id says where to look."""
        identity = outcome.verdict.id if outcome else ""
        head = self._headed(identity)
        still = [index for index, is_open in self._open.items() if is_open]
        choices: list[Json] = [
            {"index": index, "delta": {}, "logprobs": None, "finish_reason": "content_filter"}
            for index in still or ([] if self._open else [0])
        ]
        last = json.dumps({**head, "choices": choices, "verdict": identity})
        return sse.written(last) + DONE

    def broken(self) -> bytes:
        """The answer ended without `[DONE]`: an error event, unless all choices had finished."""
        if self._open and not any(self._open.values()):
            return DONE
        return sse.written(json.dumps({"error": _BROKEN})) + DONE
