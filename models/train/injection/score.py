"""Scores of an exported graph, by the windows that serving uses."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.train.base import tokenizer
from models.train.injection.encode import frames
from models.train.measure import softmax
from shield.inference.windows import Window, windows
from shield.text.canonical import canonical

_MOST_WINDOWS = 48
_BATCH_TOKENS = 4096


def logits(path: Path, texts: Sequence[tuple[str, str]], threads: int = 2) -> Any:
    """Of `(text, surface)`, the logits (texts, labels) of each text's most suspicious window."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    by_surface, tok = frames(), tokenizer()
    cut: list[tuple[int, Window]] = []
    for index, (text, surface) in enumerate(texts):
        encoding = tok.encode(canonical(text).text, add_special_tokens=False)
        found = list(windows(encoding.ids, encoding.offsets, by_surface[surface]))
        cut += [(index, window) for window in found[:_MOST_WINDOWS]]
    cut.sort(key=lambda item: len(item[1].ids))
    best: list[Any] = [None] * len(texts)
    for group in _groups(cut):
        for (index, _), row in zip(group, _run(session, [w for _, w in group]), strict=True):
            if best[index] is None or _lean(row) > _lean(best[index]):
                best[index] = row
    return np.array(best)


def suspicion(rows: Any, temperature: float = 1.0) -> Any:
    """One minus the probability of benign."""
    return 1.0 - softmax(rows / temperature)[:, 0]


def _lean(row: Any) -> float:
    return float(row[1:].max() - row[0])


def _groups(cut: list[tuple[int, Window]]) -> list[list[tuple[int, Window]]]:
    groups: list[list[tuple[int, Window]]] = []
    for item in cut:
        if groups and (len(groups[-1]) + 1) * len(item[1].ids) <= _BATCH_TOKENS:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _run(session: Any, batch: list[Window]) -> Any:
    width = max(len(w.ids) for w in batch)
    ids = np.zeros((len(batch), width), dtype=np.int64)
    mask = np.zeros_like(ids)
    for i, window in enumerate(batch):
        ids[i, : len(window.ids)] = window.ids
        mask[i, : len(window.ids)] = 1
    return session.run(["logits"], {"input_ids": ids, "attention_mask": mask})[0]
