"""Fitted model → fp32 ONNX → int8 ONNX."""

from pathlib import Path

import torch
from torch import nn

from models.train.fit import tensors

# What a graph may answer, and the axes of it that vary.
AXES = {
    "logits": {0: "batch"},
    "marks": {0: "batch", 1: "tokens"},
    "embedding": {0: "batch"},
}


def export(
    model: nn.Module, out: Path, outputs: tuple[str, ...], exact: Path | None = None
) -> None:
    """Write `out/model.onnx`: int64 `input_ids` and `attention_mask` → `outputs`, int8 weights.

    `exact` names where the fp32 graph is kept, for comparison; it is not kept otherwise.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    out.mkdir(parents=True, exist_ok=True)
    whole = exact or out / "exact.onnx"
    varying = {0: "batch", 1: "tokens"}
    torch.onnx.export(
        model,
        tensors([(101, 2023, 2003, 102), (101, 102)]),
        str(whole),
        input_names=["input_ids", "attention_mask"],
        output_names=list(outputs),
        dynamic_axes={
            "input_ids": varying,
            "attention_mask": varying,
            **{name: AXES[name] for name in outputs},
        },
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(whole, out / "model.onnx", weight_type=QuantType.QInt8, per_channel=True)
    _strip(out / "model.onnx")
    if exact is None:
        whole.unlink()


def _strip(path: Path) -> None:
    """Take out what the exporter notes about the machine it ran on."""
    import onnx

    model = onnx.load(str(path))
    for part in (model, model.graph, *model.graph.node):
        part.doc_string = ""
        del part.metadata_props[:]
    onnx.save(model, str(path))
