"""One ONNX graph with its tokenizer: text → windows → probabilities."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shield.errors import InferenceError, ModelError
from shield.inference.card import Card, SurfaceCard, verified
from shield.inference.windows import Frame, Window, windows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SURROGATE = re.compile("[\ud800-\udfff]")
_TOLERANCE = 0.15
_BATCH_TOKENS = 2_048


class Graph:
    """A verified graph. Loading runs the card's canaries; a graph that fails them is refused.

    `run` may be called from several threads: ONNX Runtime sessions are thread-safe and
    release the GIL, and the tokenizer is only read.
    """

    def __init__(self, folder: Path, threads: int = 1) -> None:
        self.card: Card = verified(folder)
        self._tokenizer = _tokenizer(folder)
        self._session = _session(folder / "model.onnx", threads)
        self._frames = {name: self._frame(s) for name, s in self.card.surfaces.items()}
        try:
            self._prove(folder)
        except InferenceError as error:
            raise ModelError(str(error), where=folder, mend="run the recipe again") from None

    def windows(self, text: str, surface: str) -> tuple[list[Window], int]:
        """The windows that cover `text`, and its number of tokens."""
        # A lone surrogate has no UTF-8; one character for another keeps the offsets.
        whole = text if text.isascii() else _SURROGATE.sub("\ufffd", text)
        encoding = self._tokenizer.encode(whole, add_special_tokens=False)
        found = windows(encoding.ids, encoding.offsets, self._frames[surface])
        return list(found), len(encoding.ids)

    def run(self, batch: Sequence[Window], temperature: float) -> "NDArray[np.float64]":
        """Probabilities of shape (windows, labels), in the order of `batch`.

        Raises:
            InferenceError: the graph answered NaN or a wrong shape.
        """
        import numpy as np

        order = sorted(range(len(batch)), key=lambda i: len(batch[i].ids))
        shown = np.empty((len(batch), len(self.card.labels)))
        for group in _groups(order, batch):
            logits = self._infer([batch[i].ids for i in group]) / temperature
            raised = np.exp(logits - logits.max(axis=1, keepdims=True))
            shown[group] = raised / raised.sum(axis=1, keepdims=True)
        return shown

    def _infer(self, rows: list[tuple[int, ...]]) -> "NDArray[np.float64]":
        import numpy as np

        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        logits = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        if logits.shape != (len(rows), len(self.card.labels)) or not np.isfinite(logits).all():
            raise InferenceError(f"the graph {self.card.name} answered a wrong shape or no number")
        answer: NDArray[np.float64] = logits.astype(np.float64)
        return answer

    def _frame(self, surface: SurfaceCard) -> Frame:
        tok = self._tokenizer
        words = tok.encode(surface.prefix, add_special_tokens=False).ids
        head = (tok.token_to_id("[CLS]"), *words)
        return Frame(surface.size, surface.overlap, head, (tok.token_to_id("[SEP]"),))

    def _prove(self, folder: Path) -> None:
        for canary in self.card.canary:
            found, _ = self.windows(canary.text, canary.surface)
            score = (
                1.0 - self.run(found, self.card.surfaces[canary.surface].temperature)[:, 0].min()
            )
            if not abs(score - canary.score) <= _TOLERANCE:  # NaN fails too
                raise ModelError(
                    f"canary inference gave {score:.3f}, the card says {canary.score:.3f}",
                    where=folder,
                    mend="use an onnxruntime of the supported range; if it is, run the recipe again",
                )


def _groups(order: list[int], batch: Sequence[Window]) -> list[list[int]]:
    groups: list[list[int]] = []
    for i in order:
        if groups and (len(groups[-1]) + 1) * len(batch[i].ids) <= _BATCH_TOKENS:
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _session(path: Path, threads: int) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 — onnxruntime raises its own types, and RuntimeError
        raise ModelError(
            f"onnxruntime cannot load the graph: {type(error).__name__}",
            where=path,
            mend="restore the file from the release",
        ) from None


def _tokenizer(folder: Path) -> Any:
    if (folder / "tokenizer.json").is_file():
        from tokenizers import Tokenizer

        made = Tokenizer.from_file(str(folder / "tokenizer.json"))
    else:
        from transformers import AutoTokenizer

        made = AutoTokenizer.from_pretrained(str(folder), local_files_only=True).backend_tokenizer
    made.no_padding()
    made.no_truncation()
    return made
