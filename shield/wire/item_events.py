"""OpenAI's streamed responses through a gate.

Each text comes several times: in deltas, then whole in `.done`, in its part, in its item and in the
response. The copies are shown as the deltas were, so that a cut holds everywhere. A tool call leaves
whole, after the action checkpoint. A cut response ends as the dialect does: `response.incomplete`,
by `content_filter`.

References: OpenAI's API reference, "Streaming events"; openai-python
`types/responses/response_stream_event.py`.
"""

import json
from collections.abc import Callable, Hashable, Mapping

from shield.types import Outcome, SkipReason, ToolCall
from shield.wire import sse
from shield.wire.gate import Gate
from shield.wire.heard import Heard, Text
from shield.wire.item_endings import Told
from shield.wire.media import is_medium
from shield.wire.places import mapping, text
from shield.wire.relay import HELD, Relay
from shield.wire.responses import CLIENT_CALLS, of_item, pictures, proposed, without_echo
from shield.wire.strands import Strands, growing, malformed, number, whole
from shield.wire.strict import Json, Shape, decode

_DONE = "[DONE]"
_INDEXES = ("output_index", "content_index", "summary_index", "command_index")
_TERMINAL = frozenset({"response.completed", "response.incomplete", "response.failed"})
# The last words of the kinds of events that are whole in themselves; all others may go on.
_WHOLE = frozenset(
    """
    added done created queued in_progress completed incomplete failed searching interpreting
    generating partial_image error keepalive cancelled
    """.split()  # noqa: SIM905 — a table is read line by line
)
_PARTS = {
    "output_text": "output_text",
    "refusal": "refusal",
    "reasoning_text": "reasoning_text",
    "summary_text": "reasoning_summary_text",
}
# The fields of items whose texts come in pieces.
_FIELDS = ("arguments", "input", "code")
_CALLS = frozenset({"function_call_arguments", "custom_tool_call_input"})
_ITEM = "output_item"
_BEGINS = frozenset({"created", "queued", "in_progress", "added", "keepalive"})
_PARTED = frozenset({"content_part", "reasoning_summary_part"})
_BYTES = {"audio": "delta", "image_generation_call": "partial_image_b64"}


class ResponsesDialect:
    """Reads the events of one response.

    Args:
        shape: how deep and large one event may be.
    """

    def __init__(self, shape: Shape) -> None:
        self._shape, self._told, self._strands = shape, Told(), Strands()
        self._open: dict[int, dict[str, Json]] = {}
        self._asked: dict[int, tuple[str, ...]] = {}
        self._judged: set[ToolCall] = set()

    def read(self, data: str, name: str) -> Heard | None:
        """An event; None for the `[DONE]` that some servers send.

        Log probabilities, which repeat the text in tokens and numbers, are emptied; padding becomes
        as many signs that say nothing; the request's instructions are left out.

        Raises:
            WireError: it has not the form of the dialect, or is not what it is named.
        """
        if data.strip() == _DONE:
            return None
        document = decode(data.encode(), self._shape)
        if not isinstance(document, dict):
            raise malformed()
        kind = text(document.get("type"))
        if not kind or name not in {"", kind}:
            raise malformed()
        return self._heard(_kept(document), kind, before=document)

    def rest(self) -> tuple[ToolCall, ...]:
        """The calls of the items that did not say that they were over."""
        return self._fresh(self._left())

    def pending(self, call: int) -> bool:
        """True while the call of an item has not been judged."""
        return call in self._open

    def note(self, document: Json) -> None:
        """An event is being sent, as `document`."""
        self._told.note(mapping(document))

    def aside(self, note: Mapping[str, Json]) -> bytes:
        """An event of a type that is not OpenAI's; it has no number among theirs."""
        said = {"type": "shield", "shield": {**note}}
        return sse.written(json.dumps(said), name="shield")

    def cut(self, outcome: Outcome | None) -> bytes:
        """The open parts and items are done, and the response is incomplete."""
        return self._told.cut(outcome)

    def broken(self) -> bytes:
        """An error event."""
        return self._told.broken()

    def _heard(self, document: dict[str, Json], kind: str, *, before: Json) -> Heard:
        of = _Kind(kind, document)
        calls = self._calls(document, of)
        waits = frozenset({of.at} if of.at in self._open else ())
        silent = frozenset(pictures(document)) | _media(document, of.stem)
        settled: tuple[str, ...] = ()
        if of.phase in _WHOLE:
            texts, settled = self._snapshot(document, of, silent)
        else:
            texts = self._pieces(document, of, silent)
        if of.stem == _ITEM and of.phase == "done":
            self._open.pop(of.at, None)
        return Heard(
            document,
            texts,
            changed=document != before,
            waits=waits,
            calls=calls,
            settled=settled,
            skipped=(SkipReason.MEDIA,) if silent else (),
            shows=of.phase not in _BEGINS,
            last=kind in _TERMINAL,
        )

    def _pieces(self, document: dict[str, Json], of: "_Kind", silent: frozenset[str]) -> list[Text]:
        """The texts of an event that goes on in the next one of its kind."""
        delta = document.get("delta")
        if silent or not isinstance(delta, str):
            rest = {k: v for k, v in document.items() if f"/{k}" not in silent}
            return [*growing(self._strands, of.stem, rest, of.indexes)]
        piece = self._strands.grow((of.indexes, of.stem), of.stem, "/delta", delta)
        return [piece, *whole(self._strands, document, frozenset({"/delta"}))]

    def _snapshot(
        self, document: dict[str, Json], of: "_Kind", silent: frozenset[str]
    ) -> tuple[list[Text], tuple[str, ...]]:
        """The texts of an event that is whole in itself, and the lanes that it ends."""
        first = self._first(document, of) if of.phase == "added" else []
        ended = [key for key in self._strands.unfinished if of.ends(key)]
        lanes = tuple(lane for key in ended for lane in self._strands.close(key))
        but: frozenset[str | None] = silent | {text.path for text in first}
        return [*first, *whole(self._strands, document, but)], lanes

    def _first(self, document: dict[str, Json], of: "_Kind") -> list[Text]:
        """What a part or an item begins with; deltas go on from there."""
        part, item = mapping(document.get("part")), mapping(document.get("item"))
        stem = _PARTS.get(text(part.get("type")), "")
        field = "refusal" if stem == "refusal" else "text"
        found = [(stem, f"/part/{field}", part.get(field))] if stem else []
        kind = text(item.get("type"))
        found += [(f"{kind}_{field}", f"/item/{field}", item.get(field)) for field in _FIELDS]
        return [
            self._strands.grow((of.indexes, stem), stem, path, said)
            for stem, path, said in found
            if isinstance(said, str) and said
        ]

    def _calls(self, document: dict[str, Json], of: "_Kind") -> tuple[ToolCall, ...]:
        """The calls that are whole with an event, and have not been judged before.

        Raises:
            WireError: a piece of a call that did not begin, or began twice.
        """
        item = mapping(document.get("item"))
        if of.stem in _CALLS:
            if of.at not in self._open:
                raise malformed()
            if of.phase == "done":
                said = text(document.get("arguments")) or text(document.get("input"))
                self._asked[of.at] = (said, self._pieced(of.at))
            return ()
        if of.stem == _ITEM and of.phase == "added" and text(item.get("type")) in CLIENT_CALLS:
            if of.at in self._open or of.at < 0:
                raise malformed()
            self._open[of.at] = item
            return ()
        found: list[ToolCall] = []
        if of.stem == _ITEM and of.at in self._open:
            found += self._versions(of.at, self._open[of.at], item)
        if of.name in _TERMINAL:
            found += self._left()
        return self._fresh([*found, *proposed(document)])

    def _versions(self, at: int, *items: dict[str, Json]) -> list[ToolCall]:
        """The call of an item in every version in which a client may read it: as it began and as it
        ended, with what came in pieces and what came as a whole. Nearly always they are one.
        """
        asked = sorted({raw for raw in (*self._asked.get(at, ()), self._pieced(at)) if raw})
        fields = [(i, CLIENT_CALLS.get(text(i.get("type")), "")) for i in items]
        found = [of_item({**i, field: raw}) for i, field in fields if field for raw in asked]
        found += [of_item(i) for i, field in fields if field and i.get(field)]
        return found or [of_item(items[0])]

    def _left(self) -> list[ToolCall]:
        """The calls that began and did not end; they wait no longer."""
        found = [call for at, item in self._open.items() for call in self._versions(at, item)]
        self._open.clear()
        return found

    def _pieced(self, at: int) -> str:
        """What has come in pieces of the arguments of a call."""
        kind = text(self._open[at].get("type"))
        return self._strands.text(((at,), f"{kind}_{CLIENT_CALLS[kind]}"))

    def _fresh(self, calls: list[ToolCall]) -> tuple[ToolCall, ...]:
        """The calls that have not been judged before."""
        found = tuple(dict.fromkeys(call for call in calls if call not in self._judged))
        self._judged.update(found)
        return found


class _Kind:
    """The kind of an event, and the item and part that it is about."""

    def __init__(self, name: str, document: Mapping[str, Json]) -> None:
        self.name = name
        self.stem, _, self.phase = name.removeprefix("response.").rpartition(".")
        given = [(k, document[k]) for k in _INDEXES if document.get(k) is not None]
        self.indexes = tuple(number(node) for _, node in given)
        self.at = self.indexes[0] if given and given[0][0] == "output_index" else -1

    def ends(self, key: Hashable) -> bool:
        """True when the text that is known by `key` goes no further after this event."""
        if self.name in _TERMINAL:
            return True
        if self.phase != "done" or not isinstance(key, tuple):
            return False
        indexes, name = key
        if self.stem == _ITEM:
            return bool(indexes[:1] == self.indexes[:1])
        mine = self.stem in _PARTED or name == self.stem or name.startswith(f"{self.stem}/")
        return mine and bool(indexes == self.indexes)


def _media(document: Mapping[str, Json], stem: str) -> frozenset[str]:
    """Where an event holds sound or a picture: it is no text, and skipped."""
    field = _BYTES.get(stem, "")
    found = document.get(field)
    return frozenset({f"/{field}"} if found and is_medium(found) else ())


def _kept(document: dict[str, Json]) -> dict[str, Json]:
    kept = {k: _without_logprobs(k, v) for k, v in document.items()}
    if isinstance(padding := kept.get("obfuscation"), str):
        kept["obfuscation"] = "x" * len(padding)
    return mapping(without_echo(kept))


def _without_logprobs(key: str, node: Json) -> Json:
    if key == "logprobs" and isinstance(node, list | dict):
        return []
    if isinstance(node, dict):
        return {k: _without_logprobs(k, v) for k, v in node.items()}
    return [_without_logprobs("", v) for v in node] if isinstance(node, list) else node


class ResponsesStream(Relay):
    """The bytes of one streamed response → the bytes to send on. Not for use from two threads.

    Args:
        gate: of the exchange, new.
        action: judges a tool call.
        shape: how deep and large one event may be.
        limit: the most bytes of one event.
        held: the most bytes of events that wait for their texts to be judged.
        tells: say at the end what was decided.
    """

    def __init__(
        self,
        gate: Gate,
        action: Callable[[ToolCall], Outcome],
        *,
        shape: Shape,
        limit: int,
        held: int = HELD,
        tells: bool = False,
    ) -> None:
        super().__init__(gate, action, ResponsesDialect(shape), limit=limit, held=held, tells=tells)
