"""JSON, read strictly: what could be read in two ways is not read at all.

Applications parse more than the standard allows (other encodings, a byte-order mark, NaN,
duplicate keys). Here the first two are read and re-encoded, the others are refused; the
application receives the canonical bytes of what was scanned.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from shield.errors import WireError

Json = dict[str, "Json"] | list["Json"] | str | int | float | bool | None


class Shape(Struct, frozen=True):
    """How deep and how large a document may be."""

    depth: int
    nodes: int


class Leaf(Struct, frozen=True):
    """A string in a document and its JSON Pointer."""

    path: str
    text: str


def text_of(body: bytes, charset: str = "utf-8") -> str:
    """The text of a body.

    Raises:
        WireError: 415 for an unknown charset, 400 when the bytes do not fit it.
    """
    try:
        return body.decode(charset, "strict")
    except LookupError:
        raise WireError(415, "unknown_charset", "the charset is not known; send UTF-8") from None
    except (UnicodeDecodeError, ValueError):
        raise WireError(
            400, "undecodable", "the body does not fit its charset; send UTF-8"
        ) from None


def decode(body: bytes, shape: Shape) -> Json:
    """The document in `body`, in any of the encodings that JSON readers accept.

    Raises:
        WireError: 400 with code `undecodable`, `not_json`, `duplicate_key`, `number`, `depth` or
            `nodes`.
    """
    text = text_of(body, json.detect_encoding(body)).removeprefix("\ufeff")
    _check_depth(text, shape.depth)
    try:
        document: Json = json.loads(
            text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        raise WireError(400, "not_json", "the body is not valid JSON") from None
    if sum(1 for _ in nodes(document)) > shape.nodes:
        raise WireError(400, "nodes", f"the document has more than {shape.nodes} nodes")
    encode(document)
    return document


def encode(document: Json) -> bytes:
    """Canonical UTF-8.

    Raises:
        WireError: 400 when a string holds a lone surrogate, which no UTF-8 can carry, or a number
            is not finite.
    """
    try:
        shown = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return shown.encode("utf-8")
    except UnicodeEncodeError:
        raise WireError(400, "undecodable", "a string holds a lone surrogate") from None
    except ValueError:
        raise WireError(400, "number", "a number is not finite") from None


def nodes(document: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    """Every value with its JSON Pointer, in document order."""
    stack: list[tuple[str, Json]] = [(path, document)]
    while stack:
        path, node = stack.pop()
        yield path, node
        if isinstance(node, dict):
            stack += [(f"{path}/{escape(k)}", v) for k, v in reversed(node.items())]
        elif isinstance(node, list):
            stack += [(f"{path}/{i}", node[i]) for i in range(len(node) - 1, -1, -1)]


def leaves(document: Json, path: str = "") -> Iterator[Leaf]:
    """Every string with its JSON Pointer, in document order."""
    return (Leaf(at, node) for at, node in nodes(document, path) if isinstance(node, str))


def escape(key: str) -> str:
    """A key as one part of a JSON Pointer."""
    return key.replace("~", "~0").replace("/", "~1")


def replaced(document: Json, path: str, value: Json) -> Json:
    """The document with the value at a JSON Pointer replaced; the given one is not changed."""
    if not path:
        return value
    head, _, rest = path[1:].partition("/")
    tail = f"/{rest}" if rest or (path.endswith("/") and "/" in path[1:]) else ""
    if isinstance(document, list):
        at = int(head)
        return [*document[:at], replaced(document[at], tail, value), *document[at + 1 :]]
    if isinstance(document, dict):
        key = _key(head)
        return {**document, key: replaced(document[key], tail, value)}
    raise KeyError(path)


def edited(document: Json, changes: Mapping[str, Json]) -> Json:
    """The document with the values at some JSON Pointers replaced, at the cost of one copy for all of
    them; the given one is not changed. No pointer may lie below another.
    """
    if "" in changes:
        return changes[""]
    made: Json = json.loads(json.dumps(document))  # as deep as what was decoded may be
    for path, value in changes.items():
        *above, last = path[1:].split("/")
        node = made
        for part in above:
            node = _child(node, part)
        if isinstance(node, list):
            node[int(last)] = value
        elif isinstance(node, dict) and _key(last) in node:
            node[_key(last)] = value
        else:
            raise KeyError(path)
    return made


def _child(node: Json, part: str) -> Json:
    if isinstance(node, list):
        return node[int(part)]
    if isinstance(node, dict):
        return node[_key(part)]
    raise KeyError(part)


def _key(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _check_depth(text: str, most: int) -> None:
    """Refuse deep nesting before the parser recurses into it; brackets in strings do not count."""
    if text.count("[") + text.count("{") <= most:
        return
    depth, quoted, escaped = 0, False, False
    for char in text:
        if quoted:
            quoted, escaped = escaped or char != '"', not escaped and char == "\\"
        elif char == '"':
            quoted = True
        elif char in "[{":
            depth += 1
            if depth > most:
                raise WireError(400, "depth", f"the document is nested deeper than {most}")
        elif char in "]}":
            depth -= 1


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise WireError(400, "duplicate_key", "an object has the same key twice")
    return made


def _no_constant(name: str) -> Any:
    raise WireError(400, "number", f"{name} is not JSON")
