"""An ONNX Runtime session: rows of ids in, checked arrays out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from shield.errors import InferenceError, ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Ids = Sequence[int]
# The answers to one row by name: `logits` (labels,), `marks` (tokens, classes), `embedding` (width,).
Answer = dict[str, "NDArray[np.float32]"]

_KINDS = {"tensor(int64)": "int64", "tensor(int32)": "int32"}
_INPUTS = {"input_ids", "attention_mask", "token_type_ids"}
_ALIKE = 1e-3


class Output(Struct, frozen=True):
    """Which of the graph's outputs an answer comes from, and its shape.

    `width` is the length of its last axis, None for any. An answer is by token when its
    shape is (batch, tokens, width), else (batch, width).
    """

    source: str
    width: int | None
    by_token: bool = False


class Session:
    """A loaded graph. `run` may be called from several threads: it releases the GIL.

    Raises:
        ModelError: the graph cannot be loaded, or has not these inputs and outputs.
    """

    def __init__(
        self,
        graph: bytes,
        outputs: Mapping[str, Output],
        *,
        where: Path,
        threads: int = 1,
        name: str = "",
    ) -> None:
        self._name, self._outputs = name or where.parent.name, dict(outputs)
        self._session = _opened(graph, where, threads)
        self._feeds = {i.name: _KINDS.get(i.type, "") for i in self._session.get_inputs()}
        known = {o.name for o in self._session.get_outputs()}
        missing = {o.source for o in self._outputs.values()} - known
        foreign = self._feeds.keys() - _INPUTS
        if missing or foreign or "input_ids" not in self._feeds or "" in self._feeds.values():
            raise ModelError(
                f"the graph takes {', '.join(sorted(self._feeds))} and answers "
                f"{', '.join(sorted(known))}; needed are integer {', '.join(sorted(_INPUTS))} or "
                f"fewer, and {', '.join(sorted(o.source for o in self._outputs.values()))}",
                where=where,
                mend="export the graph with these names",
            )

    def run(self, rows: Sequence[Ids]) -> list[Answer]:
        """Answer all rows in one batch, shorter ones padded.

        Raises:
            InferenceError: the graph failed, or answered NaN or a wrong shape.
        """
        import numpy as np

        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for i, row in enumerate(rows):
            ids[i, : len(row)] = row
            mask[i, : len(row)] = 1
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": ids * 0}
        feeds = {name: given[name].astype(kind) for name, kind in self._feeds.items()}
        found = self._answered(feeds)
        for (name, output), values in zip(self._outputs.items(), found, strict=True):
            shape = (len(rows), width) if output.by_token else (len(rows),)
            wide = values.shape[-1:] if output.width is None else (output.width,)
            if values.shape != (*shape, *wide) or not np.isfinite(values).all():
                raise InferenceError(
                    f"the graph {self._name} answered a wrong shape or no number as {name}"
                )
        return [self._answer(found, i, len(row)) for i, row in enumerate(rows)]

    def mixes(self, rows: Sequence[Ids]) -> bool:
        """True when the answer to a row depends on what shares its batch.

        Graphs that quantise activations by one scale a tensor do: a neighbour with large
        values makes the scale coarse for all.
        """
        import numpy as np

        together = self.run(rows)
        for row, shared in zip(rows, together, strict=True):
            (alone,) = self.run([row])
            if any(np.abs(alone[name] - shared[name]).max() > _ALIKE for name in alone):
                return True
        return False

    def _answered(self, feeds: dict[str, "NDArray[Any]"]) -> list["NDArray[np.float32]"]:
        import numpy as np

        names = [o.source for o in self._outputs.values()]
        try:
            found = self._session.run(names, feeds)
        except Exception as error:  # noqa: BLE001 — onnxruntime raises its own types, with values in them
            raise InferenceError(f"the graph {self._name} failed: {type(error).__name__}") from None
        return [np.asarray(values, dtype=np.float32) for values in found]

    def _answer(self, found: list["NDArray[np.float32]"], i: int, length: int) -> Answer:
        # Copies: a view would keep the whole batch alive.
        return {
            name: (values[i, :length] if output.by_token else values[i]).copy()
            for (name, output), values in zip(self._outputs.items(), found, strict=True)
        }


def _opened(graph: bytes, where: Path, threads: int) -> Any:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin between runs take the cores from other graphs and from the application.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    try:
        return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 — onnxruntime raises its own types, and RuntimeError
        raise ModelError(
            f"onnxruntime cannot load the graph: {type(error).__name__}",
            where=where,
            mend="restore the file from the release; weights outside the file are not loaded",
        ) from None
