"""The lock: thresholds that calibration derived, and the digests of what they hold for."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

import msgspec
from pydantic import Field

from shield.document import Document
from shield.errors import PolicyError
from shield.policy import toml
from shield.policy.schema import PolicyDocument


class Lock(Document):
    """`<policy>.lock.toml`. A threshold is keyed `<rule or scanner>@<surface>` or by rule or scanner alone."""

    inputs: str
    corpus: str
    models: dict[str, str] = Field(default_factory=dict)
    thresholds: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)


def lock_path(policy: Path) -> Path:
    """Where the lock of a policy file lies."""
    return policy.with_suffix(".lock.toml")


def read(policy: Path, inputs: str) -> Lock:
    """The lock beside `policy`.

    Raises:
        PolicyError: there is none, or it was made for other scanners or rules.
    """
    path = lock_path(policy)
    if not path.is_file():
        raise PolicyError(
            "there is no lock", where=path, mend="run `shield calibrate --policy ...`"
        )
    lock = toml.read(path, Lock)
    if lock.inputs != inputs:
        raise PolicyError(
            "the lock was made for other scanners, options or rules",
            where=path,
            mend="run `shield calibrate --policy ...` after changing them",
        )
    return lock


def write(policy: Path, lock: Lock) -> None:
    """Write the lock beside `policy`."""
    lines = [
        "# Derived by `shield calibrate`; not for editing.",
        f'inputs = "{lock.inputs}"',
        f'corpus = "{lock.corpus}"',
        "",
        "[models]",
        *(f'{name} = "{digest}"' for name, digest in sorted(lock.models.items())),
        "",
        "[thresholds]",
        *(f'"{key}" = {value}' for key, value in sorted(lock.thresholds.items())),
    ]
    lock_path(policy).write_text("\n".join(lines) + "\n", encoding="utf-8")


def inputs_digest(document: PolicyDocument, rules: Any) -> str:
    """What thresholds depend on: the scanners' options and the rules; not limits, tools or mode."""
    scanners = {name: entry.options for name, entry in document.scanners.items()}
    return digest({"scanners": scanners, "rules": rules})


def digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value, 16 hex digits."""
    encoded = msgspec.json.encode(value, order="deterministic")
    return hashlib.sha256(encoded).hexdigest()[:16]
