"""One `chat.completion.chunk`: its choices, its texts and where they belong, and what is left out."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from shield.errors import WireError
from shield.wire.heard import Text
from shield.wire.strict import Json, Shape, decode, escape, nodes
from shield.wire.vocabulary import KNOWN_KEYS

# Short values that clients read one by one and never join; all else grows from chunk to chunk.
# The official client joins every string of a delta, save these words.
_WORDS = frozenset({"assistant", "function", "custom", "tool", "text", "refusal"})
_CONSTANT = frozenset(
    ["id", "object", "model", "role", "type", "name", "finish_reason", "native_finish_reason"]
) | {"system_fingerprint", "service_tier", "provider"}
_KNOWN = KNOWN_KEYS | _CONSTANT | {"delta", "logprobs", "refusal", "function_call", "obfuscation"}


class Choice(Struct, frozen=True):
    """One choice of a chunk."""

    index: int
    delta: Mapping[str, Json]
    finished: bool


class Chunk(Struct, frozen=True):
    """A chunk that has been read. `changed` says that something was left out of it."""

    document: dict[str, Json]
    choices: tuple[Choice, ...]
    texts: tuple[Text, ...]
    changed: bool


def read(data: str, shape: Shape) -> Chunk:
    """The chunk in the data of an event.

    Log probabilities, which repeat the text in tokens and numbers, become null; padding becomes as
    many signs that say nothing.

    Raises:
        WireError: it is no JSON object, or its choices have not the form of the dialect.
    """
    document = decode(data.encode(), shape)
    if not isinstance(document, dict):
        raise _malformed()
    kept = _kept(document)
    return Chunk(kept, choices_of(kept), tuple(_texts(kept)), kept != document)


def choices_of(document: Mapping[str, Json]) -> tuple[Choice, ...]:
    """The choices of a chunk.

    Raises:
        WireError: they have not the form of the dialect.
    """
    return tuple(_choice(c) for c in _list(document.get("choices")))


def _kept(document: dict[str, Json]) -> dict[str, Json]:
    kept = dict(document)
    if isinstance(padding := kept.get("obfuscation"), str):
        kept["obfuscation"] = "x" * len(padding)
    choices = _list(kept.get("choices"))
    if any(isinstance(c, dict) and c.get("logprobs") is not None for c in choices):
        kept["choices"] = [
            {**c, "logprobs": None} if isinstance(c, dict) and "logprobs" in c else c
            for c in choices
        ]
    return kept


def _choice(node: Json) -> Choice:
    if not isinstance(node, dict):
        raise _malformed()
    index, delta = node.get("index", 0), node.get("delta") or {}
    if not isinstance(index, int) or isinstance(index, bool) or index < 0:
        raise _malformed()
    if not isinstance(delta, dict):
        raise _malformed()
    return Choice(index, delta, finished=node.get("finish_reason") is not None)


def _texts(document: dict[str, Json]) -> Iterator[Text]:
    names: dict[str, str] = {"": ""}
    for path, node in nodes(document):
        lane = names.get(path, path)
        if isinstance(node, str):
            key = path.rpartition("/")[2]
            alone = node in _WORDS if "/delta/" in path else key in _CONSTANT
            if path != "/obfuscation":
                yield Text(path, "" if alone else lane, node)
        elif isinstance(node, dict):
            yield from (Text(None, "", key) for key in node if key not in _KNOWN)
            names |= {f"{path}/{escape(k)}": f"{lane}/{escape(k)}" for k in node}
        elif isinstance(node, list):
            names |= {f"{path}/{i}": f"{lane}/{_place(item, i)}" for i, item in enumerate(node)}


def _place(item: Json, position: int) -> int:
    """What an item of a list is known by from chunk to chunk: its index, where it has one."""
    index = item.get("index") if isinstance(item, dict) else None
    return index if isinstance(index, int) and not isinstance(index, bool) else position


def _list(node: Json) -> list[Json]:
    if node is None:
        return []
    if not isinstance(node, list):
        raise _malformed()
    return node


def _malformed() -> WireError:
    return WireError(502, "undecodable", "a chunk has not the form of its dialect")
