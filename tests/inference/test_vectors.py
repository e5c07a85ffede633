"""Stored vectors hold for the model that made them and for no other."""

from types import SimpleNamespace

import numpy as np
import pytest

from shield.errors import ModelError
from shield.inference.vectors import Vectors


class FakeEngine:
    """Embeds a sentence as its length and its first letter."""

    def __init__(self, digest="abc"):
        self.digest, self.asked = digest, []

    def card(self, model):
        return SimpleNamespace(digest=self.digest)

    def embed(self, model, texts):
        self.asked += texts
        return np.array([[len(t), ord(t[0])] for t in texts], np.float32)


@pytest.fixture
def made():
    return Vectors.of(FakeEngine(), "embedder", ["one", "three", "one"])


def test_a_sentence_is_embedded_once():
    engine = FakeEngine()
    Vectors.of(engine, "embedder", ["one", "three", "one"])
    assert engine.asked == ["one", "three"]


def test_rows_come_in_the_order_asked_for(made):
    assert made.matrix(["three", "one", "three"]).tolist() == [[5, 116], [3, 111], [5, 116]]


def test_what_was_saved_is_read_again(made, tmp_path):
    made.save(tmp_path / "v.json")
    assert Vectors.read(tmp_path / "v.json", FakeEngine(), "embedder") == made


def test_vectors_of_another_model_are_refused(made, tmp_path):
    made.save(tmp_path / "v.json")
    with pytest.raises(ModelError, match=r"model abc, loaded is xyz") as caught:
        Vectors.read(tmp_path / "v.json", FakeEngine("xyz"), "embedder")
    assert "embed the sentences again" in caught.value.mend


@pytest.mark.parametrize("content", [None, b"", b"{}", b'{"model": 1}', b"\xff\xfe"])
def test_a_file_that_holds_no_vectors_is_refused(tmp_path, content):
    path = tmp_path / "v.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelError, match="no file of vectors"):
        Vectors.read(path, FakeEngine(), "embedder")


def test_a_sentence_without_a_vector_is_refused_and_not_shown(made):
    with pytest.raises(ModelError, match="1 of the sentences") as caught:
        made.matrix(["one", "canary-5519"])
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("rows", ["", "AAAA", "AAAAAAAAAAAAAAAAAAAA"])
def test_damaged_rows_are_refused(made, rows):
    with pytest.raises(ModelError, match="do not fit"):
        Vectors(made.model, made.sentences, rows).matrix(["one"])
