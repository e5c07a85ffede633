"""Graphs: refused when anything is wrong, and never a score that is no number."""

import hashlib
import shutil
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.errors import InferenceError, ModelError, SetupError
from shield.inference.graph import Graph
from shield.inference.windows import Window

SHIPPED = Path(__file__).parents[2] / "models" / "injection"


@pytest.fixture(scope="module")
def graph() -> Graph:
    return Graph(SHIPPED)


@pytest.fixture
def folder(tmp_path) -> Path:
    shutil.copytree(SHIPPED, tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def answering(graph, monkeypatch):
    """The shipped graph with another session behind it."""

    def make(answer) -> Graph:
        fake = SimpleNamespace(run=lambda _, feeds: [answer(feeds["input_ids"])])
        monkeypatch.setattr(graph, "_session", fake)
        return graph

    return make


def _edit(folder: Path, old: str, new: str) -> None:
    card = folder / "card.toml"
    text = card.read_text("utf-8")
    assert old in text
    card.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_altered_graph_is_refused(folder):
    with (folder / "model.onnx").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(ModelError, match="sha256"):
        Graph(folder)


def test_a_missing_graph_is_refused(folder):
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelError, match="missing"):
        Graph(folder)


def test_a_symlinked_graph_is_refused(folder, tmp_path):
    shutil.move(folder / "model.onnx", tmp_path / "model.onnx")
    (folder / "model.onnx").symlink_to(tmp_path / "model.onnx")
    with pytest.raises(ModelError, match="plain file"):
        Graph(folder)


def _canary(folder: Path) -> tuple[str, str]:
    """The line of the first canary's score, and one that is wrong."""
    block = (folder / "card.toml").read_text("utf-8").partition("[[canary]]")[2]
    line = next(x for x in block.splitlines() if x.startswith("score"))
    wrong = "score = 0.5" if float(line.partition("=")[2]) < 0.3 else "score = 0.1"
    return line, wrong


def test_a_graph_that_fails_its_canary_is_refused(folder):
    _edit(folder, *_canary(folder))
    with pytest.raises(ModelError, match="canary"):
        Graph(folder)


def test_a_graph_with_fewer_labels_than_it_answers_is_refused_at_start(folder):
    _edit(folder, '    "jailbreak",\n', "")
    with pytest.raises(SetupError):
        Graph(folder)


def test_a_canary_of_an_unknown_surface_is_refused_at_start(folder):
    _edit(folder, '[[canary]]\nsurface = "user"', '[[canary]]\nsurface = "moon"')
    with pytest.raises(SetupError):
        Graph(folder)


def test_something_that_is_no_graph_is_refused(folder):
    before = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()
    (folder / "model.onnx").write_bytes(b"not a graph")
    _edit(folder, before, hashlib.sha256(b"not a graph").hexdigest())
    with pytest.raises(ModelError, match="cannot load"):
        Graph(folder)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_an_answer_that_is_no_number_is_an_error(answering, wrong):
    broken = answering(lambda ids: np.full((len(ids), 3), wrong))
    with pytest.raises(InferenceError):
        broken.run([Window((101, 102), 0, 1)], 1.0)


@pytest.mark.parametrize("shape", [(0, 3), (2, 3), (1, 2), (1, 4), (3,), (1, 3, 1)])
def test_an_answer_of_a_wrong_shape_is_an_error(answering, shape):
    broken = answering(lambda ids: np.zeros(shape))
    with pytest.raises(InferenceError):
        broken.run([Window((101, 102), 0, 1)], 1.0)


def test_one_bad_row_among_good_ones_is_an_error(answering):
    def answer(ids):
        made = np.zeros((len(ids), 3))
        made[-1, -1] = np.nan
        return made

    with pytest.raises(InferenceError):
        answering(answer).run([Window((101, 102), 0, 1)] * 5, 1.0)


def test_probabilities_of_a_window_add_up_to_one(graph):
    found, _ = graph.windows("Hello there", "user")
    assert graph.run(found, 1.0).sum() == pytest.approx(1.0)


def test_enormous_logits_do_not_overflow(answering):
    steady = answering(lambda ids: np.tile([1e4, 0.0, -1e4], (len(ids), 1)))
    assert steady.run([Window((101, 102), 0, 1)], 0.01).tolist() == [[1.0, 0.0, 0.0]]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 300), min_size=1, max_size=40))
def test_windows_of_all_lengths_are_answered_in_the_order_of_asking(lengths):
    shared = Graph.__new__(Graph)
    shared.card = SimpleNamespace(name="fake", labels=("a", "b"))
    shared._session = SimpleNamespace(
        run=lambda _, feeds: [
            np.stack([feeds["attention_mask"].sum(axis=1) / 100.0] * 2, axis=1) * [0, 1]
        ]
    )
    batch = [Window(tuple([1] * length), 0, 1) for length in lengths]
    expected = [1 / (1 + np.exp(-length / 100)) for length in lengths]
    assert shared.run(batch, 1.0)[:, 1].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("surface", ["user", "data"])
@pytest.mark.parametrize(
    "text", ["", " ", "Hello", "漢字 и привет", "word " * 2_000, "x" * 100_000]
)
def test_the_windows_of_any_text_end_where_it_ends(graph, surface, text):
    found, _ = graph.windows(text, surface)
    assert max(window.end for window in found) == len(text.rstrip())


@pytest.mark.parametrize("text", ["word " * 2_000, "漢" * 3_000, "a.b!" * 1_000])
def test_the_windows_of_a_long_text_leave_no_gap_in_its_words(graph, text):
    found, _ = graph.windows(text, "user")
    gaps = [b.start - a.end for a, b in pairwise(found)]
    assert max(gaps) <= 0


@pytest.mark.parametrize("text", ["half a pair \ud800 here", "\udfff before", "\ud800" * 500])
def test_half_a_surrogate_pair_does_not_shift_the_windows(graph, text):
    found, _ = graph.windows(text, "user")
    shown, _ = graph.windows(text.replace("\ud800", "\ufffd").replace("\udfff", "\ufffd"), "user")
    assert [(w.start, w.end) for w in found] == [(w.start, w.end) for w in shown]
