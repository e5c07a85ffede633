"""OpenAI Chat Completions and any other JSON ↔ segments and tool calls.

The raw document is kept and edited by JSON Pointer, so that unknown fields survive. Every
string leaf becomes a segment: those in known places with the source of their place, all
others as untrusted documents. Keys are scanned together as one segment.
"""

import json
from collections.abc import Container, Iterator, Mapping

from msgspec import Struct

from shield.label import label, segment
from shield.types import Argument, Segment, Skip, SkipReason, Source, ToolCall
from shield.wire.media import holds_medium, is_medium_url
from shield.wire.strict import Json, Leaf, edited, leaves, nodes
from shield.wire.vocabulary import KNOWN_KEYS, WORDS

KEYS = "#keys"
ROLES = {
    "system": Source.SYSTEM,
    "developer": Source.SYSTEM,
    "user": Source.USER,
    "assistant": Source.ASSISTANT,
    "tool": Source.TOOL,
    "function": Source.TOOL,
}
_MEDIA = frozenset(
    {"image_url", "input_audio", "file", "image", "audio", "input_image", "input_file"}
    | {"video_url", "audio_url", "video", "input_video"}
)
_TRUSTED_WORDS = WORDS | frozenset(ROLES)


class Reading(Struct, frozen=True):
    """What a document holds: its segments, its tool calls, and what could not be read. `changed` says
    that something was left out of `document`, unread.
    """

    document: Json
    segments: tuple[Segment, ...]
    calls: tuple[ToolCall, ...] = ()
    skipped: tuple[Skip, ...] = ()
    changed: bool = False


def read_request(document: Json, *, trust_system: bool) -> Reading:
    """A request body. `trust_system` False reads system messages as written by the caller:
    a client that may send any message may call itself the system.
    """
    if not is_chat(document):
        return generic(document, Source.USER)
    assert isinstance(document, dict)  # noqa: S101 — narrows the type that is_chat has checked
    segments: list[Segment] = []
    skipped: list[Skip] = []
    messages = document["messages"]
    assert isinstance(messages, list)  # noqa: S101 — likewise
    called = _names(messages)
    for turn, message in enumerate(messages):
        source = _source(message, trust_system=trust_system)
        name, of = _name(message, called)
        for part in _parts(message, f"/messages/{turn}"):
            if isinstance(part, Skip):
                skipped.append(part)
            else:
                known = part.path.startswith(f"/messages/{turn}/content")
                origin = source if known else Source.DOCUMENT
                segments.append(Segment(part.text, label(origin, name, of), part.path, turn))
    last = len(messages) - 1
    rest = {k: v for k, v in document.items() if k != "messages"}
    segments += [stray(leaf, last) for leaf in leaves(rest) if says_something(leaf)]
    segments += unknown_keys(document, last)
    return Reading(document, tuple(segments), (), tuple(skipped))


def read_response(document: Json) -> Reading:
    """A response body: its texts, and the tool calls that it proposes."""
    reading = generic(document, Source.ASSISTANT)
    return Reading(document, reading.segments, tuple(_calls(document)), reading.skipped)


def written(document: Json, before: tuple[Segment, ...], after: tuple[Segment, ...]) -> Json:
    """The document with the text of each changed segment put back in its place.

    Raises:
        KeyError: a change lies where it cannot be written, such as in a key.
    """
    changes: dict[str, Json] = {}
    for old, new in zip(before, after, strict=True):
        if old.text != new.text:
            if old.path == KEYS:
                raise KeyError(old.path)
            changes[old.path] = new.text
    return edited(document, changes) if changes else document


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


def generic(document: Json, source: Source) -> Reading:
    """Any JSON: each of its texts is the source's."""
    found = [segment(leaf.text, source, path=leaf.path) for leaf in leaves(document)]
    return Reading(document, (*found, *unknown_keys(document, 0)))


def _source(message: Json, *, trust_system: bool) -> Source:
    role = message.get("role") if isinstance(message, dict) else None
    source = ROLES.get(role, Source.DOCUMENT) if isinstance(role, str) else Source.DOCUMENT
    return Source.USER if source is Source.SYSTEM and not trust_system else source


def _name(message: Json, called: Mapping[str, str]) -> tuple[str, str]:
    """Who speaks, and the id of the call that is answered. A result is named after its call, whatever name
    it bears itself.
    """
    if not isinstance(message, dict):
        return "", ""
    name, of = message.get("name"), message.get("tool_call_id")
    shown = name if isinstance(name, str) else ""
    return (called.get(of, shown), of) if isinstance(of, str) else (shown, "")


def _names(messages: list[Json]) -> dict[str, str]:
    """The names of the tools that were called, by the ids of the calls."""
    found: dict[str, str] = {}
    for message in messages:
        calls = message.get("tool_calls") if isinstance(message, dict) else None
        for item in calls if isinstance(calls, list) else ():
            if isinstance(item, dict) and isinstance(of := item.get("id"), str):
                function = item.get("function")
                name = function.get("name") if isinstance(function, dict) else None
                found |= {of: name} if isinstance(name, str) else {}
    return found


def _parts(message: Json, path: str) -> Iterator[Leaf | Skip]:
    """The strings of a message; media parts are skipped by name, with their texts still read."""
    media: set[str] = set()
    for at, node in nodes(message, path):
        if isinstance(node, str):
            leaf = Leaf(at, node)
            if says_something(leaf) and not is_image(leaf, media):
                yield leaf
        elif isinstance(node, dict) and str(node.get("type")) in _MEDIA:
            media.add(at)
            yield Skip(at, SkipReason.MEDIA)


def says_something(leaf: Leaf) -> bool:
    """Words of the protocol itself need no scan; anything else does, wherever it stands."""
    return bool(leaf.text.strip()) and leaf.text not in _TRUSTED_WORDS


def is_image(leaf: Leaf, media: Container[str]) -> bool:
    """True for the bytes of a picture or recording inside one of the `media` parts, which the receipt
    counts. Anywhere else they are a text: the model is shown the letters.
    """
    if not (holds_medium(leaf.path) and is_medium_url(leaf.text)):
        return False
    path = leaf.path
    while path and path not in media:
        path = path.rpartition("/")[0]
    return bool(path)


def stray(leaf: Leaf, turn: int) -> Segment:
    """A text in no known place: an untrusted document."""
    return segment(leaf.text, Source.DOCUMENT, path=leaf.path, turn=turn)


def unknown_keys(document: Json, turn: int) -> list[Segment]:
    """The keys that no dialect knows, as one segment; none when there are none."""
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
    return call(str(name), parsed(raw), str(node.get("id") or ""))


def parsed(raw: Json) -> Json:
    """The arguments of a call, which come as JSON in a string; what is no JSON is one value."""
    try:
        return json.loads(raw) if isinstance(raw, str) else raw
    except (ValueError, RecursionError):
        return {"arguments": raw}
