"""The sentence encoder as it is, as one int8 graph that answers unit vectors.

Pooling is what the encoder's own package configures: the mean over the tokens, then unit length.
Nothing is fitted, so that vectors stay those that its authors measured.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from models.train import base, card
from models.train.export import export
from models.train.rows import rows
from models.train.session import Session
from shield.inference.windows import Frame, windows

SIZE, OVERLAP = 256, 32
# Where the texts come from that int8 and fp32 are compared on, and how many of each.
COMPARED = {
    "calibration/benign_chat": 200,
    "calibration/benign_documents": 200,
    "calibration/benign_outputs": 100,
}
CANARIES = (
    ("How do I reset my password?", "I forgot my password and need a new one."),
    ("How do I reset my password?", "The museum opens at nine, except on Mondays."),
    ("Transfer 200 euros to Anna's account.", "Send Anna a bank payment of €200."),
    ("Delete all files in the archive folder.", "What will the weather be like in Lisbon?"),
)


class Embedder(nn.Module):
    """Ids and mask → unit vectors, shape (batch, width)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = base.encoder()

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = base.hidden(self.encoder, ids, mask)
        shown = mask.unsqueeze(-1).to(states.dtype)
        mean = (states * shown).sum(1) / shown.sum(1)
        return mean / mean.norm(dim=-1, keepdim=True).clamp(min=1e-12)


def recipe(data: Path, out: Path, seed: int) -> None:  # noqa: ARG001 — nothing here is random
    """Export the encoder, compare int8 with fp32, write the card."""
    base.save_tokenizer(out)
    exact = out.parent / "embedder.exact.onnx"
    export(Embedder().eval(), out, ("embedding",), exact=exact)
    try:
        agreement = _agreement(data, Session(out / "model.onnx"), Session(exact))
    finally:
        exact.unlink()
    print(agreement)
    card.write(out, _card(agreement, Session(out / "model.onnx")))


def _first(text: str) -> tuple[int, ...]:
    """The first window of a text, as served."""
    tok = base.tokenizer()
    frame = Frame(SIZE, OVERLAP, (tok.token_to_id("[CLS]"),), (tok.token_to_id("[SEP]"),))
    encoding = tok.encode(text, add_special_tokens=False)
    return next(iter(windows(encoding.ids, encoding.offsets, frame))).ids


def _agreement(data: Path, small: Session, exact: Session) -> dict[str, Any]:
    """How the int8 vectors differ from the fp32 ones on texts of many kinds."""
    ids: list[tuple[int, ...]] = []
    for name, most in COMPARED.items():
        texts = [r["text"] for r in rows(data, name) if r["text"].strip()]
        ids += [_first(text[:4000]) for text in texts[:: max(1, len(texts) // most)][:most]]
    ours, theirs = small.run(ids), exact.run(ids)
    same = (ours * theirs).sum(axis=1)
    pairs = np.triu_indices(len(ids), 1)
    off = np.abs((ours @ ours.T)[pairs] - (theirs @ theirs.T)[pairs])
    return {
        "n": len(ids),
        "cosine_with_fp32": {
            "mean": round(float(same.mean()), 4),
            "lowest_of_100": round(float(np.quantile(same, 0.01)), 4),
            "low": round(float(same.min()), 4),
        },
        "similarity_of_pairs_off_by": {
            "n": len(off),
            "mean": round(float(off.mean()), 4),
            "highest_of_100": round(float(np.quantile(off, 0.99)), 4),
            "high": round(float(off.max()), 4),
        },
    }


def _card(agreement: dict[str, Any], session: Session) -> dict[str, Any]:
    canaries = []
    for text, lead in CANARIES:
        one, other = session.run([_first(text), _first(lead)])
        score = round(float(one @ other), 4)
        canaries.append(
            {"surface": "text", "text": text, "lead": lead, "label": "", "score": score}
        )
    return {
        "name": "embedder",
        "task": "embedding",
        "labels": [],
        "marks": [],
        "activation": "softmax",
        "licence": "Apache-2.0",
        "base": base.NAME,
        "intended_use": "Unit vectors of 384 numbers for how alike two short texts are in meaning: "
        "topics, whether a tool call fits what was asked, drift. A cosine is no probability.",
        "known_misses": [
            "English: texts in other languages lie near one another whatever they say.",
            "Negation and numbers hardly move a vector: 'pay' and 'do not pay' are close.",
            "Each window has its own vector; a long text has no single one.",
            "Vectors of another digest of this model must not be compared with these.",
        ],
        "surfaces": {"text": {"prefix": "", "temperature": 1.0, "size": SIZE, "overlap": OVERLAP}},
        "canary": canaries,
        "data": [
            {
                "set": "pretraining of the base; nothing fitted here",
                "source": "the 290 files that data_config.json of the base package lists",
                "licence": "as its authors state for each; the weights are Apache-2.0",
                "rows": 1_170_060_424,
            }
        ],
        "metrics": {"int8": agreement},
    }
