"""How many tokens an answer says that it cost, whole or streamed.

Only what the upstream states is counted; an answer that states nothing is counted as unmetered.
"""

import json
import re
from typing import Any

from msgspec import Struct

# An empty line, in any of the three line ends of the format.
_END = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LONGEST = 262_144  # bytes of an event that is still looked into


class Usage(Struct, frozen=True):
    """Tokens of one exchange, and the model that answered; None when the upstream did not say."""

    input: int | None = None
    output: int | None = None
    model: str = ""

    def merged(self, later: "Usage") -> "Usage":
        """This with what a later event says instead."""
        return Usage(
            self.input if later.input is None else later.input,
            self.output if later.output is None else later.output,
            self.model or later.model,
        )

    @property
    def known(self) -> bool:
        """Whether the upstream stated tokens at all."""
        return self.input is not None or self.output is not None


def of_document(document: Any) -> Usage:
    """What a JSON document states: an answer, or an event of a stream."""
    if not isinstance(document, dict):
        return Usage()
    inner = document.get("response") or document.get("message")
    holder = inner if isinstance(inner, dict) else document
    said = document.get("usage") or holder.get("usage")
    model = holder.get("model")
    counts = said if isinstance(said, dict) else {}
    return Usage(
        _input(counts),
        _count(counts, "output_tokens", "completion_tokens"),
        model if isinstance(model, str) else "",
    )


class Meter:
    """Reads the usage of an event stream as it passes. Bytes go in in any slicing.

    Args:
        asked_here: the gateway asked for the usage event, the caller did not: it is taken out.
    """

    def __init__(self, *, asked_here: bool) -> None:
        self._asked_here = asked_here
        self._held = bytearray()
        self.usage = Usage()
        self.events = 0

    def feed(self, chunk: bytes) -> bytes:
        """The bytes to pass on now: whole events, or what there is of one too long to look into."""
        searched = max(0, len(self._held) - 3)
        self._held += chunk
        ready, begins = bytearray(), 0
        while found := _END.search(self._held, max(searched, begins)):
            event = bytes(self._held[begins : found.end()])
            begins = found.end()
            self.events += 1
            ready += event if self._keeps(event) else b""
        del self._held[:begins]
        if len(self._held) > _LONGEST:
            ready += self._held
            self._held.clear()
        return bytes(ready)

    def end(self) -> bytes:
        """What is left when the stream has ended."""
        rest = bytes(self._held)
        self._held.clear()
        return rest if not rest or self._keeps(rest) else b""

    def _keeps(self, event: bytes) -> bool:
        # Most events are pieces of text, which need no second parsing.
        if b'"usage"' not in event and (self.usage.model or b'"model"' not in event):
            return True
        document = _document(event)
        self.usage = self.usage.merged(of_document(document))
        return not (self._asked_here and _is_usage_alone(document))


def _is_usage_alone(document: Any) -> bool:
    """The extra last chunk of a chat stream."""
    return (
        isinstance(document, dict)
        and document.get("choices") == []
        and isinstance(document.get("usage"), dict)
    )


def _document(event: bytes) -> Any:
    lines = [line[5:].strip() for line in event.splitlines() if line.startswith(b"data:")]
    try:
        return json.loads(b"\n".join(lines))
    except (ValueError, RecursionError):
        return None


def _input(counts: dict[str, Any]) -> int | None:
    """The tokens read; Anthropic states those of the cache apart, OpenAI within."""
    plain = _count(counts, "input_tokens", "prompt_tokens")
    if plain is None:
        return None
    cached = ("cache_creation_input_tokens", "cache_read_input_tokens")
    return plain + sum(_count(counts, name) or 0 for name in cached)


def _count(counts: dict[str, Any], *names: str) -> int | None:
    for name in names:
        found = counts.get(name)
        if isinstance(found, int) and not isinstance(found, bool) and 0 <= found < 10**9:
            return found
    return None
