"""Anthropic Messages ↔ segments and tool calls.

The raw document is kept and edited by JSON Pointer, as in `shield.wire.chat`. Blocks have the label of
their position: a tool result is the tool's, whatever role brings it, and a document nobody's.
What a tool call says in a request is an untrusted document too, as there.

References: Anthropic's API reference, "Messages"; anthropic-sdk-python `types/`.
"""

from collections.abc import Iterator, Mapping

from shield.label import label
from shield.types import Label, Source, ToolCall
from shield.wire.chat import Reading, call, unknown_keys
from shield.wire.places import Places, items, mapping, objects, role_of, text
from shield.wire.strict import Json

_MEDIA = frozenset({"image", "container_upload"})
_UNSEEN = frozenset({"base64", "url", "file"})  # sources whose content is not in the document
_PROVIDERS = frozenset({"server_tool_use", "mcp_tool_use"})
_QUIET = frozenset({"tool_use", "redacted_thinking", *_PROVIDERS})
_SOURCED = frozenset({"document", "search_result"})
_ONLY_HERE = frozenset(
    {"tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use", *_SOURCED}
)
# Not `top_k` or `thinking`, which servers of the other dialect of messages take as well.
_FIELDS = frozenset({"system", "anthropic_version", "stop_sequences", "mcp_servers"})


def is_messages(document: Json) -> bool:
    """True for a request that only this dialect has: by a field of it, the form of a tool, or the kind
    of a block. One that could as well be a chat is taken for a chat; both are read alike.
    """
    if not isinstance(document, dict) or not isinstance(document.get("messages"), list):
        return False
    if not _FIELDS.isdisjoint(document) or "budget_tokens" in mapping(document.get("thinking")):
        return True
    if any("input_schema" in tool for _, tool in items(document.get("tools"), "")):
        return True
    return any(
        text(block.get("type")) in _ONLY_HERE
        for _, message in items(document["messages"], "")
        for _, block in items(message.get("content"), "")
    )


def read_request(document: dict[str, Json], *, trust_system: bool) -> Reading:
    """A request body that `is_messages`. `trust_system` False reads the system's words as written
    by the caller.
    """
    places = Places()
    messages = document["messages"]
    called = dict(_names(messages))
    system = Source.SYSTEM if trust_system else Source.USER
    _texts(document.get("system"), "/system", label(system), places)
    segments = [*places.segments(document.get("system"), "/system", 0)]
    listed = messages if isinstance(messages, list) else []
    for turn, message in enumerate(listed):
        path = f"/messages/{turn}"
        of = label(role_of(mapping(message), trust_system=trust_system))
        _content(mapping(message).get("content"), f"{path}/content", of, called, places)
        segments += places.segments(message, path, turn)
    last = max(0, len(listed) - 1)
    rest: Json = {k: v for k, v in document.items() if k not in {"messages", "system"}}
    segments += places.segments(rest, "", last)
    segments += unknown_keys(document, last)
    return Reading(document, tuple(segments), (), tuple(places.skipped))


def proposed(document: Json) -> Iterator[ToolCall]:
    """The tool calls that an answer proposes to its client, wherever in a document it stands. What the
    provider's own tools have been asked has been done already, and is judged as a part of the answer.
    """
    for _, node in objects(document):
        if asks_client(text(node.get("type"))) and isinstance(name := node.get("name"), str):
            yield call(name, node.get("input"), text(node.get("id")))


def asks_client(kind: str) -> bool:
    """True for a kind of block that asks the client to run a tool; kinds to come are taken to do so."""
    return kind.endswith("tool_use") and kind not in _PROVIDERS


def _content(
    content: Json, path: str, of: Label, called: Mapping[str, str], places: Places
) -> None:
    if isinstance(content, str):
        places.put(path, of)
    for at, block in items(content, path):
        _block(block, at, of, called, places)


def _block(
    block: dict[str, Json], at: str, of: Label, called: Mapping[str, str], places: Places
) -> None:
    kind = text(block.get("type"))
    if kind in {"text", "thinking"}:
        places.put(f"{at}/{kind}", of)
    elif kind.endswith("tool_result"):
        answered = text(block.get("tool_use_id"))
        tool = label(Source.TOOL, called.get(answered, ""), answered)
        places.put(f"{at}/content", tool)
        _content(block.get("content"), f"{at}/content", tool, called, places)
    elif kind in _SOURCED:
        _sourced(block, at, of, places)
    elif kind == "mid_conv_system":
        # A privileged place that whoever fills `content` can use: no more than a user's word.
        places.put(f"{at}/content", label(Source.USER))
    elif kind in _MEDIA:
        places.skip(at)
        places.silence(f"{at}/source/data", mapping(block.get("source")).get("data"))
    elif kind not in _QUIET:
        places.skip(at)


def _sourced(block: dict[str, Json], at: str, of: Label, places: Places) -> None:
    """A document, whoever hands it over; one inside a tool's result is the tool's."""
    source = mapping(block.get("source"))
    from_tool = any(o.source is Source.TOOL for o in of.origins)
    known = text(block.get("source")) or text(block.get("title"))
    places.put(at, of if from_tool else label(Source.DOCUMENT, known))
    if text(source.get("type")) in _UNSEEN:
        places.skip(at)
        places.silence(f"{at}/source/data", source.get("data"))


def _texts(content: Json, path: str, of: Label, places: Places) -> None:
    if isinstance(content, str):
        places.put(path, of)
    for at, block in items(content, path):
        if block.get("type") == "text":
            places.put(f"{at}/text", of)
        else:
            places.skip(at)


def _names(messages: Json) -> Iterator[tuple[str, str]]:
    """The ids of the calls with the names of their tools."""
    for _, message in items(messages, ""):
        for _, block in items(message.get("content"), ""):
            if text(block.get("type")).endswith("tool_use") and text(block.get("id")):
                yield text(block["id"]), text(block.get("name"))
