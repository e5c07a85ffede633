"""Sessions: checked names and shapes, and whether a batch mixes its rows."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from onnx import TensorProto

from shield.errors import InferenceError, ModelError
from shield.inference.session import Output, Session
from tests.tiny_models import NUMBER, graph, table

BAD = NUMBER["bad"]
LOGITS = table(2, {"bad": (0, 1), "worse": (0, 9)})
MARKS = table(3, {"anna": (0, 5, 0)})
OUTPUTS = {"logits": Output("logits", 2), "marks": Output("marks", 3, by_token=True)}


def session(raw: bytes | None = None, outputs=OUTPUTS) -> Session:
    made = raw or graph({"logits": ("sum", LOGITS), "marks": ("token", MARKS)})
    return Session(made, outputs, where=Path("tiny/model.onnx"))


def test_a_batch_answers_each_row_by_its_own_length():
    one, other = session().run([(BAD, BAD), (NUMBER["anna"],)])
    assert (one["logits"].tolist(), one["marks"].shape) == ([0.0, 2.0], (2, 3))
    assert (other["logits"].tolist(), other["marks"].tolist()) == ([0.0, 0.0], [[0.0, 5.0, 0.0]])


def test_answers_do_not_keep_the_batch_alive():
    assert all(v.base is None for v in session().run([(BAD,), (BAD,)])[0].values())


@pytest.mark.parametrize("kind", [TensorProto.INT64, TensorProto.INT32])
def test_a_graph_may_take_token_types_and_smaller_numbers(kind):
    raw = graph(
        {"logits": ("sum", LOGITS)}, ("input_ids", "attention_mask", "token_type_ids"), kind
    )
    (answer,) = session(raw, {"logits": Output("logits", 2)}).run([(BAD,)])
    assert answer["logits"].tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("raw", "outputs"),
    [
        (graph({"scores": ("sum", LOGITS)}), {"logits": Output("logits", 2)}),
        (
            graph({"logits": ("sum", LOGITS)}, ("input_ids", "attention_mask", "position_ids")),
            {"logits": Output("logits", 2)},
        ),
        (
            b"no graph at all",
            {"logits": Output("logits", 2)},
        ),
    ],
    ids=["no such output", "a foreign input", "no graph"],
)
def test_a_graph_of_another_shape_is_refused_at_start(raw, outputs):
    with pytest.raises(ModelError) as caught:
        session(raw, outputs)
    assert caught.value.where == "tiny/model.onnx"


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_one_number_that_is_none_fails_the_batch(wrong):
    rows = LOGITS.copy()
    rows[BAD, 0] = wrong
    broken = session(graph({"logits": ("sum", rows)}), {"logits": Output("logits", 2)})
    with pytest.raises(InferenceError, match="tiny"):
        broken.run([(NUMBER["the"],), (BAD,)])


@pytest.mark.parametrize(
    "output", [Output("logits", 3), Output("logits", 2, by_token=True), Output("logits", 1)]
)
def test_an_answer_of_another_shape_is_an_error(output):
    broken = session(graph({"logits": ("sum", LOGITS)}), {"logits": output})
    with pytest.raises(InferenceError, match="wrong shape"):
        broken.run([(BAD,), (BAD, BAD)])


@pytest.mark.parametrize("shape", [(0, 2), (3, 2), (2, 1), (2,), (2, 2, 1), ()])
def test_an_answer_for_other_rows_is_an_error(monkeypatch, shape):
    made = session(graph({"logits": ("sum", LOGITS)}), {"logits": Output("logits", 2)})
    fake = SimpleNamespace(run=lambda names, feeds: [np.zeros(shape, np.float32)])
    monkeypatch.setattr(made, "_session", fake)
    with pytest.raises(InferenceError, match="wrong shape"):
        made.run([(BAD,), (BAD,)])


def test_what_the_runtime_raises_is_an_error_without_its_words(monkeypatch):
    def fail(names, feeds):
        raise RuntimeError("canary-8812")

    made = session()
    monkeypatch.setattr(made, "_session", SimpleNamespace(run=fail))
    with pytest.raises(InferenceError) as caught:
        made.run([(BAD,)])
    assert "canary-8812" not in str(caught.value)


def test_an_id_beyond_the_table_is_an_error():
    with pytest.raises(InferenceError):
        session().run([(10_000,)])


def test_a_graph_that_adds_up_does_not_mix_rows():
    assert not session().mixes([(BAD,), (NUMBER["worse"],) * 9])


def test_a_graph_with_one_scale_a_batch_mixes_rows():
    raw = graph({"logits": ("mixing", table(2, {"bad": (1, 1), "worse": (9, 9)}))})
    made = session(raw, {"logits": Output("logits", 2)})
    assert made.mixes([(BAD,), (NUMBER["worse"],)])
