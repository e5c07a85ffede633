"""Versions of a policy that served well: kept whole, so that a rollback needs nothing but them.

Each lies in a file of its own under its digest, which is computed again when it is read back. The
models are not kept: a version says by its lock which ones it was made for.
"""

import time
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shield.errors import PolicyError
from shield.ops.state import alone, put
from shield.policy import lock as locks
from shield.policy.load import Policy
from shield.policy.schema import PatternRule, PhraseRule, PolicyDocument

_MOST = 10


class Version(Struct, frozen=True):
    """A version that has served, and since when (seconds since 1970)."""

    digest: str
    name: str
    version: str
    at: float


class _List(Struct, frozen=True):
    versions: tuple[Version, ...] = ()


class _Kept(Struct, frozen=True):
    document: dict[str, Any]
    rules: list[dict[str, Any]]
    phrases: list[dict[str, Any]]
    lock: dict[str, Any]


class Versions:
    """The versions in a state folder, at most ten, the newest last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._index = folder / "versions.json"

    def all(self) -> tuple[Version, ...]:
        """The versions, the newest last; none where the list cannot be read."""
        try:
            return msgspec.json.decode(self._index.read_bytes(), type=_List).versions
        except (OSError, msgspec.DecodeError):
            return ()

    def keep(self, policy: Policy, at: float | None = None) -> None:
        """Keep a policy as the newest; one that is the newest already stays as it is.

        Raises:
            OSError: the folder cannot be written.
        """
        with alone(self._folder):
            known = self.all()
            if known and known[-1].digest == policy.digest:
                return
            put(self._file(policy.digest), _kept(policy))
            named = policy.document
            new = Version(policy.digest, named.name, named.version, at or time.time())
            rest = [v for v in known if v.digest != policy.digest]
            put(self._index, _List((*rest, new)[-_MOST:]))
            for old in rest[: max(0, len(rest) + 1 - _MOST)]:
                self._file(old.digest).unlink(missing_ok=True)

    def load(self, digest: str, like: Policy) -> Policy:
        """The version with this digest, as if it stood where `like` does.

        Raises:
            PolicyError: it is not kept, or not what its digest says.
        """
        file = self._file(digest)
        try:
            kept = msgspec.json.decode(file.read_bytes(), type=_Kept)
            made = _policy(kept, like)
        except (OSError, msgspec.DecodeError, ValueError):
            raise PolicyError(
                "this version is not kept", where=file, mend="name one that `--list` shows"
            ) from None
        if made.digest != digest:
            raise PolicyError(
                "this version was altered, or kept by another release", where=file, mend="delete it"
            )
        return made

    def _file(self, digest: str) -> Path:
        return self._folder / "versions" / f"{digest}.json"


def _kept(policy: Policy) -> _Kept:
    return _Kept(
        document=policy.document.model_dump(mode="json"),
        rules=[rule.model_dump(mode="json") for rule in policy.rules],
        phrases=[phrase.model_dump(mode="json") for phrase in policy.phrases],
        lock=policy.lock.model_dump(mode="json"),
    )


def _policy(kept: _Kept, like: Policy) -> Policy:
    document = PolicyDocument.model_validate_json(msgspec.json.encode(kept.document))
    rules = tuple(PatternRule.model_validate_json(msgspec.json.encode(r)) for r in kept.rules)
    phrases = tuple(PhraseRule.model_validate_json(msgspec.json.encode(p)) for p in kept.phrases)
    lock = locks.Lock.model_validate_json(msgspec.json.encode(kept.lock))
    inputs = locks.inputs_digest(document, [*kept.rules, *kept.phrases])
    levels = {rule.id: rule.level for rule in rules}
    bare = replace(like, rules=rules, phrases=phrases, lock=lock, inputs=inputs, levels=levels)
    return bare.with_document(document)
