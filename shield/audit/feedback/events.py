"""One decision in a file of events, by its id."""

from pathlib import Path

import msgspec
from msgspec import Struct

from shield.errors import CorpusError


class Fired(Struct, frozen=True):
    """A finding of an event."""

    rule: str


class _Edition(Struct, frozen=True):
    digest: str


class Decided(Struct, frozen=True):
    """What an event tells of a decision."""

    event: str
    id: str = ""
    checkpoint: str = ""
    decision: str = ""
    findings: tuple[Fired, ...] = ()
    policy: _Edition | None = None


def find(path: Path, name: str) -> Decided:
    """The decision `name`.

    Raises:
        CorpusError: the file cannot be read, or no line in it is that decision.
    """
    decoder = msgspec.json.Decoder(Decided)
    try:
        with path.open("rb") as file:
            for line in file:
                if name.encode() in line and (found := _decoded(decoder, line)) is not None:
                    if found.event == "decision" and found.id == name:
                        return found
    except OSError as error:
        raise CorpusError(
            f"cannot be read: {error.strerror}", where=path, mend="name a file of events"
        ) from None
    raise CorpusError(
        "no decision of that id is in it", where=path, mend="name the file that it was logged to"
    )


def _decoded(decoder: msgspec.json.Decoder[Decided], line: bytes) -> Decided | None:
    try:
        return decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
