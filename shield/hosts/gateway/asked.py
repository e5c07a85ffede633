"""What the proxy has to know of a request: the model, whether it streams, and what to send instead."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shield.hosts.gateway import answers
from shield.hosts.gateway.answers import Problem
from shield.wire import strict


class Asked(Struct, frozen=True):
    """A request that has passed the shield. `body` is the canonical JSON of what was scanned."""

    model: str
    streams: bool
    body: bytes
    wants_usage: bool = False


class _Peek(Struct):
    """The few fields of a body that decide where it goes; the rest is skipped over."""

    model: str
    stream: bool | None = False
    stream_options: dict[str, Any] | None = None
    background: bool | None = False


class _Input(Struct):
    input: Any = None
    prompt: Any = None


def read(body: bytes, path: str, *, token_ids: bool) -> Asked | Problem:
    """The request in a body, or why it is not passed on."""
    try:
        seen = msgspec.json.decode(body, type=_Peek)
        if not token_ids and _numbers(body, path):
            return answers.TOKEN_IDS
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return answers.NO_DOCUMENT
    if seen.background:
        return answers.BACKGROUND
    options = seen.stream_options or {}
    return Asked(
        seen.model, bool(seen.stream), body, wants_usage=options.get("include_usage") is True
    )


def rewritten(asked: Asked, model: str, *, ask_usage: bool) -> bytes:
    """The body under another model name, asking for a stream's token counts where nobody has."""
    if model in {"", asked.model} and not ask_usage:
        return asked.body
    document = msgspec.json.decode(asked.body)
    changed = document | ({"model": model} if model else {})
    if ask_usage:
        options = changed.get("stream_options")
        given = options if isinstance(options, Mapping) else {}
        changed |= {"stream_options": {**given, "include_usage": True}}
    return strict.encode(changed)


def _numbers(body: bytes, path: str) -> bool:
    """Whether an input or a prompt holds token numbers, which no scanner can read."""
    given = msgspec.json.decode(body, type=_Input)
    if path.endswith("/embeddings"):
        items = given.input if isinstance(given.input, list) else [given.input]
        return any(not isinstance(item, str) for item in items)
    return _holds_number(given.input) or _holds_number(given.prompt)


def _holds_number(node: Any) -> bool:
    """Whether a list, or a list in it, holds a number; objects are the dialects' own."""
    return isinstance(node, list) and any(
        isinstance(item, int | float) or _holds_number(item) for item in node
    )
