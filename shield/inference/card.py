"""Model folders: the card, and the proof that the files are the ones it describes."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from shield.errors import ModelError

Task = Literal["sequence-classification", "token-classification", "embedding"]
Activation = Literal["softmax", "sigmoid"]


class SurfaceCard(Struct, frozen=True):
    """How texts of one surface are led in, cut into windows, and calibrated.

    `size` counts the tokens of a window, special ones included (characters, for n-grams);
    neighbours share `overlap`. `temperature` divides what the task is about: `logits`, or the
    `marks` of token classification. A first tier passes a text on from `pass_threshold`.
    """

    prefix: str
    temperature: float
    size: int
    overlap: int
    pass_threshold: float = 0.0


class FileCard(Struct, frozen=True):
    """The SHA-256 of one file of the folder, hexadecimal."""

    sha256: str


class Canary(Struct, frozen=True):
    """A text and the score that it must get.

    `score` is the highest probability of `label` over the windows of the text, or over its
    tokens when `label` is a mark; of an embedding, the cosine between `text` and `lead`.
    """

    surface: str
    text: str
    score: float
    label: str = ""
    lead: str = ""


class Card(Struct, frozen=True):
    """What serving needs of `card.toml`; the rest is for people.

    `labels` are those of `logits`, `marks` the classes of a token, the outside class first.
    """

    name: str
    task: Task
    labels: tuple[str, ...]
    licence: str
    surfaces: dict[str, SurfaceCard]
    files: dict[str, FileCard]
    canary: tuple[Canary, ...]
    marks: tuple[str, ...] = ()
    activation: Activation = "softmax"
    reader: Literal["tokens", "ngrams"] = "tokens"
    metrics: dict[str, Any] = {}

    def __post_init__(self) -> None:
        self._check_answers()
        if not self.surfaces:
            raise ValueError("surfaces: a card has one at least")
        sizes = [(s.size, s.overlap) for s in self.surfaces.values()]
        if not all(32 <= size <= 512 and 0 <= overlap <= size // 2 for size, overlap in sizes):
            raise ValueError("windows have 32 to 512 tokens, of which at most half overlap")
        if not all(0.01 <= s.temperature <= 100 for s in self.surfaces.values()):
            raise ValueError("a temperature lies between 0.01 and 100")
        if unknown := {c.surface for c in self.canary} - self.surfaces.keys():
            raise ValueError(f"canary: unknown surface {min(unknown)}")
        known = {""} if self.task == "embedding" else {*self.labels, *self.marks}
        if not {c.label for c in self.canary} <= known:
            raise ValueError("canary: a label that is neither a label nor a mark of the card")

    def _check_answers(self) -> None:
        if len({*self.labels}) < len(self.labels) or len({*self.marks}) < len(self.marks):
            raise ValueError("labels and marks: no name twice")
        if self.task == "sequence-classification" and not self.labels:
            raise ValueError("labels: sequence classification needs them")
        if len(self.labels) == 1 and self.activation == "softmax":
            raise ValueError("labels: softmax of one label is always 1")
        least = 2 if self.task == "token-classification" or self.marks else 0
        if len(self.marks) < least:
            raise ValueError("marks: the outside class and another one are needed")

    @property
    def digest(self) -> str:
        """Names this model in locks and caches: 16 hex digits over its files and calibration."""
        parts = [self.files, self.labels, self.surfaces, self.marks, self.activation]
        return hashlib.sha256(msgspec.json.encode(parts, order="deterministic")).hexdigest()[:16]


MEND = "restore the model folder from the release, or run its recipe in models/train"


def verified(folder: Path) -> Card:
    """The card of a folder whose files are what the card says.

    Raises:
        ModelError: no folder, no or an invalid card, a file missing, foreign or altered.
    """
    return contents(folder)[0]


def contents(folder: Path) -> tuple[Card, dict[str, bytes]]:
    """The card of a folder and the bytes of its files, as they were when they were verified.

    Raises:
        ModelError: as `verified`.
    """
    card = _read(folder / "card.toml")
    found: dict[str, bytes] = {}
    for name, file in card.files.items():
        path = folder / name
        if Path(name).name != name or path.is_symlink():
            raise ModelError(f"{name}: not a plain file of the folder", where=folder, mend=MEND)
        if not path.is_file():
            raise ModelError("the file is missing", where=path, mend=MEND)
        found[name] = path.read_bytes()
        if hashlib.sha256(found[name]).hexdigest() != file.sha256:
            raise ModelError("the file differs from its card's sha256", where=path, mend=MEND)
    return card, found


def _read(path: Path) -> Card:
    try:
        card = msgspec.convert(tomllib.loads(path.read_text("utf-8")), Card)
    except OSError:
        raise ModelError("there is no model card", where=path, mend=MEND) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ModelError(f"the card is invalid: {error}", where=path, mend=MEND) from None
    needed = {"model.onnx"} | ({"tokenizer.json"} if card.reader == "tokens" else set())
    if not needed <= card.files.keys():
        raise ModelError(
            f"files: the digests of {' and '.join(sorted(needed))} are needed",
            where=path,
            mend=MEND,
        )
    if not card.canary:
        raise ModelError("canary: one text at least is needed", where=path, mend=MEND)
    return card
