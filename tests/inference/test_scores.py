"""Scores: activation, temperature, marks in their windows, vectors of long texts."""

import math

import numpy as np
import pytest

from shield.inference.card import Canary, Card, FileCard, SurfaceCard
from shield.inference.readers import Cut
from shield.inference.scores import Scores, WindowScore, probabilities, scored
from shield.inference.windows import Window

SURFACE = SurfaceCard("", 2.0, 32, 8)


def card(**changes) -> Card:
    known = {
        "name": "t",
        "task": "sequence-classification",
        "labels": ("a", "b"),
        "licence": "",
        "surfaces": {"text": SURFACE},
        "files": {"model.onnx": FileCard("0")},
        "canary": (Canary("text", "", 0.5, ""),) if changes.get("task") == "embedding" else (),
    }
    return Card(**{**known, **changes})


def logits(*rows):
    return [{"logits": np.float32(row)} for row in rows]


def test_softmax_is_tempered():
    ((a, b),) = probabilities(card(), SURFACE, logits((2.0, 0.0)))
    assert (a, a + b) == (pytest.approx(1 / (1 + math.exp(-1))), pytest.approx(1))


def test_labels_that_do_not_exclude_each_other_have_their_own_odds():
    made = card(activation="sigmoid")
    ((a, b),) = probabilities(made, SURFACE, logits((2.0, 4.0)))
    assert a == pytest.approx(1 / (1 + math.exp(-1)))
    assert b == pytest.approx(1 / (1 + math.exp(-2)))


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_enormous_numbers_do_not_overflow(activation):
    made = card(activation=activation)
    rows = probabilities(made, SurfaceCard("", 0.01, 32, 8), logits((1e30, -1e30)))
    assert rows == [(1.0, 0.0)]


def cut(*windows: Window) -> Cut:
    return Cut("", windows, 10, 1, 1)


def test_a_window_keeps_its_characters():
    made = cut(Window((1, 5, 2), 3, 9), Window((1, 6, 2), 7, 12))
    found = scored(card(), SURFACE, made, logits((0, 0), (0, 0)))
    assert [(w.start, w.end) for w in found.windows] == [(3, 9), (7, 12)]
    assert (found.tokens, found.marks, found.vector) == (10, (), b"")


def test_the_highest_of_a_label_is_over_all_windows():
    windows = (WindowScore(0, 1, (0.2, 0.8)), WindowScore(1, 2, (0.9, 0.1)))
    found = Scores(("a", "b"), windows, 2)
    assert (found.highest("a"), found.highest("b")) == (0.9, 0.8)
    with pytest.raises(ValueError, match="not in"):
        found.highest("c")


def test_the_vector_of_a_long_text_is_the_mean_by_tokens_of_unit_length():
    made = cut(Window((1, *[5] * 9, 2), 0, 9), Window((1, *[6] * 3, 2), 9, 12))
    answers = [{"embedding": np.float32(v)} for v in ((5, 0), (0, 7))]
    found = scored(card(task="embedding", labels=()), SURFACE, made, answers)
    assert np.frombuffer(found.vector, np.float32) == pytest.approx(
        np.array([9, 3]) / math.hypot(9, 3)
    )


def test_a_vector_of_nothing_is_no_error():
    found = scored(
        card(task="embedding", labels=()),
        SURFACE,
        cut(Window((1, 2), 0, 0)),
        [{"embedding": np.float32((0, 0))}],
    )
    assert np.frombuffer(found.vector, np.float32).tolist() == [0, 0]
