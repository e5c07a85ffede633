"""Files of a judge: scores that belong to one judge and rubric, and the pin of a judge that has passed."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from shield.audit.judge.asking import Choice
from shield.errors import CorpusError
from shield.policy.lock import digest

_MEND = "give another file, or ask again with the judge and rubric that it is of"


class Head(Struct, frozen=True, forbid_unknown_fields=True, tag="head"):
    """The judge and the rubric that scores hold for."""

    judge: str
    rubric: str


class Scored(Struct, frozen=True, forbid_unknown_fields=True, tag="scored"):
    """The levels of one example. `of` is the digest of what was judged."""

    id: str
    of: str
    levels: dict[str, str]


class Chosen(Struct, frozen=True, forbid_unknown_fields=True, tag="chosen"):
    """The choice between two answers."""

    id: str
    of: str
    choice: Choice


class Pin(Struct, frozen=True, forbid_unknown_fields=True):
    """A judge and rubric whose agreement with people held; `lows` are its bounds by dimension."""

    judge: str
    rubric: str
    lows: dict[str, float]


class Kept:
    """A file of scores that grows, so that a judge is asked about each text once.

    Args:
        path: the file; begun where there is none.
        head: whose scores these are.

    Raises:
        CorpusError: it is broken, or of another judge or rubric.
    """

    def __init__(self, path: Path, head: Head) -> None:
        self._path = path
        self._lines: dict[tuple[str, str], Scored | Chosen] = {}
        raw = path.read_bytes() if path.is_file() else b""
        whole = raw[: raw.rfind(b"\n") + 1]  # the last line was being written when it stopped
        if whole:
            self._read(whole, head)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(whole or msgspec.json.encode(head) + b"\n")

    def _read(self, raw: bytes, head: Head) -> None:
        decoder = msgspec.json.Decoder(Head | Scored | Chosen)
        for number, line in enumerate(raw.splitlines(), 1):
            try:
                entry = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError):
                entry = None
            if number == 1 and isinstance(entry, Head) and entry != head:
                what = " and ".join(n for n in ("judge", "rubric") if _of(entry, n) != _of(head, n))
                raise CorpusError(f"the scores are of another {what}", where=self._path, mend=_MEND)
            if entry is None or (number == 1) != isinstance(entry, Head):
                raise CorpusError("not scores", where=self._path, line=number, mend=_MEND)
            if not isinstance(entry, Head):
                self._lines[entry.id, entry.of] = entry

    def get(self, one: Struct) -> Scored | Chosen | None:
        """What is known of an example or a pair, if its texts are still the same."""
        return self._lines.get((_of(one, "id"), of(one)))

    def put(self, entry: Scored | Chosen) -> None:
        """Keep an answer of the judge."""
        self._lines[entry.id, entry.of] = entry
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(entry) + b"\n")


def of(one: Struct) -> str:
    """The digest of the texts of an example or a pair; ratings are no part of it."""
    names = [name for name in one.__struct_fields__ if name != "ratings"]
    return digest([getattr(one, name) for name in names])


def _of(value: Any, name: str) -> str:
    return str(getattr(value, name))


def pinned(path: Path, head: Head) -> Pin:
    """The pin, for this judge and rubric.

    Raises:
        CorpusError: there is none, or it is of another judge or rubric.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Pin)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise CorpusError(
            "not a pin", where=path, mend="`shield judge agree --pin` writes it"
        ) from None
    if (found.judge, found.rubric) != (head.judge, head.rubric):
        raise CorpusError(
            f"pinned are judge {found.judge} and rubric {found.rubric}, asked would be "
            f"{head.judge} and {head.rubric}",
            where=path,
            mend="compare this judge with people first: `shield judge agree --pin`",
        )
    return found


def pin(path: Path, head: Head, lows: dict[str, float]) -> None:
    """Write the pin of a judge that agrees with people."""
    made = Pin(head.judge, head.rubric, lows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(made), indent=1) + b"\n")
