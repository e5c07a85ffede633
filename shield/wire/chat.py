"""OpenAI Chat Completions and any other JSON ↔ segments and tool calls.

The raw document is kept and edited by JSON Pointer, so that unknown fields survive. Every
string leaf becomes a segment: those in known places with the source of their place, all
others as untrusted documents. Keys are scanned together as one segment.
"""

import json
import re
from collections.abc import Iterator

from msgspec import Struct

from shield.label import label, segment
from shield.types import Argument, Segment, Skip, SkipReason, Source, ToolCall
from shield.wire.strict import Json, Leaf, leaves, nodes, replaced

KEYS = "#keys"
_ROLES = {
    "system": Source.SYSTEM,
    "developer": Source.SYSTEM,
    "user": Source.USER,
    "assistant": Source.ASSISTANT,
    "tool": Source.TOOL,
    "function": Source.TOOL,
}
_MEDIA = frozenset(
    {"image_url", "input_audio", "file", "image", "audio", "input_image", "input_file"}
)
_IMAGE = re.compile(r"data:(?:image|audio|video)/[\w.+-]+;base64,[A-Za-z0-9+/=]*", re.ASCII)
KNOWN_KEYS = frozenset(
    [
        "messages",
        "role",
        "content",
        "name",
        "type",
        "text",
        "model",
        "tool_calls",
        "function",
        "arguments",
        "id",
        "index",
        "tools",
        "choices",
        "message",
        "finish_reason",
        "usage",
        "created",
        "object",
        "temperature",
        "top_p",
        "max_tokens",
        "stream",
        "stop",
        "n",
        "seed",
        "user",
        "description",
        "parameters",
        "properties",
        "required",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
    ]
)
_TRUSTED_WORDS = frozenset(
    {*_ROLES, "text", "function", "object", "string", "chat.completion", "stop"}
)


class Reading(Struct, frozen=True):
    """What a document holds: its segments, its tool calls, and what could not be read."""

    document: Json
    segments: tuple[Segment, ...]
    calls: tuple[ToolCall, ...] = ()
    skipped: tuple[Skip, ...] = ()


def read_request(document: Json, *, trust_system: bool) -> Reading:
    """A request body. `trust_system` False reads system messages as written by the caller:
    a client that may send any message may call itself the system.
    """
    if not is_chat(document):
        return _generic(document, Source.USER)
    assert isinstance(document, dict)  # noqa: S101 — narrows the type that is_chat has checked
    segments: list[Segment] = []
    skipped: list[Skip] = []
    messages = document["messages"]
    assert isinstance(messages, list)  # noqa: S101 — likewise
    for turn, message in enumerate(messages):
        source = _source(message, trust_system=trust_system)
        for part in _parts(message, f"/messages/{turn}"):
            if isinstance(part, Skip):
                skipped.append(part)
            else:
                known = part.path.startswith(f"/messages/{turn}/content")
                origin = source if known else Source.DOCUMENT
                segments.append(
                    segment(part.text, origin, _name(message), path=part.path, turn=turn)
                )
    last = len(messages) - 1
    rest = {k: v for k, v in document.items() if k != "messages"}
    segments += [_document(leaf, last) for leaf in leaves(rest) if _says_something(leaf)]
    segments += _keys(document, last)
    return Reading(document, tuple(segments), (), tuple(skipped))


def read_response(document: Json) -> Reading:
    """A response body: its texts, and the tool calls that it proposes."""
    reading = _generic(document, Source.ASSISTANT)
    return Reading(document, reading.segments, tuple(_calls(document)), reading.skipped)


def written(document: Json, before: tuple[Segment, ...], after: tuple[Segment, ...]) -> Json:
    """The document with the text of each changed segment put back in its place.

    Raises:
        KeyError: a change lies where it cannot be written, such as in a key.
    """
    for old, new in zip(before, after, strict=True):
        if old.text != new.text:
            if old.path == KEYS:
                raise KeyError(old.path)
            document = replaced(document, old.path, new.text)
    return document


def is_chat(document: Json) -> bool:
    """True for a body with a list of messages."""
    return isinstance(document, dict) and isinstance(document.get("messages"), list)


def call(name: str, arguments: Json, identity: str = "") -> ToolCall:
    """A tool call whose arguments, proposed by a model, are labelled untrusted."""
    of = label(Source.ASSISTANT)
    found = [
        Argument(path, node, of)
        for path, node in nodes(arguments)
        if node is None or isinstance(node, str | int | float | bool)
    ]
    return ToolCall(identity, name, tuple(found))


def _generic(document: Json, source: Source) -> Reading:
    found = [segment(leaf.text, source, path=leaf.path) for leaf in leaves(document)]
    return Reading(document, (*found, *_keys(document, 0)))


def _source(message: Json, *, trust_system: bool) -> Source:
    role = message.get("role") if isinstance(message, dict) else None
    source = _ROLES.get(role, Source.DOCUMENT) if isinstance(role, str) else Source.DOCUMENT
    return Source.USER if source is Source.SYSTEM and not trust_system else source


def _name(message: Json) -> str:
    name = message.get("name") if isinstance(message, dict) else None
    return name if isinstance(name, str) else ""


def _parts(message: Json, path: str) -> Iterator[Leaf | Skip]:
    """The strings of a message; media parts are skipped by name, with their texts still read."""
    for at, node in nodes(message, path):
        if isinstance(node, str):
            leaf = Leaf(at, node)
            if _says_something(leaf):
                yield leaf
        elif isinstance(node, dict) and node.get("type") in _MEDIA:
            yield Skip(at, SkipReason.MEDIA)


def _says_something(leaf: Leaf) -> bool:
    """Words of the protocol itself need no scan, nor do images, which the media part counts;
    anything else does, wherever it stands.
    """
    is_image = leaf.text.startswith("data:") and _IMAGE.fullmatch(leaf.text) is not None
    return bool(leaf.text.strip()) and leaf.text not in _TRUSTED_WORDS and not is_image


def _document(leaf: Leaf, turn: int) -> Segment:
    return segment(leaf.text, Source.DOCUMENT, path=leaf.path, turn=turn)


def _keys(document: Json, turn: int) -> list[Segment]:
    found = dict.fromkeys(k for _, node in nodes(document) if isinstance(node, dict) for k in node)
    unknown = [k for k in found if k not in KNOWN_KEYS]
    text = "\n".join(unknown)
    return [segment(text, Source.DOCUMENT, path=KEYS, turn=turn)] if unknown else []


def _calls(document: Json) -> Iterator[ToolCall]:
    for path, node in nodes(document):
        if not isinstance(node, dict):
            continue
        if path.endswith("/function_call"):
            yield _proposed({"function": node})
        elif "/tool_calls/" in path and isinstance(node.get("function"), dict):
            yield _proposed(node)
        elif "/tool_calls/" in path and isinstance(custom := node.get("custom"), dict):
            yield call(str(custom.get("name")), {"input": custom.get("input")})


def _proposed(node: dict[str, Json]) -> ToolCall:
    function = node["function"]
    assert isinstance(function, dict)  # noqa: S101 — its callers have looked
    raw, name = function.get("arguments"), function.get("name")
    try:
        arguments: Json = json.loads(raw) if isinstance(raw, str) else raw
    except (ValueError, RecursionError):
        arguments = {"arguments": raw}
    return call(str(name), arguments, str(node.get("id") or ""))
