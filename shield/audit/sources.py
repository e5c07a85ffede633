"""`SOURCES.toml`: which batch of a corpus may lie in which file and split, and what was changed."""

from pathlib import Path
from typing import Any, Literal

import regex
from pydantic import Field

from shield.audit.corpus import Kind
from shield.document import Document
from shield.errors import CorpusError
from shield.policy import toml

NAME = "SOURCES.toml"
_BATCH = regex.compile(r"\s*(?:\[batches\.)?\"?([\w\-]+)\"?\]?\s*(?:=|$)")
_WORD = regex.compile(r"all of \w+/|\S+")


class Batch(Document):
    """Cases by one author. `files` are names of files (`chat`, `near_miss/pii`), `all of attacks/`, or
    `as a1`.
    """

    files: str
    split: Literal["tune", "hold"]
    written: Any = None
    blind: bool = False


class Sources(Document):
    """The batches of a corpus, and a line for every case that was changed."""

    batches: dict[str, Batch] = Field(default_factory=dict)
    notes: dict[str, Any] = Field(default_factory=dict)
    changes: dict[str, Any] = Field(default_factory=dict)

    def words(self, name: str) -> tuple[str, ...]:
        """The files of a batch, as written there or in the batch that it refers to."""
        seen: set[str] = set()
        files = self.batches[name].files
        while files.startswith("as "):
            other = files.removeprefix("as ").strip()
            if other in seen or other not in self.batches:
                return ()
            seen.add(other)
            files = self.batches[other].files
        return tuple(_WORD.findall(files))

    def holds(self, name: str, kind: Kind, group: str) -> bool:
        """True when the batch may have cases in `<kind>/<group>.jsonl`."""
        return bool({group, f"{kind}/{group}", f"all of {kind}/"} & set(self.words(name)))

    @property
    def groups(self) -> frozenset[str]:
        """The names of files that some batch states, with the folder where it states one."""
        return frozenset(word for name in self.batches for word in self.words(name))


def read(folder: Path) -> Sources:
    """The sources of a corpus folder.

    Raises:
        CorpusError: a batch is declared twice; names the line.
        PolicyError: it is missing, no TOML, or has an unknown key.
    """
    path = folder / NAME
    if path.is_file():
        for number, name, first in twice(path.read_text("utf-8", "replace")):
            raise CorpusError(
                f"the batch {name} is already declared in line {first}",
                where=path,
                line=number,
                mend="give each batch a name of its own",
            )
    return toml.read(path, Sources)


def twice(text: str) -> list[tuple[int, str, int]]:
    """The line, name and first line of every batch that is declared again."""
    first: dict[str, int] = {}
    found = []
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("["):
            inside = line.strip() == "[batches]"
            declares = line.lstrip().startswith("[batches.")
        else:
            declares = inside
        match = _BATCH.match(line) if declares else None
        if match and first.setdefault(match[1], number) != number:
            found.append((number, match[1], first[match[1]]))
    return found
