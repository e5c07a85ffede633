"""Sentences and their vectors, kept together with the digest of the model that made them."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from shield.errors import ModelError
from shield.inference.engine import Engine

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MEND = "embed the sentences again: Vectors.of(engine, model, sentences).save(path)"


class Vectors(Struct, frozen=True):
    """Sentences and their unit vectors; `model` is the digest that they hold for.

    `rows` are float32, one row a sentence, in base64 so that the file is plain JSON.
    """

    model: str
    sentences: tuple[str, ...]
    rows: str

    @classmethod
    def of(cls, engine: Engine, model: str, sentences: Sequence[str]) -> "Vectors":
        """The vectors of sentences by a graph that embeds.

        Raises:
            InferenceError: the graph answered nonsense.
        """
        once = tuple(dict.fromkeys(sentences))
        rows = engine.embed(model, once).tobytes()
        return cls(engine.card(model).digest, once, base64.b64encode(rows).decode("ascii"))

    @classmethod
    def read(cls, path: Path, engine: Engine, model: str) -> "Vectors":
        """Stored vectors, for use beside those of the loaded model.

        Raises:
            ModelError: no such file, not such a file, or made by another model.
        """
        try:
            found = msgspec.json.decode(path.read_bytes(), type=cls)
        except (OSError, msgspec.DecodeError):
            raise ModelError("no file of vectors", where=path, mend=_MEND) from None
        loaded = engine.card(model).digest
        if found.model != loaded:
            raise ModelError(
                f"the vectors are of model {found.model}, loaded is {loaded}: "
                "a cosine between them says nothing",
                where=path,
                mend=_MEND,
            )
        return found

    def save(self, path: Path) -> None:
        """Write a file for `read`."""
        path.write_bytes(msgspec.json.format(msgspec.json.encode(self)))

    def matrix(self, sentences: Sequence[str]) -> "NDArray[np.float32]":
        """The vectors of some of the sentences, shape (sentences, width).

        Raises:
            ModelError: one of them is not here, or the rows are damaged.
        """
        import numpy as np

        place = {sentence: number for number, sentence in enumerate(self.sentences)}
        if missing := [s for s in sentences if s not in place]:
            raise ModelError(f"no vector for {len(missing)} of the sentences", mend=_MEND)
        try:
            rows = np.frombuffer(base64.b64decode(self.rows), np.float32)
            whole = rows.reshape(len(self.sentences), max(1, rows.size // len(self.sentences)))
        except ValueError:
            raise ModelError("the rows do not fit the sentences", mend=_MEND) from None
        chosen: NDArray[np.float32] = whole[[place[s] for s in sentences]]
        return chosen
