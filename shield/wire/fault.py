"""What is wrong with a request of an API: what, where and the mend, and never its text.

The names of unknown fields and the values of unknown words are text of the sender; of a
decoder's message only its kind is told, and of its path only names of the schema.
"""

import re
from collections.abc import Iterable
from typing import TypeVar

import msgspec
from msgspec import Struct

from shield.errors import WireError
from shield.wire.strict import Json

T = TypeVar("T")

_AT = re.compile(r" - at `\$([^`]*)`\Z")
_PART = re.compile(r"\.([a-z_]+)|\[(\d+)\]")
_TYPES = re.compile(r"Expected `[a-z |]+`, got `[a-z |]+`")
_LENGTH = re.compile(r"Expected `[a-z]+` (?:of length )?[<>]=? \d+")
_MISSING = re.compile(r"Object missing required field `([a-z_]+)`")
_UNKNOWN = "Object contains unknown field"
_MENDS = {
    "not_json": "send one JSON document",
    "undecodable": "send UTF-8 without lone surrogates",
    "duplicate_key": "send each key of an object once",
    "number": "send finite numbers",
    "depth": "nest less deeply",
    "nodes": "send it in several requests",
    "too_large": "send it in several requests, or raise `limits.body_bytes` of the policy",
    "content_type": "send `content-type: application/json`",
    "content_encoding": "send the body as it is",
    "overloaded": "try again after the seconds of Retry-After",
}


class Fault(Struct, frozen=True):
    """One error as clients see it. `param` is a JSON Pointer, None for the whole request."""

    code: str
    message: str
    type: str
    param: str | None = None
    mend: str = ""


class Faulted(Struct, frozen=True):
    """The body of an error."""

    error: Fault


def fault(error: WireError) -> Fault:
    """An error about a request, with the mend that is known for its code."""
    kind = "server_error" if error.status >= 500 else "invalid_request_error"
    mend = error.mend or _MENDS.get(error.code, "")
    return Fault(error.code, str(error), kind, error.at or None, mend)


def names(*kinds: type[Struct]) -> frozenset[str]:
    """The field names of structs: what a pointer may show."""
    return frozenset(name for kind in kinds for name in kind.__struct_fields__)


def checked(document: Json, kind: type[T], known: Iterable[str], at: str = "") -> T:
    """The document as `kind`. `known` are the field names of its schema, `at` is where it stands.

    Raises:
        WireError: 422 with code `unknown_field`, `missing_field`, `wrong_type` or `wrong_value`.
    """
    try:
        return msgspec.convert(document, kind)
    except msgspec.ValidationError as error:
        raise _told(str(error), frozenset(known), at) from None


def wrong(code: str, message: str, *, at: str = "", mend: str = "") -> WireError:
    """A request that is JSON and does not fit: 422."""
    return WireError(422, code, message, at=at, mend=mend)


def _told(said: str, known: frozenset[str], at: str) -> WireError:
    place = f"{at}{_pointer(said, known)}"
    if said.startswith(_UNKNOWN):
        message = "an object has a field that is not known"
        mend = "remove it or correct its spelling; the schema of the endpoint names the known ones"
        return wrong("unknown_field", message, at=place, mend=mend)
    if (found := _MISSING.match(said)) and found[1] in known:
        name = found[1]
        return wrong("missing_field", f"the field {name} is missing", at=place, mend=f"add {name}")
    if found := _TYPES.match(said) or _LENGTH.match(said):
        message = found[0].replace("`", "").replace("Expected", "expected", 1)
        return wrong("wrong_type", message, at=place, mend="send a value of the expected type")
    mend = "send one of the values that the schema of the endpoint names"
    return wrong("wrong_value", "the value is not allowed here", at=place, mend=mend)


def _pointer(said: str, known: frozenset[str]) -> str:
    """The JSON Pointer of a decoder's message, as far as the schema names it."""
    if not (found := _AT.search(said)):
        return ""
    parts: list[str] = []
    for name, index in _PART.findall(found[1]):
        if name and name not in known:
            break
        parts.append(f"/{name or index}")
    return "".join(parts)
