"""Claims are held against the passages that share most words with them."""

from types import SimpleNamespace

import numpy as np
import pytest

from shield.errors import LeadError, ModelError
from shield.inference.support import Support, nearness, parts


class Pairs:
    """A model of pairs: what a passage holds of the claim's words is how far it supports it."""

    def __init__(self, labels=("unsupported", "supported")):
        self.labels, self.asked = labels, []

    def card(self, name):
        assert name == "grounding"
        return SimpleNamespace(labels=self.labels, surfaces={"premise": None})

    def scores(self, name, texts):
        self.asked += texts
        if any(len(lead) > 200 for _, _, lead in texts):
            raise LeadError("too long")
        return [SimpleNamespace(windows=[self._window(*text)]) for text in texts]

    def _window(self, text, surface, lead):
        assert surface == "premise"
        words = lead.split()
        share = sum(word in text for word in words) / len(words)
        return SimpleNamespace(probabilities=(1 - share, share))


def test_a_claim_is_as_supported_as_by_its_best_passage():
    engine = Pairs()
    texts = [f"filler number {n} about nothing. " * 40 for n in range(5)]
    held = parts([*texts, "The lake is safe for swimming."])

    assert Support(engine).of("the lake is safe", held) == 1.0
    assert len(engine.asked) == 3
    assert Support(engine).of("the moon burns", parts(["Quiet."])) < 0.5


def test_without_a_passage_or_with_too_long_a_claim_there_is_no_answer():
    assert Support(Pairs()).of("the lake", []) is None
    assert Support(Pairs()).of("lake " * 100, parts(["The lake."])) is None


def test_a_model_without_the_label_is_refused():
    with pytest.raises(ModelError):
        Support(Pairs(("no", "yes")))


def test_passages_are_bounded():
    assert len(parts(["A line of words here.\n\n" * 60_000])) == 400


class Embedder:
    def embed(self, name, texts):
        assert name == "embedder"
        rows = [[float("lake" in t), float("moon" in t), 0.1] for t in texts]
        made = np.array(rows, dtype=np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)


def test_nearness_is_that_of_the_nearest_passage():
    held = parts(["The lake is safe.", "Boats sail."])

    assert nearness(Embedder(), "Swim in the lake", held) == pytest.approx(1.0)
    assert nearness(Embedder(), "The moon burns", held) < 0.2
    assert nearness(Embedder(), "The moon burns", []) == 0.0
