"""Corpora: conversations in JSON Lines, one file a family, domain or scanner."""

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct
from pydantic import Field

from shield.document import Document
from shield.errors import CorpusError
from shield.policy import toml
from shield.policy.schema import ToolEntry
from shield.types import Decision, Source


class Kind(StrEnum):
    """The folder that a case lies in: what is expected of it."""

    ATTACK = "attacks"
    BENIGN = "benign"
    NEAR_MISS = "near_miss"


class Call(Struct, frozen=True, forbid_unknown_fields=True):
    """A proposed tool call."""

    name: str
    arguments: dict[str, Any]


class Turn(Struct, frozen=True, forbid_unknown_fields=True):
    """One turn: text, or a call of the assistant."""

    source: Source
    text: str | None = None
    name: str = ""
    call: Call | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.call is None):
            raise ValueError("a turn has either text or call")
        if self.call is not None and self.source is not Source.ASSISTANT:
            raise ValueError("only the assistant proposes a call")


class Line(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a corpus file."""

    id: str
    lang: str
    split: Literal["tune", "hold"]
    batch: str
    expect: Decision
    turns: tuple[Turn, ...]
    note: str = ""

    def __post_init__(self) -> None:
        if not self.turns:
            raise ValueError("a case needs a turn")


class Case(Struct, frozen=True):
    """A conversation and what is expected of it. `group` is its family, domain or scanner."""

    kind: Kind
    group: str
    line: Line

    @property
    def id(self) -> str:
        """The case's id."""
        return self.line.id


class Corpus(Struct, frozen=True):
    """All cases of a folder, the tools they mention, and a digest of both."""

    folder: Path
    cases: tuple[Case, ...]
    tools: dict[str, ToolEntry]
    digest: str

    def split(self, name: str) -> tuple[Case, ...]:
        """The cases of one split, or of all."""
        return tuple(c for c in self.cases if name in (c.line.split, "all"))


class _Tools(Document):
    tools: dict[str, ToolEntry] = Field(default_factory=dict)


def load(folder: Path) -> Corpus:
    """Read a corpus folder.

    Raises:
        CorpusError: the folder is missing or empty, or a line is invalid; names file and line.
    """
    if not folder.is_dir():
        raise CorpusError("there is no such folder", where=folder, mend="give the corpus folder")
    digest = hashlib.sha256()
    cases: list[Case] = []
    homes: dict[str, str] = {}
    for kind in Kind:
        for path in sorted((folder / kind).glob("*.jsonl")):
            digest.update(f"{kind}/{path.name}".encode() + path.read_bytes())
            for number, case in _cases(path, kind):
                if case.id in homes:
                    raise CorpusError(
                        f"the id {case.id} already stands in {homes[case.id]}",
                        where=path,
                        line=number,
                        mend="give each case an id of its own",
                    )
                homes[case.id] = f"{path.name}:{number}"
                cases.append(case)
    known = tools(folder)
    stated = folder / "tools.toml"
    digest.update(stated.read_bytes() if stated.is_file() else b"")
    return Corpus(folder, tuple(cases), known, digest.hexdigest()[:16])


def tools(folder: Path) -> dict[str, ToolEntry]:
    """The tools that the cases of a folder mention; none where there is no `tools.toml`.

    Raises:
        PolicyError: the file is broken.
    """
    path = folder / "tools.toml"
    return dict(toml.read(path, _Tools).tools) if path.is_file() else {}


class Entry(Struct, frozen=True):
    """One line of a file: a case, or why it is none."""

    number: int
    case: Case | None
    why: str = ""


def entries(path: Path, kind: Kind) -> Iterator[Entry]:
    """Every line of a corpus file that is not blank."""
    decoder = msgspec.json.Decoder(Line)
    for number, raw in enumerate(path.read_bytes().splitlines(), 1):
        if not raw.strip():
            continue
        try:
            yield Entry(number, Case(kind, path.stem, decoder.decode(raw)))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            yield Entry(number, None, f"not a case: {error}")
        except RecursionError:
            yield Entry(number, None, "not a case: nested too deeply")


def _cases(path: Path, kind: Kind) -> Iterator[tuple[int, Case]]:
    for entry in entries(path, kind):
        if entry.case is None:
            raise CorpusError(
                entry.why,
                where=path,
                line=entry.number,
                mend="attack_corpus/README.md describes a line; `shield corpus check` names all",
            )
        yield entry.number, entry.case
