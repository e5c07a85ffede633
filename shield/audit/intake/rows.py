"""What readers make of a file: its records, each a conversation or the reason why it is none."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shield.audit.corpus import Turn
from shield.types import Decision, Source

# What tools and logs call the text that a user sent, likeliest first.
FIELDS = ("text", "prompt", "input", "question", "query", "message", "content")
_ROLES = {
    **{str(source): source for source in Source},
    "developer": Source.SYSTEM,
    "function": Source.TOOL,
    "human": Source.USER,
    "model": Source.ASSISTANT,
}


class Row(Struct, frozen=True):
    """One record. `place` is its line, or its number where records have no lines of their own;
    without turns it is no conversation, and `why` says why. `lang` and `expect` are what the record
    states. Holds text: never for a message.
    """

    place: str
    turns: tuple[Turn, ...] = ()
    lang: str = ""
    expect: Decision | None = None
    note: str = ""
    why: str = ""


class UnreadableError(ValueError):
    """A record is no conversation; the message is a constant, without its text."""


class Shape(Struct, frozen=True):
    """How plain texts are meant: the field that holds them ("": the first known one), and from whom."""

    field: str = ""
    source: Source = Source.USER


def row(place: str, record: object, shape: Shape) -> Row:
    """A record of a log or a table: `turns`, `messages`, or a text."""
    if not isinstance(record, Mapping):
        return Row(place, why="not an object")
    try:
        return Row(
            place,
            turns(record, shape),
            lang=_word(record, "lang"),
            expect=_expected(record),
            note=_word(record, "note"),
        )
    except UnreadableError as error:
        return Row(place, why=str(error))


def turns(record: Mapping[Any, Any], shape: Shape) -> tuple[Turn, ...]:
    """The turns that a record holds.

    Raises:
        UnreadableError: it holds none.
    """
    if "turns" in record and not shape.field:
        return _exact(record["turns"])
    if "messages" in record and not shape.field:
        return conversation(record["messages"])
    return (Turn(shape.source, text_of(record, shape.field)),)


def text_of(record: Mapping[Any, Any], field: str) -> str:
    """The text in `field`, or in the first field that is known to hold one.

    Raises:
        UnreadableError: there is none.
    """
    name = field or next((known for known in FIELDS if known in record), "")
    if not name:
        raise UnreadableError(f"no field of {', '.join(FIELDS)}; name one with --field")
    if name not in record:
        raise UnreadableError(f"no field {name}")
    return said(record[name])


def said(value: object) -> str:
    """A text that says something.

    Raises:
        UnreadableError: it is none, is blank, or holds half of a character.
    """
    if not isinstance(value, str):
        raise UnreadableError("the text is no string")
    if not value.strip():
        raise UnreadableError("the text is blank")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UnreadableError("the text holds half of a character (a lone surrogate)") from None
    return value


def conversation(messages: object) -> tuple[Turn, ...]:
    """The turns of messages as chat APIs write them.

    Raises:
        UnreadableError: some message has no known role, or holds what is no text.
    """
    if not isinstance(messages, list) or not messages:
        raise UnreadableError("no messages")
    called: dict[str, str] = {}
    found: list[Turn] = []
    for message in messages:
        if not isinstance(message, Mapping):
            raise UnreadableError("a message is no object")
        found += _message(message, called)
    if not found:
        raise UnreadableError("no message says anything")
    return tuple(found)


def _message(message: Mapping[Any, Any], called: dict[str, str]) -> Iterable[Turn]:
    source = _ROLES.get(str(message.get("role")))
    if source is None:
        raise UnreadableError("a message has no known role")
    name = message.get("name") or called.get(str(message.get("tool_call_id")), "")
    content = message.get("content")
    if content is not None and content != "":
        text = "\n".join(_parts(content))
        yield Turn(source, said(text), name=str(name) if source in _NAMED else "")
    for proposed in message.get("tool_calls") or ():
        yield _call(proposed, source, called)


_NAMED = frozenset({Source.TOOL, Source.DOCUMENT})


def _parts(content: object) -> Iterable[str]:
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        raise UnreadableError("a message's content is no text")
    if not all(isinstance(part, Mapping) and isinstance(part.get("text"), str) for part in content):
        raise UnreadableError("a message holds a part that is no text")
    return [part["text"] for part in content]


def _call(proposed: object, source: Source, called: dict[str, str]) -> Turn:
    try:
        function = proposed["function"]  # type: ignore[index]
        given = function["arguments"]
        arguments = msgspec.json.decode(given) if isinstance(given, str) else given
        called[str(proposed.get("id"))] = function["name"]  # type: ignore[attr-defined]
        return msgspec.convert(
            {"source": source, "call": {"name": function["name"], "arguments": arguments}}, Turn
        )
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError):
        raise UnreadableError("a message proposes a call that cannot be read") from None


def _exact(given: object) -> tuple[Turn, ...]:
    try:
        found = msgspec.convert(given, tuple[Turn, ...])
    except (msgspec.ValidationError, RecursionError):
        raise UnreadableError("the turns are none of a case") from None
    if not found:
        raise UnreadableError("no turns")
    for turn in found:
        if turn.text is not None:
            said(turn.text)
    return found


def _word(record: Mapping[Any, Any], name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""


def _expected(record: Mapping[Any, Any]) -> Decision | None:
    stated = record.get("expect")
    if not stated:
        return None
    if stated not in set(Decision):
        raise UnreadableError(f"expect is none of {', '.join(Decision)}")
    return Decision(str(stated))
