"""The scan API: the JSON of `POST /v1/scan/{input,action,output}` ↔ what is judged.

Its client is an application, which says itself where each text came from. Unknown fields are
errors, so that nothing which was sent stays unread.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import replace

from shield.errors import WireError
from shield.label import segment
from shield.types import Checkpoint, Decision, Segment, Source, Verdict
from shield.wire import chat, strict
from shield.wire.asked import Asked, Judged, last
from shield.wire.fault import Faulted, checked, fault, names, wrong
from shield.wire.strict import Json, Shape

MOST_ITEMS = 256
Number = Annotated[int, Meta(ge=0, le=1_000_000)]
Name = Annotated[str, Meta(max_length=512)]


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """One text: who wrote it, the tool's or document's name, and the number of its turn."""

    text: str
    source: Source = Source.USER
    name: Name = ""
    path: str = ""
    turn: Number = 0


class Call(Struct, frozen=True, forbid_unknown_fields=True):
    """A tool call that the model proposes."""

    name: Name
    arguments: dict[str, Any] = {}
    id: Name = ""


class InputScan(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes to the model: one of `text` (of `source`, `user` when left out), `segments` and
    `messages` (of a chat completion); `tools` are the definitions that the model is offered.
    """

    text: str | None = None
    source: Source | None = None
    segments: tuple[Text, ...] | None = None
    messages: list[Any] | None = None
    tools: list[Any] | None = None
    session: Name = ""


class ActionScan(Struct, frozen=True, forbid_unknown_fields=True):
    """A tool call before it runs. `context` or `messages` is the conversation that led to it where
    no session remembers that; it is not judged here.
    """

    call: Call
    context: tuple[Text, ...] = ()
    messages: list[Any] = []
    session: Name = ""


class OutputScan(Struct, frozen=True, forbid_unknown_fields=True):
    """What goes to the user: `text` or `segments`. `context` or `messages` is the conversation before
    it; it is not judged here. `restore` puts back the values that the session replaced.
    """

    text: str | None = None
    segments: tuple[Text, ...] | None = None
    context: tuple[Text, ...] = ()
    messages: list[Any] = []
    session: Name = ""
    restore: bool = False


class Batch(Struct, frozen=True, forbid_unknown_fields=True):
    """Several of one kind, judged in order; each has a result of its own."""

    items: list[Any]


class Scanned(Struct, frozen=True):
    """A verdict and what it leaves of the texts; none when it does not pass.

    `decision` is what to carry out: `allow` when the policy only observes. `answer` is what the
    policy answers in place of the model. `messages` come back where `messages` were sent.
    """

    passes: bool
    decision: Decision
    verdict: Verdict
    segments: tuple[Text, ...] = ()
    answer: str = ""
    messages: list[Any] | None = None


KINDS: dict[Checkpoint, type[InputScan | ActionScan | OutputScan]] = {
    Checkpoint.INPUT: InputScan,
    Checkpoint.ACTION: ActionScan,
    Checkpoint.OUTPUT: OutputScan,
}
_NAMES = names(Text, Call, InputScan, ActionScan, OutputScan, Batch)


class Item(Struct, frozen=True):
    """What is asked; `document` is the chat that was sent, None where it was no chat."""

    asked: Asked
    document: Json = None


class Reading(Struct, frozen=True):
    """The items of a request, read or faulty."""

    items: tuple[Item | WireError, ...]
    is_batch: bool = False


def read(checkpoint: Checkpoint, raw: bytes, shape: Shape, *, trust_system: bool) -> Reading:
    """The items of a request body. `trust_system` False reads system texts as a user's.

    Raises:
        WireError: 400 for what is no JSON, 422 for what does not fit the schema.
    """
    document = strict.decode(raw, shape)
    if not isinstance(document, dict):
        raise wrong("wrong_type", "expected an object", mend="send a JSON object")
    if "items" not in document:
        return Reading((_item(checkpoint, document, "", trusted=trust_system),))
    given = checked(document, Batch, _NAMES).items
    if len(given) > MOST_ITEMS:
        message = f"more than {MOST_ITEMS} items"
        raise wrong("too_many", message, at="/items", mend="send them in several requests")
    found: list[Item | WireError] = []
    for number, one in enumerate(given):
        try:
            found.append(_item(checkpoint, one, f"/items/{number}", trusted=trust_system))
        except WireError as error:
            found.append(error)
    return Reading(tuple(found), is_batch=True)


def answer(item: Item, outcomes: Judged) -> Scanned:
    """The result of one item; what cannot be written back into its messages is blocked."""
    (outcome,) = outcomes
    passes, decision, messages = outcome.passes, outcome.decision, None
    if passes and item.document is not None and item.asked.input is not None:
        try:
            after = chat.written(item.document, item.asked.input, outcome.segments)
            messages = _messages(after)
        except KeyError:
            passes, decision = False, Decision.BLOCK
    texts = tuple(map(_text, outcome.segments)) if passes else ()
    return Scanned(passes, decision, outcome.verdict, texts, outcome.answer, messages)


def failed(error: WireError) -> Faulted:
    """The result of an item that could not be read."""
    return Faulted(fault(error))


def batch(results: list[bytes]) -> bytes:
    """The body that holds these results, each JSON of its own."""
    return msgspec.json.encode({"items": [msgspec.Raw(result) for result in results]})


def _item(checkpoint: Checkpoint, document: Json, at: str, *, trusted: bool) -> Item:
    given = checked(document, KINDS[checkpoint], _NAMES, at)
    if isinstance(given, InputScan):
        return _input(given, at, trusted=trusted)
    if isinstance(given, ActionScan):
        call = chat.call(given.call.name, given.call.arguments, given.call.id)
        noted = _context(given, trusted=trusted)
        return Item(Asked(noted=noted, calls=(call,), session=given.session))
    _one_of(at, text=given.text, segments=given.segments)
    said = tuple(replace(t, source=Source.ASSISTANT) for t in given.segments or ())
    if given.text is not None:
        said = (Text(given.text, Source.ASSISTANT),)
    asked = Asked(
        noted=_context(given, trusted=trusted),
        output=_segments(said, trusted=trusted),
        session=given.session,
        restore=given.restore,
    )
    return Item(asked)


def _input(given: InputScan, at: str, *, trusted: bool) -> Item:
    _one_of(at, text=given.text, segments=given.segments, messages=given.messages)
    if given.source is not None and given.text is None:
        mend = "send it with each segment; messages have roles"
        raise wrong("wrong_value", "only a text has this source", at=f"{at}/source", mend=mend)
    tools: Json = given.tools
    if given.messages is not None:
        whole: Json = {"messages": given.messages, **({} if tools is None else {"tools": tools})}
        reading = chat.read_request(whole, trust_system=trusted)
        asked = Asked(input=reading.segments, skipped=reading.skipped, tools=tools)
        return Item(replace(asked, session=given.session), whole)
    texts = given.segments or ()
    if given.text is not None:
        texts = (Text(given.text, given.source or Source.USER),)
    segments = _segments(texts, trusted=trusted)
    if tools is not None:
        of = chat.read_request({"messages": [], "tools": tools}, trust_system=trusted).segments
        segments = (*segments, *(replace(s, turn=last(segments)) for s in of))
    return Item(Asked(input=segments, tools=tools, session=given.session))


def _context(given: ActionScan | OutputScan, *, trusted: bool) -> tuple[Segment, ...]:
    sent = chat.read_request({"messages": given.messages}, trust_system=trusted)
    return (*_segments(given.context, trusted=trusted), *sent.segments)


def _segments(texts: tuple[Text, ...], *, trusted: bool) -> tuple[Segment, ...]:
    return tuple(
        segment(t.text, _source(t.source, trusted=trusted), t.name, path=t.path, turn=t.turn)
        for t in texts
    )


def _source(given: Source, *, trusted: bool) -> Source:
    return Source.USER if given is Source.SYSTEM and not trusted else given


def _one_of(at: str, **given: object) -> None:
    sent = [name for name, value in given.items() if value is not None]
    if len(sent) != 1 or given[sent[0]] in ((), []):
        names_of = ", ".join(given)
        mend = f"send exactly one of {names_of}, and not an empty list"
        raise wrong("one_of", f"one of {names_of} is to be judged", at=at, mend=mend)


def _text(of: Segment) -> Text:
    name = next((o.name for o in of.label.origins if o.source is of.source), "")
    return Text(of.text, of.source, name, of.path, of.turn)


def _messages(document: Json) -> list[Any]:
    found = document["messages"] if isinstance(document, dict) else None
    return found if isinstance(found, list) else []
