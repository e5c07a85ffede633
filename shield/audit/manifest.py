"""`manifest.json`: the cases of a corpus at its last release, to tell what was changed since."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import Struct, field

from shield.audit.corpus import Case, Corpus, Kind
from shield.errors import CorpusError

NAME = "manifest.json"


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """A corpus by its digest, the digest of each of its cases by id, and the SHA-256 of each file that
    cases, tools and batches stand in.
    """

    corpus: str
    cases: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)


class Changes(Struct, frozen=True):
    """Ids of cases that came, changed and went since a release; and the files that are not what they
    were.
    """

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    files: tuple[str, ...] = ()


def digest(case: Case) -> str:
    """What names a case's content and place."""
    return hashlib.sha256(msgspec.json.encode(case, order="deterministic")).hexdigest()[:12]


def made(corpus: Corpus) -> Manifest:
    """The manifest of a corpus as it is now."""
    cases = {case.id: digest(case) for case in corpus.cases}
    return Manifest(corpus.digest, cases, dict(_files(corpus.folder)))


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    """The files that make up a corpus, with their SHA-256."""
    paths = [path for kind in Kind for path in sorted((folder / kind).glob("*.jsonl"))]
    for path in (*paths, folder / "SOURCES.toml", folder / "tools.toml"):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()


def write(corpus: Corpus) -> Path:
    """Write the manifest into the corpus folder."""
    path = corpus.folder / NAME
    found = made(corpus)
    shown = Manifest(found.corpus, dict(sorted(found.cases.items())), found.files)
    path.write_text(
        msgspec.json.format(msgspec.json.encode(shown), indent=1).decode() + "\n", "utf-8"
    )
    return path


def read(folder: Path) -> Manifest:
    """The manifest of a corpus folder.

    Raises:
        CorpusError: there is none, or it is broken.
    """
    path = folder / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise CorpusError(
            "not a manifest", where=path, mend="run `shield corpus release` on a released corpus"
        ) from None


def compared(before: Manifest, now: Manifest) -> Changes:
    """What happened between two manifests."""
    both = before.cases.keys() & now.cases.keys()
    return Changes(
        added=tuple(sorted(now.cases.keys() - both)),
        changed=tuple(sorted(i for i in both if before.cases[i] != now.cases[i])),
        removed=tuple(sorted(before.cases.keys() - both)),
        files=tuple(
            sorted(
                name
                for name in before.files.keys() | now.files.keys()
                if before.files and before.files.get(name) != now.files.get(name)
            )
        ),
    )
