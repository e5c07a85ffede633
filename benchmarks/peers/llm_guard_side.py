"""LLM Guard's PromptInjection scanner as a side; runs in LLM Guard's own environment.

Arguments: the model's folder, and `torch` or `onnx`.
"""

import dataclasses
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from llm_guard.input_scanners import PromptInjection
from llm_guard.input_scanners.prompt_injection import V2_MODEL
from tokenizers import Tokenizer

from benchmarks.peers.serve import serve


class LlmGuard:
    """The scanner with its defaults, except for the place that the weights come from."""

    def __init__(self, folder: str, form: str) -> None:
        model = dataclasses.replace(
            V2_MODEL, path=folder, revision=None, onnx_path=folder, onnx_revision=None
        )
        self._scanner = PromptInjection(model=model, use_onnx=form == "onnx")
        self._pipeline = self._scanner._pipeline  # noqa: SLF001 — to see what it feeds the model
        # The pipeline's own tokenizer goes on truncating after its first call.
        self._tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
        self._tokenizer.no_truncation()
        names = ("llm-guard", "torch", "transformers", "optimum", "onnxruntime")
        self.about: dict[str, Any] = {
            **{name: version(name) for name in names},
            "model": type(self._pipeline.model).__name__,
            "tokenizer": type(self._pipeline.tokenizer).__name__,
            "threads": torch.get_num_threads(),
        }

    def tokens(self, text: str) -> int:
        """Tokens, special ones not counted."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def scan(self, text: str) -> float:
        """The risk score."""
        return self._scanner.scan(text)[2]

    def shown(self, text: str) -> dict[str, Any]:
        """The ids that the pipeline hands to its model, traced back to characters, and the logits.

        Raises:
            RuntimeError: they are not a beginning of the text, so the trace would be wrong.
        """
        fed: list[list[int]] = []
        answers: list[float] = []
        forward = self._pipeline.forward

        def recorded(inputs: Any, **given: Any) -> Any:
            fed.extend(inputs["input_ids"].tolist())
            outputs = forward(inputs, **given)
            answers.extend(outputs["logits"].flatten().tolist())
            return outputs

        self._pipeline.forward = recorded
        try:
            self._scanner.scan(text)
        finally:
            del self._pipeline.forward
        whole = self._tokenizer.encode(text)
        (ids,) = fed
        if ids[:-1] != whole.ids[: len(ids) - 1]:
            raise RuntimeError("the model was fed something else than a beginning of the text")
        end = whole.offsets[len(ids) - 2][1]
        return {"fed": len(ids), "ranges": [(0, end)], "answers": answers}


if __name__ == "__main__":
    serve(lambda: LlmGuard(*sys.argv[1:]))
