"""An exported graph on this machine: token ids in, arrays out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

BATCH_TOKENS = 4096


class Session:
    """`model.onnx`, or its fp32 twin, run in batches of like length."""

    def __init__(self, path: Path) -> None:
        import onnxruntime as ort

        self._session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])

    def run(self, rows: Sequence[Sequence[int]]) -> Any:
        """The first output for each row of ids, shape (rows, labels or width), in their order."""
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found: list[Any] = [None] * len(rows)
        for group in _groups(order, rows):
            width = len(rows[group[-1]])
            ids = np.zeros((len(group), width), dtype=np.int64)
            mask = np.zeros_like(ids)
            for line, i in enumerate(group):
                ids[line, : len(rows[i])] = rows[i]
                mask[line, : len(rows[i])] = 1
            answer = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
            for i, one in zip(group, answer, strict=True):
                found[i] = one
        return np.array(found)


def _groups(order: list[int], rows: Sequence[Sequence[int]]) -> list[list[int]]:
    groups: list[list[int]] = []
    for i in order:
        if groups and (len(groups[-1]) + 1) * len(rows[i]) <= BATCH_TOKENS:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups
