"""The types of field that the quarantined model may fill in.

Each type bounds what an answer can say. Whoever wrote the data decides the answer within
that bound, so a type says how much is conceded: a flag is one bit, a text is anything.
"""

from typing import Annotated, Any

from msgspec import Meta, Struct

from shield.types import Capacity

Name = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]*$", max_length=40)]
MAX_TEXT = 4_000
MAX_ITEMS = 50
MAX_CHOICES = 50
MAX_PATTERN = 120
MAX_ID = 64
_DATE = r"^\d{4}-\d{2}-\d{2}$"
_DATE_TIME = r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}$"


class _Kind(Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """What all types share on the wire."""


class Flag(_Kind, frozen=True, tag="bool"):
    """True or false."""


class Choice(_Kind, frozen=True, tag="enum"):
    """One of the plan's own words."""

    values: Annotated[tuple[str, ...], Meta(min_length=1, max_length=MAX_CHOICES)]


class Number(_Kind, frozen=True, tag="number"):
    """A number within bounds, both included."""

    least: float
    most: float
    whole: bool = False


class Date(_Kind, frozen=True, tag="date"):
    """A calendar date, `2026-11-20`; with `time`, `2026-11-20 09:30`."""

    time: bool = False


class Email(_Kind, frozen=True, tag="email"):
    """A mail address in ASCII that stands in the data."""


class Url(_Kind, frozen=True, tag="url"):
    """An http or https address in ASCII that stands in the data."""


class Iban(_Kind, frozen=True, tag="iban"):
    """An IBAN with a valid checksum that stands in the data."""


class Phone(_Kind, frozen=True, tag="phone"):
    """A telephone number of 7 to 15 digits that stands in the data."""


class Id(_Kind, frozen=True, tag="id"):
    """A whole match of the plan's pattern, at most 64 characters, that stands in the data."""

    pattern: Annotated[str, Meta(max_length=MAX_PATTERN)]


class Text(_Kind, frozen=True, tag="text"):
    """Free text; with `verbatim` it must stand in the data."""

    max_chars: Annotated[int, Meta(ge=1, le=MAX_TEXT)]
    verbatim: bool = False


One = Flag | Choice | Number | Date | Email | Url | Iban | Phone | Id | Text


class Many(_Kind, frozen=True, tag="list"):
    """A list of at most `most` values of one type."""

    of: One
    most: Annotated[int, Meta(ge=1, le=MAX_ITEMS)]


Kind = One | Many
IDENTIFIERS = (Email, Url, Iban, Phone, Id)


class Field(Struct, frozen=True, forbid_unknown_fields=True):
    """One value to find. `about` says in the planner's words what is meant.

    A field that is not found fails the step, unless it is `optional`; then its value is null.
    """

    name: Name
    kind: Kind
    about: Annotated[str, Meta(max_length=400)] = ""
    optional: bool = False


def capacity(kind: Kind) -> Capacity:
    """How much a value of this type can say."""
    if isinstance(kind, Many):
        return max(capacity(kind.of), Capacity.NUMBER)
    if isinstance(kind, Flag | Choice):
        return Capacity.FLAG
    if isinstance(kind, Number | Date):
        return Capacity.NUMBER
    if isinstance(kind, Text):
        return Capacity.SHORT_TEXT if kind.max_chars <= 120 else Capacity.TEXT
    return Capacity.ID


def answer_schema(fields: tuple[Field, ...]) -> dict[str, Any]:
    """The JSON Schema of an answer: for each field whether it was found, and its value."""
    return _object({field.name: _found(field) for field in fields})


def _found(field: Field) -> dict[str, Any]:
    value = {"anyOf": [_schema(field.kind), {"type": "null"}]}
    return _object({"found": {"type": "boolean"}, "value": value})


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _schema(kind: Kind) -> dict[str, Any]:
    match kind:
        case Many():
            return {"type": "array", "items": _schema(kind.of), "maxItems": kind.most}
        case Flag():
            return {"type": "boolean"}
        case Choice():
            return {"type": "string", "enum": list(kind.values)}
        case Number():
            word = "integer" if kind.whole else "number"
            return {"type": word, "minimum": kind.least, "maximum": kind.most}
        case Date():
            return {"type": "string", "pattern": _DATE_TIME if kind.time else _DATE}
        case Id():
            return {"type": "string", "pattern": f"^(?:{kind.pattern})$"}
        case Text():
            return {"type": "string", "maxLength": kind.max_chars}
        case _:
            return {"type": "string"}
