"""OpenAI Responses ↔ segments and tool calls.

The raw document is kept and edited by JSON Pointer, as in `shield.wire.chat`. Items have the label of
their position: what a tool gave back is the tool's. What the request only points at (an earlier
response, a conversation, a stored prompt, an item by its id) lies with the provider: nobody here has
seen it, and the receipt says so.

References: OpenAI's API reference, "Create a model response"; openai-python `types/responses/`.
"""

from collections.abc import Iterator, Mapping

from shield.label import label
from shield.types import Label, SkipReason, Source, ToolCall
from shield.wire.chat import Reading, call, parsed, unknown_keys
from shield.wire.media import is_medium
from shield.wire.places import Places, items, mapping, objects, role_of, text
from shield.wire.strict import Json, nodes, replaced

_STATE = ("previous_response_id", "conversation", "prompt")
_SIGNS = frozenset({"model", "instructions", *_STATE})
_SPOKEN = {
    "input_text": "text",
    "output_text": "text",
    "text": "text",
    "summary_text": "text",
    "reasoning_text": "text",
    "refusal": "refusal",
}
# Where items hold what a tool gave back, in requests and in answers.
_GIVEN = ("output", "outputs", "results", "result", "tools", "error")
# Calls that the client carries out, and the field that holds what it is asked to do.
CLIENT_CALLS = {
    "function_call": "arguments",
    "custom_tool_call": "input",
    "computer_call": "action",
    "local_shell_call": "action",
    "shell_call": "action",
    "apply_patch_call": "operation",
    "mcp_approval_request": "arguments",
}


def is_responses(document: Json) -> bool:
    """True for a request with an input of this dialect. An input without any other sign of it is not."""
    if not isinstance(document, dict) or isinstance(document.get("messages"), list):
        return False
    if not isinstance(document.get("input"), str | list) and "prompt" not in document:
        return False
    return not _SIGNS.isdisjoint(document)


def read_request(document: dict[str, Json], *, trust_system: bool) -> Reading:
    """A request body that `is_responses`. `trust_system` False reads the system's words as written
    by the caller.
    """
    places = Places()
    given = document.get("input")
    listed = given if isinstance(given, list) else [given] if given is not None else []
    last = max(0, len(listed) - 1)
    places.put("/instructions", label(Source.SYSTEM if trust_system else Source.USER))
    segments = [*places.segments(document.get("instructions"), "/instructions", 0)]
    called = dict(_names(given))
    for turn, item in enumerate(listed):
        path = f"/input/{turn}" if isinstance(given, list) else "/input"
        if isinstance(item, str):
            places.put(path, label(Source.USER))
        elif isinstance(item, dict):
            _item(item, path, called, places, trust_system=trust_system)
        segments += places.segments(item, path, turn)
    if any(not isinstance(item, str | dict) for item in listed):
        places.skip("/input")  # numbers of tokens, as embeddings take them: no text to read
    for key in _STATE:
        if document.get(key) is not None:
            _stored(document[key], f"/{key}", places)
    rest: Json = {k: v for k, v in document.items() if k not in {"input", "instructions"}}
    segments += places.segments(rest, "", last)
    segments += unknown_keys(document, last)
    return Reading(document, tuple(segments), (), tuple(places.skipped))


def _stored(node: Json, path: str, places: Places) -> None:
    """What the request points at. A prompt that is no object is one of the older completions, in words
    or in numbers of tokens.
    """
    is_prompt = path == "/prompt" and not isinstance(node, dict)
    if not is_prompt:
        places.skip(path, SkipReason.SERVER_STATE)
    elif any(isinstance(item, int | float) for _, item in nodes(node)):
        places.skip(path)
    else:
        places.put(path, label(Source.USER))


def proposed(document: Json) -> Iterator[ToolCall]:
    """The tool calls that an answer proposes to its client, wherever in a document it stands. What the
    provider's own tools have been asked has been done already, and is judged as a part of the answer.
    """
    for _, node in objects(document):
        if text(node.get("type")) in CLIENT_CALLS:
            yield of_item(node)


def pictures(document: Json) -> Iterator[str]:
    """Where an answer holds the bytes of a picture that the model has made."""
    for at, node in objects(document):
        drawn = text(node.get("result"))
        if drawn and node.get("type") == "image_generation_call" and is_medium(drawn):
            yield f"{at}/result"


def without_echo(document: Json) -> Json:
    """An answer, or an event of one, without the instructions of the request that it repeats: whoever
    reads it has written them, or should not see them. `null` is what the dialect says for none.
    """
    whole = mapping(document)
    for path, node in (("", whole), ("/response", mapping(whole.get("response")))):
        told = node.get("object") == "response" and isinstance(node.get("output"), list)
        if told and node.get("instructions"):
            document = replaced(document, f"{path}/instructions", None)
    return document


def of_item(item: Mapping[str, Json]) -> ToolCall:
    """The call of an item of one of the kinds of `CLIENT_CALLS`; arguments that are no JSON are one value."""
    kind = text(item.get("type"))
    field = CLIENT_CALLS[kind]
    asked = item.get(field)
    if field == "arguments":
        asked = parsed(asked or {})
    elif field == "input":
        asked = {"input": asked}
    name = text(item.get("name")) or kind.removesuffix("_call")
    return call(name, asked, text(item.get("call_id")) or text(item.get("id")))


def _item(
    item: dict[str, Json],
    at: str,
    called: Mapping[str, str],
    places: Places,
    *,
    trust_system: bool,
) -> None:
    kind = text(item.get("type")) or ("message" if "role" in item else "")
    if kind == "message":
        of = label(role_of(item, trust_system=trust_system))
        _parts(item.get("content"), f"{at}/content", of, places)
    elif kind == "reasoning":
        for field in ("summary", "content"):
            _parts(item.get(field), f"{at}/{field}", label(Source.ASSISTANT), places)
    elif kind == "item_reference":
        places.skip(at, SkipReason.SERVER_STATE)
    elif kind.endswith(("_call", "_output", "_tools", "_response", "_request")):
        _of_tool(item, at, kind, called, places)
    else:
        places.skip(at)


def _of_tool(
    item: dict[str, Json], at: str, kind: str, called: Mapping[str, str], places: Places
) -> None:
    """A call, or what a tool gave back for one; the provider's own tools have both in one item."""
    answered = text(item.get("call_id")) if kind.endswith("_output") else ""
    name = called.get(answered) or text(item.get("name"))
    name = name or kind.removesuffix("_output").removesuffix("_call")
    tool = label(Source.TOOL, name, answered)
    for field in _GIVEN:
        if field in item:
            places.put(f"{at}/{field}", tool)
            _media(item[field], f"{at}/{field}", places)
    if kind == "image_generation_call":
        places.skip(at)
        places.silence(f"{at}/result", item.get("result"))


def _parts(content: Json, path: str, of: Label, places: Places) -> None:
    if isinstance(content, str):
        places.put(path, of)
    for at, part in items(content, path):
        field = _SPOKEN.get(text(part.get("type")))
        if field is not None:
            places.put(f"{at}/{field}", of)
        else:
            places.skip(at)
            places.silence(f"{at}/file_data", part.get("file_data"))
            places.silence(f"{at}/input_audio/data", mapping(part.get("input_audio")).get("data"))


def _media(node: Json, path: str, places: Places) -> None:
    """Pictures and files in what a tool gave back."""
    for at, part in objects(node, path):
        kind = text(part.get("type"))
        if kind in {"input_image", "input_file", "computer_screenshot", "image"}:
            places.skip(at)
            places.silence(f"{at}/file_data", part.get("file_data"))


def _names(given: Json) -> Iterator[tuple[str, str]]:
    """The ids of the calls with the names of their tools."""
    for _, item in items(given, ""):
        kind = text(item.get("type"))
        if kind in CLIENT_CALLS and text(item.get("call_id")):
            yield text(item["call_id"]), text(item.get("name")) or kind.removesuffix("_call")
