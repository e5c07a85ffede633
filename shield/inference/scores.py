"""What a graph says about a text, out of its answers to the windows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from shield.inference.card import Card, SurfaceCard
from shield.inference.marks import Mark, by_window, marks, merged
from shield.inference.readers import Cut
from shield.inference.session import Answer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class WindowScore(Struct, frozen=True):
    """The characters of a window and its probabilities, in the order of the card's labels.

    `marks` are those of the text that begin in this window; each stands in one window only.
    """

    start: int
    end: int
    probabilities: tuple[float, ...]
    marks: tuple[Mark, ...] = ()


class Scores(Struct, frozen=True):
    """What a graph says about one text.

    `vector` holds the float32 numbers of the unit vector, empty without an embedding.
    """

    labels: tuple[str, ...]
    windows: tuple[WindowScore, ...]
    tokens: int
    vector: bytes = b""

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The marks of the whole text, in order and apart."""
        return tuple(mark for window in self.windows for mark in window.marks)

    def highest(self, label: str) -> float:
        """The highest probability of a label over the windows.

        Raises:
            ValueError: the graph has no such label.
        """
        place = self.labels.index(label)
        return max(window.probabilities[place] for window in self.windows)


def scored(card: Card, surface: SurfaceCard, cut: Cut, answers: Sequence[Answer]) -> Scores:
    """The scores of a text whose windows got `answers`."""
    rows: list[tuple[float, ...]] = [()] * len(cut.windows)
    if card.labels:
        rows = probabilities(card, surface, answers)
    found: list[Mark] = []
    if card.marks and cut.read is not None:
        found = marks(cut.text, cut.read, tokenwise(card, surface, cut, answers), card.marks)
    shown = by_window(found, [window.start for window in cut.windows])
    scores = tuple(
        WindowScore(window.start, window.end, row, begun)
        for window, row, begun in zip(cut.windows, rows, shown, strict=True)
    )
    return Scores(card.labels, scores, cut.tokens, _vector(card, cut, answers))


def probabilities(
    card: Card, surface: SurfaceCard, answers: Sequence[Answer]
) -> list[tuple[float, ...]]:
    """The probabilities of each window, by the card's activation and temperature."""
    import numpy as np

    temperature = surface.temperature if card.task == "sequence-classification" else 1.0
    logits = np.stack([answer["logits"] for answer in answers]).astype(np.float64) / temperature
    shown = _softmax(logits) if card.activation == "softmax" else _sigmoid(logits)
    return [tuple(row) for row in shown.tolist()]


def tokenwise(
    card: Card, surface: SurfaceCard, cut: Cut, answers: Sequence[Answer]
) -> "NDArray[np.float32]":
    """The probabilities of each token of a text, shape (tokens, classes)."""
    temperature = surface.temperature if card.task == "token-classification" else 1.0
    parts = []
    for window, answer in zip(cut.windows, answers, strict=True):
        inside = answer["marks"][cut.head : len(window.ids) - cut.tail]
        parts.append((window.first, _softmax(inside / temperature)))
    return merged(parts, cut.tokens)


def _vector(card: Card, cut: Cut, answers: Sequence[Answer]) -> bytes:
    """The mean of the window vectors, weighted by their tokens, of length one."""
    import numpy as np

    if card.task != "embedding":
        return b""
    around = cut.head + cut.tail
    weights = [max(1, len(window.ids) - around) for window in cut.windows]
    rows = np.stack([answer["embedding"] for answer in answers]).astype(np.float64)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    mean = np.average(rows, axis=0, weights=weights)
    unit: bytes = (mean / max(float(np.linalg.norm(mean)), 1e-12)).astype(np.float32).tobytes()
    return unit


def _softmax(rows: "NDArray[np.floating]") -> "NDArray[np.floating]":
    import numpy as np

    raised = np.exp(rows - rows.max(axis=-1, keepdims=True))
    shown: NDArray[np.floating] = raised / raised.sum(axis=-1, keepdims=True)
    return shown


def _sigmoid(rows: "NDArray[np.floating]") -> "NDArray[np.floating]":
    import numpy as np

    shown: NDArray[np.floating] = 0.5 * (1.0 + np.tanh(0.5 * rows))
    return shown
