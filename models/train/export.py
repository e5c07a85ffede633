"""Fitted encoder → int8 ONNX."""

import tempfile
from pathlib import Path

import torch

from models.train.fit import Classifier, tensors


def export(model: Classifier, out: Path) -> None:
    """Write `model.onnx`: int64 ids and mask of shape (batch, tokens) → logits (batch, labels)."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    ids, mask = tensors([(101, 2023, 2003, 102), (101, 102)])
    with tempfile.TemporaryDirectory() as scratch:
        exact = Path(scratch) / "exact.onnx"
        torch.onnx.export(
            model,
            (ids, mask),
            str(exact),
            input_names=["input_ids", "attention_mask"],
            output_names=["logits"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                "logits": {0: "batch"},
            },
            opset_version=17,
            dynamo=False,
        )
        quantize_dynamic(exact, out / "model.onnx", weight_type=QuantType.QInt8, per_channel=True)
    _strip(out / "model.onnx")


def _strip(path: Path) -> None:
    """Take out what the exporter notes about the machine it ran on."""
    import onnx

    model = onnx.load(str(path))
    for part in (model, model.graph, *model.graph.node):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, str(path))
