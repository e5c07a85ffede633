"""Tool calls that come in pieces, put together for each choice of a completion."""

from collections.abc import Mapping

from msgspec import Struct

from shield.errors import WireError
from shield.types import ToolCall
from shield.wire.chat import call, parsed
from shield.wire.strict import Json

_LEGACY = -1  # `function_call` has no index: there is one a choice


class _Draft(Struct):
    """A call so far: its texts in the pieces in which they came."""

    id: list[str] = []
    name: list[str] = []
    arguments: list[str] = []
    custom: bool = False

    def call(self) -> ToolCall:
        """The whole call; arguments that are no JSON are one value."""
        raw = "".join(self.arguments)
        arguments: Json = {"input": raw} if self.custom else parsed(raw or {})
        return call("".join(self.name), arguments, "".join(self.id))


class Proposals:
    """The tool calls of one streamed completion.

    Args:
        limit: the most characters of all calls together.
    """

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._drafts: dict[int, dict[int, _Draft]] = {}
        self._taken: set[int] = set()

    def add(self, choice: int, delta: Mapping[str, Json]) -> bool:
        """Take the parts of calls in a delta; True when there are any.

        Raises:
            WireError: 502 with code `late_call` for parts of a choice that was taken,
                `calls_too_large`, or `undecodable` for what has not the form of a part.
        """
        parts = delta.get("tool_calls") or []
        legacy = delta.get("function_call")
        if not isinstance(parts, list):
            raise _malformed()
        for position, part in enumerate(parts):
            if not isinstance(part, dict):
                raise _malformed()
            number = part.get("index", position)
            if not isinstance(number, int) or isinstance(number, bool) or number < 0:
                raise _malformed()
            self._part(self._draft(choice, number), part)
        if legacy is not None:
            self._part(self._draft(choice, _LEGACY), {"function": legacy})
        return bool(parts) or legacy is not None

    @property
    def choices(self) -> tuple[int, ...]:
        """The choices whose calls have not been taken."""
        return tuple(self._drafts)

    def pending(self, choice: int) -> bool:
        """True while calls of a choice have not been taken."""
        return choice in self._drafts

    def take(self, choice: int) -> tuple[ToolCall, ...]:
        """The calls of a choice that is over, in the order of their index; more is an error."""
        self._taken.add(choice)
        drafts = self._drafts.pop(choice, {})
        return tuple(draft.call() for _, draft in sorted(drafts.items()))

    def _draft(self, choice: int, number: int) -> _Draft:
        if choice in self._taken:
            raise WireError(502, "late_call", "a tool call goes on after its choice has finished")
        return self._drafts.setdefault(choice, {}).setdefault(number, _Draft([], [], []))

    def _part(self, draft: _Draft, part: Mapping[str, Json]) -> None:
        inner = part.get("custom") or part.get("function") or {}
        if not isinstance(inner, dict):
            raise _malformed()
        draft.custom = draft.custom or bool(part.get("custom"))
        texts = inner.get("input" if draft.custom else "arguments")
        into = (draft.id, draft.name, draft.arguments)
        for value, pieces in zip((part.get("id"), inner.get("name"), texts), into, strict=True):
            if not isinstance(value, str | None):
                raise _malformed()
            pieces += [value] if value else []
            self._left -= len(value or "")
        if self._left < 0:
            raise WireError(502, "calls_too_large", "the tool calls are too large")


def _malformed() -> WireError:
    return WireError(502, "undecodable", "a chunk has not the form of its dialect")
