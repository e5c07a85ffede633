"""LiteLLM's generic guardrail API: `/beta/litellm_basic_guardrail_api`.

LiteLLM sends the texts of a request or an answer, and with a request the messages that they came
from, which say who wrote each. Texts come back in their number and order. What is to be cut out
of anything else (a tool's description, a message that is no text) blocks the request.
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shield.label import label
from shield.types import Segment, Skip, SkipReason, Source, ToolCall
from shield.wire import chat
from shield.wire.asked import Asked, Judged, Reply, last
from shield.wire.compat import Facts, body_of, further, marked
from shield.wire.strict import Json, Shape

_REASON = "refused by the content policy"
_LONGEST = 512
# Names of who asks, which the gateway has checked; the first that is set divides its sessions.
_OWNERS = ("user_api_key_end_user_id", "user_api_key_user_id", "user_api_key_hash")


class Body(Struct, frozen=True):
    """The body of a request. What describes the gateway and its keys is not judged."""

    input_type: Literal["request", "response"]
    texts: list[str] | None = None
    images: list[Any] | None = None
    tools: list[Any] | None = None
    tool_calls: list[Any] | None = None
    structured_messages: list[Any] | None = None
    request_data: dict[str, Any] | None = None
    request_headers: dict[str, Any] | None = None
    litellm_version: str | None = None
    litellm_call_id: str | None = None
    litellm_trace_id: str | None = None
    additional_provider_specific_params: dict[str, Any] | None = None


class Guardrail(Struct, frozen=True):
    """A request; `texts` are those that were sent."""

    one: Asked
    texts: tuple[str, ...]

    @property
    def asked(self) -> tuple[Asked, ...]:
        """One exchange."""
        return (self.one,)

    def answer(self, judged: Sequence[Judged], facts: Facts) -> Reply:
        """`BLOCKED` with a reason, `GUARDRAIL_INTERVENED` with the texts after redaction, or `NONE`."""
        (outcomes,) = judged
        clean = self._clean(outcomes) if all(o.passes for o in outcomes) else None
        if clean is None:
            reason = next((o.answer for o in outcomes if o.answer), _REASON)
            body: dict[str, Any] = {"action": "BLOCKED", "blocked_reason": reason}
        elif clean != list(self.texts):
            body = {"action": "GUARDRAIL_INTERVENED", "texts": clean}
        else:
            body = {"action": "NONE"}
        return Reply(msgspec.json.encode(body), headers=marked(judged))

    def _clean(self, outcomes: Judged) -> list[str] | None:
        """The texts after redaction; None when something else was cut."""
        clean = list(self.texts)
        given = self.one.input if self.one.input is not None else self.one.output
        for before, after in zip(given or (), outcomes[-1].segments, strict=True):
            if before.text == after.text:
                continue
            if (number := _number(before.path)) is None:
                return None
            clean[number] = after.text
        return clean


def read(raw: bytes, shape: Shape, *, trust_system: bool) -> Guardrail:
    """A request.

    Raises:
        WireError: 400 or 422.
    """
    given, fields = body_of(raw, Body, shape)
    texts = tuple(given.texts or ())
    media = tuple(Skip(f"/images/{n}", SkipReason.MEDIA) for n in range(len(given.images or ())))
    session = (given.litellm_trace_id or given.litellm_call_id or "")[:_LONGEST]
    owner = Asked(skipped=media, session=session, behalf=_owner(given.request_data))
    if given.input_type == "response":
        calls, others = _calls(given.tool_calls)
        said = tuple(_text(t, n, Source.ASSISTANT) for n, t in enumerate(texts))
        rest = further(fields, Source.ASSISTANT)
        return Guardrail(replace(owner, calls=calls, output=(*said, *others, *rest)), texts)
    asked, skipped = _request(given, texts, trusted=trust_system)
    rest = tuple(
        replace(s, turn=last(asked)) for s in (*_calls(given.tool_calls)[1], *further(fields))
    )
    one = replace(owner, input=(*asked, *rest), skipped=(*media, *skipped), tools=given.tools)
    return Guardrail(one, texts)


def _request(
    given: Body, texts: tuple[str, ...], *, trusted: bool
) -> tuple[tuple[Segment, ...], tuple[Skip, ...]]:
    """The segments of the messages, those that are among the texts under their number; without
    messages every text is the user's, beside messages one that stands in none is nobody's.
    """
    whole: dict[str, Json] = {"messages": given.structured_messages or []}
    if given.tools is not None:
        whole["tools"] = given.tools
    reading = chat.read_request(whole, trust_system=trusted)
    places: dict[str, list[int]] = {}
    for number, text in enumerate(texts):
        places.setdefault(text, []).append(number)
    found: list[Segment] = []
    for segment in reading.segments:
        numbers = places.get(segment.text)
        path = f"/texts/{numbers.pop(0)}" if numbers else segment.path
        found.append(replace(segment, path=path, turn=max(segment.turn, 0)))
    source = Source.DOCUMENT if given.structured_messages else Source.USER
    left = sorted(number for numbers in places.values() for number in numbers)
    found += [_text(texts[n], n, source, turn=last(found)) for n in left]
    return tuple(found), reading.skipped


def _calls(given: list[Any] | None) -> tuple[tuple[ToolCall, ...], tuple[Segment, ...]]:
    """Proposed calls, and their texts."""
    reading = chat.read_response({"tool_calls": list(given or ())})
    return reading.calls, reading.segments


def _text(text: str, number: int, source: Source, turn: int = 0) -> Segment:
    return Segment(text, label(source), f"/texts/{number}", turn)


def _number(path: str) -> int | None:
    head, _, number = path.rpartition("/")
    return int(number) if head == "/texts" else None


def _owner(data: dict[str, Any] | None) -> str:
    named = ((data or {}).get(key) for key in _OWNERS)
    return next((name for name in named if isinstance(name, str) and name), "")
