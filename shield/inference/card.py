"""Model folders: the card, and the proof that the files are the ones it describes."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from shield.errors import ModelError


class SurfaceCard(Struct, frozen=True):
    """How texts of one surface are led in, cut into windows, and calibrated.

    `size` counts the tokens of a window, special ones included; neighbours share `overlap`.
    """

    prefix: str
    temperature: float
    size: int
    overlap: int


class FileCard(Struct, frozen=True):
    """The SHA-256 of one file of the folder, hexadecimal."""

    sha256: str


class Canary(Struct, frozen=True):
    """A text and the score, one minus the probability of benign, that it must get."""

    surface: str
    text: str
    score: float


class Card(Struct, frozen=True):
    """What serving needs of `card.toml`; the rest is for people."""

    name: str
    task: str
    labels: tuple[str, ...]
    licence: str
    surfaces: dict[str, SurfaceCard]
    files: dict[str, FileCard]
    canary: tuple[Canary, ...]
    metrics: dict[str, Any] = {}

    def __post_init__(self) -> None:
        if not {"model.onnx", "tokenizer.json"} <= self.files.keys():
            raise ValueError("files: the digests of model.onnx and tokenizer.json are needed")
        if len(self.labels) < 2 or not self.surfaces:
            raise ValueError("a card has two labels and one surface at least")
        sizes = [(s.size, s.overlap) for s in self.surfaces.values()]
        if not all(32 <= size <= 512 and 0 <= overlap <= size // 2 for size, overlap in sizes):
            raise ValueError("windows have 32 to 512 tokens, of which at most half overlap")
        if not all(0.01 <= s.temperature <= 100 for s in self.surfaces.values()):
            raise ValueError("a temperature lies between 0.01 and 100")
        if unknown := {c.surface for c in self.canary} - self.surfaces.keys():
            raise ValueError(f"canary: unknown surface {min(unknown)}")

    @property
    def digest(self) -> str:
        """Names this model in locks and caches: 16 hex digits over its files and calibration."""
        parts = [self.files, self.labels, self.surfaces]
        return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:16]


_MEND = "restore the model folder from the release, or run its recipe in models/train"


def verified(folder: Path) -> Card:
    """The card of a folder whose files are what the card says.

    Raises:
        ModelError: no folder, no or an invalid card, a file missing, foreign or altered.
    """
    card = _read(folder / "card.toml")
    for name, file in card.files.items():
        path = folder / name
        if Path(name).name != name or path.is_symlink():
            raise ModelError(f"{name}: not a plain file of the folder", where=folder, mend=_MEND)
        if not path.is_file():
            raise ModelError("the file is missing", where=path, mend=_MEND)
        if hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
            raise ModelError("the file differs from its card's sha256", where=path, mend=_MEND)
    return card


def _read(path: Path) -> Card:
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), Card)
    except OSError:
        raise ModelError("there is no model card", where=path, mend=_MEND) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ModelError(f"the card is invalid: {error}", where=path, mend=_MEND) from None
