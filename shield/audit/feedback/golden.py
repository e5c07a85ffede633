"""The golden set: cases that were once judged wrongly, apart from the corpus that rates are taken from.

They are chosen for having been wrong, so a rate over them says nothing about traffic: they neither
enter the false-positive budget nor detection. They have one gate of their own: what has once been
put right stays right.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from shield.audit.budget import Gate
from shield.audit.corpus import Corpus
from shield.audit.replay import Result
from shield.errors import CorpusError

RIGHT = "right.json"
_SHOWN = 10


class Golden(Struct, frozen=True):
    """What became of the golden cases. `lost` were right when a result was last accepted."""

    corpus: str
    n: int
    wrong: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()

    @property
    def gate(self) -> Gate:
        """Broken when some case is wrong again."""
        shown = ", ".join(self.lost[:_SHOWN])
        why = f"{self.n - len(self.wrong)} of {self.n} cases of the golden set are right"
        return Gate("golden", not self.lost, f"{why}; wrong again: {shown}" if shown else why)


class _Right(Struct, frozen=True, forbid_unknown_fields=True):
    right: tuple[str, ...]


def golden(corpus: Corpus, results: Sequence[Result]) -> Golden:
    """Sum the results of a golden folder up against those that were accepted.

    Raises:
        CorpusError: what was accepted cannot be read.
    """
    before = _accepted(corpus.folder)
    wrong = tuple(sorted(r.id for r in results if r.wrong))
    return Golden(corpus.digest, len(results), wrong, tuple(i for i in wrong if i in before))


def accept(folder: Path, found: Golden, ids: Iterable[str]) -> None:
    """Remember which of the cases are right now."""
    right = _Right(tuple(sorted(set(ids) - set(found.wrong))))
    raw = msgspec.json.format(msgspec.json.encode(right), indent=1)
    (folder / RIGHT).write_bytes(raw + b"\n")


def _accepted(folder: Path) -> frozenset[str]:
    path = folder / RIGHT
    if not path.exists():
        return frozenset()
    try:
        return frozenset(msgspec.json.decode(path.read_bytes(), type=_Right).right)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise CorpusError(
            "not what an audit has accepted", where=path, mend="run `shield audit --accept`"
        ) from None
