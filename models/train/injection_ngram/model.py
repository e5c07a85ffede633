"""The linear model over hashed character n-grams: its windows, its fit, its graph."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from models.train.injection.sample import BENIGN, LABELS, Sample
from shield.inference.ngrams import BUCKETS, buckets, pieces, window_ids
from shield.text.canonical import canonical

SIZE, OVERLAP = 512, 128  # characters
SURFACES = ("user", "data")
_EPOCHS, _BATCH, _RATE, _MAX_WINDOWS = 5, 256, 0.05, 3


class Bag(NamedTuple):
    """The n-grams of one window, its surface and label."""

    ids: Any
    surface: int
    label: int


class Linear(nn.Module):
    """Mean-like sum of bucket weights, with a bias a surface → logits (batch, labels)."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.EmbeddingBag(BUCKETS, len(LABELS), mode="sum", sparse=True)
        self.bias = nn.Embedding(len(SURFACES), len(LABELS))
        nn.init.zeros_(self.weights.weight)
        nn.init.zeros_(self.bias.weight)

    def forward(self, ids: torch.Tensor, offsets: torch.Tensor, surface: torch.Tensor) -> Any:
        counts = torch.diff(offsets, append=torch.tensor([len(ids)])).clamp(min=1)
        summed = self.weights(ids, offsets) / counts.to(torch.float32).sqrt().unsqueeze(1)
        return summed + self.bias(surface)


def bags(made: Sequence[Sample]) -> Iterator[Bag]:
    """The windows to fit on, labelled as those of the encoder are."""
    for sample in made:
        view = canonical(sample.text)
        found, surface = buckets(view.text), SURFACES.index(sample.surface)
        cuts = list(pieces(len(view.text), SIZE, OVERLAP))
        if sample.label == BENIGN or sample.span is None:
            cuts = cuts[: _MAX_WINDOWS if sample.label == BENIGN else 1]
            yield from (Bag(window_ids(found, *c), surface, sample.label) for c in cuts)
            continue
        for start, end in cuts:
            first, last = view.source_span(start, max(start + 1, end))
            shared = min(last, sample.span[1]) - max(first, sample.span[0])
            if shared >= min(40, 0.6 * (sample.span[1] - sample.span[0])):
                yield Bag(window_ids(found, start, end), surface, sample.label)


def fit(items: list[Bag], seed: int) -> Linear:
    """Fit by sparse Adam, `_EPOCHS` times through all windows."""
    torch.manual_seed(seed)
    rng, model = random.Random(seed), Linear()
    sparse = torch.optim.SparseAdam(list(model.weights.parameters()), lr=_RATE)
    dense = torch.optim.Adam(model.bias.parameters(), lr=_RATE)
    for epoch in range(_EPOCHS):
        order = rng.sample(range(len(items)), len(items))
        total = 0.0
        for group in sparse.param_groups:
            group["lr"] = _RATE * (1 - epoch / _EPOCHS)
        for at in range(0, len(order), _BATCH):
            batch = [items[i] for i in order[at : at + _BATCH]]
            logits = model(*inputs(batch))
            labels = torch.tensor([b.label for b in batch])
            loss = nn.functional.cross_entropy(logits, labels, label_smoothing=0.02)
            sparse.zero_grad()
            dense.zero_grad()
            loss.backward()
            sparse.step()
            dense.step()
            total += loss.item() * len(batch)
        print(f"epoch {epoch} loss {total / len(items):.4f}", flush=True)
    return model.eval()


def inputs(batch: Sequence[Bag]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Ids of all windows in a row, where each begins, and their surfaces."""
    sizes = [len(b.ids) for b in batch]
    offsets = torch.tensor([0, *np.cumsum(sizes)[:-1]], dtype=torch.int64)
    ids = torch.from_numpy(np.concatenate([b.ids for b in batch]))
    return ids, offsets, torch.tensor([b.surface for b in batch])


def export(model: Linear, out: Path) -> None:
    """Write `out/model.onnx`: the contract of the encoders, with other ids.

    `input_ids` (batch, n-grams + 1) begins with the number of the surface above the buckets;
    weights are stored in eight bits, one scale a label.
    """
    weights = torch.cat([model.weights.weight, model.bias.weight]).detach().numpy()
    scale = np.abs(weights).max(axis=0) / 127
    packed = np.round(weights / scale).astype(np.int8)
    stored = {
        "packed": packed,
        "scale": scale.astype(np.float32),
        "first": np.array([0], np.int64),
        "second": np.array([1], np.int64),
        "end": np.array([np.iinfo(np.int64).max], np.int64),
        "axis": np.array([1], np.int64),
        "last": np.array([2], np.int64),
    }
    nodes = [
        _node("Gather", ["packed", "input_ids"], "rows8", axis=0),
        _node("Cast", ["rows8"], "rows", to=TensorProto.FLOAT),
        _node("Cast", ["attention_mask"], "shown", to=TensorProto.FLOAT),
        _node("Unsqueeze", ["shown", "last"], "weight"),
        _node("Mul", ["rows", "weight"], "kept"),
        _node("Slice", ["kept", "first", "second", "axis"], "surface3"),
        _node("Slice", ["kept", "second", "end", "axis"], "grams"),
        _node("Slice", ["shown", "second", "end", "axis"], "counted"),
        _node("ReduceSum", ["surface3", "axis"], "bias", keepdims=0),
        _node("ReduceSum", ["grams", "axis"], "summed", keepdims=0),
        _node("ReduceSum", ["counted", "axis"], "count", keepdims=1),
        _node("Max", ["count", "one"], "some"),
        _node("Sqrt", ["some"], "root"),
        _node("Div", ["summed", "root"], "even"),
        _node("Add", ["even", "bias"], "whole"),
        _node("Mul", ["whole", "scale"], "logits"),
    ]
    stored["one"] = np.array([1], np.float32)
    graph = helper.make_graph(
        nodes,
        "injection_ngram",
        [_tensor(name, TensorProto.INT64, "ngrams") for name in ("input_ids", "attention_mask")],
        [_tensor("logits", TensorProto.FLOAT, len(LABELS))],
        [numpy_helper.from_array(value, name) for name, value in stored.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(made, str(out / "model.onnx"))


def _node(kind: str, inputs: list[str], output: str, **options: Any) -> Any:
    return helper.make_node(kind, inputs, [output], **options)


def _tensor(name: str, kind: int, width: Any) -> Any:
    return helper.make_tensor_value_info(name, kind, ["batch", width])
