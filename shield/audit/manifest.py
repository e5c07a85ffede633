"""`manifest.json`: the cases of a corpus at its last release, to tell what was changed since."""

import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct

from shield.audit.corpus import Case, Corpus
from shield.errors import CorpusError

NAME = "manifest.json"


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """A corpus by its digest, and the digest of each of its cases by id."""

    corpus: str
    cases: dict[str, str]


class Changes(Struct, frozen=True):
    """Ids of cases that came, changed and went since a release."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]


def digest(case: Case) -> str:
    """What names a case's content and place."""
    return hashlib.sha256(msgspec.json.encode(case, order="deterministic")).hexdigest()[:12]


def made(corpus: Corpus) -> Manifest:
    """The manifest of a corpus as it is now."""
    return Manifest(corpus.digest, {case.id: digest(case) for case in corpus.cases})


def write(corpus: Corpus) -> Path:
    """Write the manifest into the corpus folder."""
    path = corpus.folder / NAME
    found = made(corpus)
    shown = Manifest(found.corpus, dict(sorted(found.cases.items())))
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
    )
