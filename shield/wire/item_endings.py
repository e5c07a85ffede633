"""How a streamed response of OpenAI's ends when it does not end by itself."""

import json
from collections.abc import Mapping

from shield.types import Outcome
from shield.wire import sse
from shield.wire.places import mapping, text
from shield.wire.strict import Json

_LIFE = frozenset({"response.created", "response.queued", "response.in_progress"})
_MESSAGE = "The model's answer ended before it was complete."
# The list of an item in which the parts of an event stand, and the index that says where.
_LISTS = {
    "content_part": ("content", "content_index"),
    "reasoning_summary_part": ("summary", "summary_index"),
}
_DELTAS = {
    "output_text": ("content", "content_index", "text"),
    "refusal": ("content", "content_index", "refusal"),
    "reasoning_text": ("content", "content_index", "text"),
    "reasoning_summary_text": ("summary", "summary_index", "text"),
}
_SAID = {
    "output_text": "response.output_text.done",
    "refusal": "response.refusal.done",
    "reasoning_text": "response.reasoning_text.done",
    "summary_text": "response.reasoning_summary_text.done",
}
_Place = tuple[int, str, int]


def response(identity: str, model: str, **more: Json) -> dict[str, Json]:
    """A response that has nothing in it yet."""
    return {
        "id": f"resp_{identity}",
        "object": "response",
        "created_at": 0,
        "model": model,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "temperature": None,
        "top_p": None,
        **more,
    }


def said_events(whole: Mapping[str, Json]) -> bytes:
    """The events of a response with one message of one part, as a server would have sent them."""
    begun = {**whole, "status": "in_progress", "incomplete_details": None, "output": []}
    (item,) = [mapping(node) for node in _list(whole["output"])]
    (part,) = [mapping(node) for node in _list(item["content"])]
    field = "refusal" if part["type"] == "refusal" else "text"
    told = Told()
    first = told.said("response.created", response=begun)
    bare: Json = {**item, "status": "in_progress", "content": []}
    first += told.said("response.output_item.added", output_index=0, item=bare)
    where: dict[str, Json] = {"item_id": item["id"], "output_index": 0, "content_index": 0}
    first += told.said("response.content_part.added", **where, part={**part, field: ""})
    delta = _SAID[str(part["type"])].replace(".done", ".delta")
    more: dict[str, Json] = {"logprobs": []} if field == "text" else {}
    first += told.said(delta, **where, delta=part[field], **more)
    return (
        first
        + told.close(item["status"])
        + told.said(f"response.{whole['status']}", response={**whole})
    )


class Told:
    """What the client has been told: the response so far, and which of its items and parts are open."""

    def __init__(self) -> None:
        self._response: dict[str, Json] = {}
        self._number = -1
        self._failed = False
        self._items: dict[int, dict[str, Json]] = {}
        self._parts: dict[_Place, dict[str, Json]] = {}
        self._texts: dict[_Place, list[str]] = {}
        self._open: set[int | _Place] = set()

    def note(self, document: Mapping[str, Json]) -> None:
        """An event is being sent."""
        kind, number = text(document.get("type")), document.get("sequence_number")
        self._number = number if isinstance(number, int) else self._number + 1
        if kind in _LIFE:
            self._response = mapping(document.get("response"))
        self._failed = self._failed or kind == "error"
        stem, _, phase = kind.removeprefix("response.").rpartition(".")
        at = document.get("output_index")
        if not isinstance(at, int):
            return
        if stem == "output_item":
            self._items[at] = mapping(document.get("item"))
            self._mark(at, phase)
        elif stem in _LISTS:
            field, index = _LISTS[stem]
            place = at, field, _int(document.get(index))
            self._parts[place] = mapping(document.get("part"))
            self._mark(place, phase)
        elif stem in _DELTAS and phase == "delta":
            field, index, _ = _DELTAS[stem]
            place = at, field, _int(document.get(index))
            self._texts.setdefault(place, []).append(text(document.get("delta")))

    def said(self, kind: str, **fields: Json) -> bytes:
        """An event of our own, which the client is told."""
        raw = self._event(kind, **fields)
        self.note({"type": kind, "sequence_number": self._number, **fields})
        return raw

    def close(self, status: Json) -> bytes:
        """The open parts are done, and then the open items, with a status."""
        out: list[bytes] = []
        for place in sorted(p for p in self._open if isinstance(p, tuple)):
            out += self._part_done(place)
        for at in sorted(p for p in self._open if isinstance(p, int)):
            item = self._whole(at) | {"status": status}
            out.append(self._event("response.output_item.done", output_index=at, item=item))
            self._items[at] = item
        self._open.clear()
        return b"".join(out)

    def cut(self, outcome: Outcome | None) -> bytes:
        """The open parts and items are done, and the response is incomplete, by `content_filter`."""
        identity = outcome.verdict.id if outcome else ""
        begun = b""
        if not self._response:
            begun = self.said("response.created", response=response(identity, ""))
        closed = self.close("incomplete")
        last: dict[str, Json] = {
            **self._response,
            "status": "incomplete",
            "incomplete_details": {"reason": "content_filter"},
            "output": [self._items[at] for at in sorted(self._items)],
        }
        return begun + closed + self._event("response.incomplete", response=last, verdict=identity)

    def broken(self) -> bytes:
        """An error event. Its nested `error` is what the official clients raise on."""
        if self._failed:
            return b""
        error: dict[str, Json] = {"code": "upstream_ended", "message": _MESSAGE, "param": None}
        return self._event("error", **error, error={**error, "type": "server_error"})

    def _mark(self, of: int | _Place, phase: str) -> None:
        if phase == "added":
            self._open.add(of)
        else:
            self._open.discard(of)

    def _part(self, place: _Place) -> dict[str, Json]:
        """A part with the text that has been sent of it."""
        part = self._parts[place]
        field = "refusal" if part.get("type") == "refusal" else "text"
        said = "".join(self._texts.get(place, ()))
        return part if place not in self._open else {**part, field: text(part.get(field)) + said}

    def _part_done(self, place: _Place) -> list[bytes]:
        at, field, index = place
        part = self._part(place)
        summary = field == "summary"
        where: dict[str, Json] = {
            "item_id": text(self._items.get(at, {}).get("id")),
            "output_index": at,
            "summary_index" if summary else "content_index": index,
        }
        said = "refusal" if part.get("type") == "refusal" else "text"
        found = []
        if (kind := _SAID.get(text(part.get("type")))) is not None:
            more: dict[str, Json] = {"logprobs": []} if kind == "response.output_text.done" else {}
            found.append(self._event(kind, **where, **{said: part.get(said)}, **more))
        done = "reasoning_summary_part" if summary else "content_part"
        return [*found, self._event(f"response.{done}.done", **where, part=part)]

    def _whole(self, at: int) -> dict[str, Json]:
        """An item with its parts."""
        item = dict(self._items[at])
        for field in ("content", "summary"):
            mine = sorted(p for p in self._parts if p[0] == at and p[1] == field)
            if mine:
                item[field] = [self._part(p) for p in mine]
        return item

    def _event(self, kind: str, **fields: Json) -> bytes:
        self._number += 1
        document = {"type": kind, "sequence_number": self._number, **fields}
        return sse.written(json.dumps(document), name=kind)


def _int(node: Json) -> int:
    return node if isinstance(node, int) else 0


def _list(node: Json) -> list[Json]:
    return node if isinstance(node, list) else []
