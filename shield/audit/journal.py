"""A journal of finished cases: a killed audit goes on where it stopped.

The first line says what the results hold for: policy, models, and who judges. Each further line is
a case, found again by its digest, so that a case that was changed is replayed.
"""

import threading
from collections.abc import Mapping
from io import BufferedRandom
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from msgspec import Struct

from shield.audit import manifest
from shield.audit.corpus import Case
from shield.audit.replay import Result
from shield.errors import CorpusError

_MEND = "give the name of a new file, or remove this one to begin again"


class Head(Struct, frozen=True, forbid_unknown_fields=True, tag="journal"):
    """What the results of a journal hold for. `url` is empty for this process."""

    policy: str
    models: Mapping[str, str]
    url: str = ""


class _Entry(Struct, frozen=True, forbid_unknown_fields=True):
    case: str
    result: Result


class Journal:
    """Results on disk, each written when its case is finished. For several threads.

    Args:
        path: the file; begun where there is none.
        head: what this audit's results hold for.

    Raises:
        CorpusError: the file is no journal, is broken, or holds for something else.
    """

    def __init__(self, path: Path, head: Head) -> None:
        self._path, self._lock = path, threading.Lock()
        raw = _whole(path)
        self._done = _read(path, raw, head) if raw else {}
        self._file = _opened(path, len(raw))
        if not raw:
            self._line(head)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def known(self, case: Case) -> Result | None:
        """The result of a case that is finished."""
        return self._done.get(manifest.digest(case))

    def keep(self, case: Case, result: Result) -> None:
        """Write the result of a case."""
        with self._lock:
            self._line(_Entry(manifest.digest(case), result))

    def _line(self, value: Struct) -> None:
        self._file.write(msgspec.json.encode(value) + b"\n")
        self._file.flush()


def _whole(path: Path) -> bytes:
    """All whole lines; one without an end was being written when the audit was killed."""
    try:
        raw = path.read_bytes() if path.exists() else b""
    except OSError as error:
        raise CorpusError(f"cannot be read: {error.strerror}", where=path, mend=_MEND) from None
    whole = raw[: raw.rfind(b"\n") + 1]
    if raw and not whole:
        raise CorpusError("not a journal of an audit", where=path, mend=_MEND)
    return whole


def _opened(path: Path, size: int) -> BufferedRandom:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("r+b" if path.exists() else "w+b")
    except OSError as error:
        raise CorpusError(f"cannot be written: {error.strerror}", where=path, mend=_MEND) from None
    file.truncate(size)
    file.seek(size)
    return file


def _read(path: Path, raw: bytes, head: Head) -> dict[str, Result]:
    first, *rest = raw.splitlines()
    try:
        found = msgspec.json.decode(first, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise CorpusError("not a journal of an audit", where=path, mend=_MEND) from None
    if found != head:
        changed = [n for n in head.__struct_fields__ if getattr(found, n) != getattr(head, n)]
        raise CorpusError(
            f"the journal is of an audit with another {' and '.join(changed)}",
            where=path,
            mend=_MEND,
        )
    decoder, done = msgspec.json.Decoder(_Entry), {}
    for number, line in enumerate(rest, 2):
        try:
            entry = decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise CorpusError("not a result", where=path, line=number, mend=_MEND) from None
        done[entry.case] = entry.result
    return done
