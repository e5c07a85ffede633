"""`reports.jsonl`: what people said was judged wrongly, and what others said to that.

The file only grows; a line is never changed. It lies in the golden folder, which is private: texts
are cut of personal data before they get here, but they are still what somebody wrote.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from shield.audit.corpus import Turn
from shield.errors import CorpusError

NAME = "reports.jsonl"
Label = Literal["false-positive", "false-negative"]
State = Literal["open", "confirmed", "rejected"]
# Feedback is a poisoning path: what one person can bring in is bounded, whatever becomes of it.
MOST, DAYS = 20, 30


class Claim(Struct, frozen=True, forbid_unknown_fields=True, tag="claim"):
    """A report of one person. `place` is where the case belongs in a corpus, `rules` and `policy` are
    those of the event, where one was named. Without turns its text is not known yet.
    """

    id: str
    at: datetime
    by: str
    label: Label
    place: str
    turns: tuple[Turn, ...] = ()
    lang: str = "und"
    note: str = ""
    event: str = ""
    rules: tuple[str, ...] = ()
    policy: str = ""


class Word(Struct, frozen=True, forbid_unknown_fields=True, tag="word"):
    """What another person said to a claim; `case` is the golden case that came of it."""

    claim: str
    at: datetime
    by: str
    agrees: bool
    case: str = ""


class Standing(Struct, frozen=True):
    """A claim and the word that was said to it, None while it is open."""

    claim: Claim
    word: Word | None = None

    @property
    def state(self) -> State:
        """Open until a second person has spoken."""
        if self.word is None:
            return "open"
        return "confirmed" if self.word.agrees else "rejected"


def read(folder: Path) -> dict[str, Standing]:
    """All claims of a golden folder by id, in the order of their reports.

    Raises:
        CorpusError: a line is none, or speaks of a claim that is not there; names the line.
    """
    path = folder / NAME
    found: dict[str, Standing] = {}
    raw = path.read_bytes() if path.is_file() else b""
    for number, line in enumerate(raw.splitlines(), 1):
        try:
            _take(found, msgspec.json.decode(line, type=Claim | Word))
        except (msgspec.DecodeError, UnicodeDecodeError, KeyError, RecursionError):
            raise CorpusError(
                "not a report, nor a word on one",
                where=path,
                line=number,
                mend="take the line out, or bring the file back from a copy",
            ) from None
    return found


def _take(found: dict[str, Standing], entry: Claim | Word) -> None:
    if isinstance(entry, Claim):
        found[entry.id] = Standing(entry)
    else:
        found[entry.claim] = Standing(found[entry.claim].claim, entry)


def append(folder: Path, entry: Claim | Word) -> None:
    """Write one line, safely on disk when this returns."""
    with (folder / NAME).open("ab") as file:
        file.write(msgspec.json.encode(entry) + b"\n")
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def held(folder: Path) -> Iterator[dict[str, Standing]]:
    """The claims while nobody else writes; the folder is made, for its owner only.

    Raises:
        CorpusError: the folder cannot be written, or holds a broken line.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = (folder / ".lock").open("ab")
    except OSError as error:
        raise CorpusError(
            f"cannot be written: {error.strerror}", where=folder, mend="give another --golden"
        ) from None
    with file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield read(folder)


def identity(label: str, turns: tuple[Turn, ...], event: str) -> str:
    """What names a claim: the same text under the same label is the same claim."""
    said = msgspec.json.encode([label, turns or event], order="deterministic")
    return hashlib.sha256(said).hexdigest()[:10]


def refuse_more(known: dict[str, Standing], by: str, now: datetime) -> None:
    """Refuse a further claim of somebody who has made `MOST` of them in `DAYS` days.

    Raises:
        CorpusError: it is one too many.
    """
    since = now - timedelta(days=DAYS)
    count = sum(s.claim.by == by and s.claim.at > since for s in known.values())
    if count >= MOST:
        raise CorpusError(
            f"{by} has made {count} reports in {DAYS} days, which is all that one person may",
            mend="let somebody else report it",
        )
