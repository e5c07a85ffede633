"""Texts that come in pieces, each in a lane of the gate.

Texts of one kind that follow one another go on in one lane, because clients join them: a secret may
begin in one block of an answer and end in the next. Those that overlap have lanes of their own. A text
that is over may come again, as a whole; it is shown as it was shown in pieces.
"""

from collections.abc import Hashable, Iterator, Mapping

from msgspec import Struct

from shield.errors import WireError
from shield.wire.heard import Text
from shield.wire.strict import Json, escape, nodes
from shield.wire.vocabulary import KNOWN_KEYS, WORDS

# Short values that clients read one by one; any other string of an unknown kind may grow.
CONSTANT = frozenset(
    [
        "id",
        "type",
        "model",
        "role",
        "object",
        "name",
        "status",
        "item_id",
        "call_id",
        "service_tier",
    ]
)

_MOST = 256  # each new one looks through the lanes of the others


class _Strand(Struct):
    """One text that comes in pieces, and where it begins in its lane."""

    lane: str
    start: int
    pieces: list[str]


class Strands:
    """The texts of one answer that come in pieces."""

    def __init__(self) -> None:
        self._open: dict[Hashable, _Strand] = {}
        self._lengths: dict[str, int] = {}
        self._whole: dict[str, Text] = {}

    def grow(self, key: Hashable, kind: str, path: str, text: str) -> Text:
        """The next piece of the text that is known by `key`, which begins with its first piece.

        Raises:
            WireError: 502 with code `too_many_open`, for one text more than `_MOST` at once.
        """
        if key not in self._open:
            if len(self._open) >= _MOST:
                raise WireError(502, "too_many_open", f"more than {_MOST} texts are open at once")
            lane = self._free(kind)
            self._open[key] = _Strand(lane, self._lengths.get(lane, 0), [])
        strand = self._open[key]
        strand.pieces.append(text)
        self._lengths[strand.lane] = self._lengths.get(strand.lane, 0) + len(text)
        return Text(path, strand.lane, text)

    def text(self, key: Hashable) -> str:
        """What has come of a text that is not over; empty when nothing has."""
        return "".join(self._open[key].pieces) if key in self._open else ""

    def close(self, key: Hashable) -> tuple[str, ...]:
        """A text is over: its lane, if it has begun at all."""
        strand = self._open.pop(key, None)
        if strand is None:
            return ()
        whole = "".join(strand.pieces)
        if whole:
            self._whole.setdefault(whole, Text("", strand.lane, whole, strand.start))
        return (strand.lane,)

    @property
    def unfinished(self) -> tuple[Hashable, ...]:
        """The texts that are not over."""
        return tuple(self._open)

    def known(self, lane: str) -> bool:
        """True for a lane in which something has come."""
        return lane in self._lengths

    def alone(self, path: str, text: str) -> Text:
        """A text that comes as a whole: one that has come in pieces before, or one by itself."""
        before = self._whole.get(text)
        return Text(path, "", text) if before is None else Text(path, before.lane, text, before.at)

    def _free(self, kind: str) -> str:
        taken = {strand.lane for strand in self._open.values()}
        lane, number = kind, 0
        while lane in taken:
            number += 1
            lane = f"{kind}/{number}"
        return lane


def whole(
    strands: Strands, document: Mapping[str, Json], but: frozenset[str | None]
) -> Iterator[Text]:
    """The strings of an event that come as a whole, and its unknown keys, without those at `but`."""
    for path, node in nodes({**document}):
        if isinstance(node, str) and node and path not in but and node not in WORDS:
            yield strands.alone(path, node)
        elif isinstance(node, dict):
            yield from (Text(None, "", key) for key in node if key not in KNOWN_KEYS)


def growing(
    strands: Strands, kind: str, document: Mapping[str, Json], of: Hashable = None
) -> Iterator[Text]:
    """The strings of an event of an unknown kind: each may go on in the next event, of the same `of`."""
    for path, node in nodes({**document}):
        if isinstance(node, str) and node and node not in WORDS:
            constant = path.rpartition("/")[2] in CONSTANT
            lane = f"{escape(kind)}{path}"
            yield (
                strands.alone(path, node)
                if constant
                else strands.grow((of, lane), lane, path, node)
            )
        elif isinstance(node, dict):
            yield from (Text(None, "", key) for key in node if key not in KNOWN_KEYS)


def malformed() -> WireError:
    """What to raise for an event that has not the form of its dialect."""
    return WireError(502, "undecodable", "an event has not the form of its dialect")


def number(node: Json) -> int:
    """An index.

    Raises:
        WireError: it is none.
    """
    if not isinstance(node, int) or isinstance(node, bool) or node < 0:
        raise malformed()
    return node
