"""The encoder with two heads: a class for the window, and a mark for each token.

The window's class is read from the mean, the maximum, and the mean of the tokens that the
marks point at, so that a short payload in a long window is not diluted.
"""

from typing import Any

import torch
from torch import nn

from models.train.base import encoder, hidden, pooled
from models.train.injection.sample import LABELS, MARKS

_MARKS_WEIGHT = 0.5


class Classifier(nn.Module):
    """Ids and mask → logits (batch, labels) and marks (batch, tokens, 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = encoder()
        width = int(self.encoder.config.hidden_size)  # type: ignore[union-attr,arg-type]
        self.marks = nn.Linear(width, len(MARKS))
        self.head = nn.Linear(3 * width, len(LABELS))

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        states = hidden(self.encoder, input_ids, attention_mask)
        marks = self.marks(states)
        lean = marks[..., 1] - marks[..., 0] + (attention_mask.to(states.dtype) - 1.0) * 1e4
        weight = torch.softmax(lean, dim=1).unsqueeze(-1)
        pointed = (states * weight).sum(1)
        features = torch.cat([pooled(states, attention_mask), pointed], dim=-1)
        return self.head(features), marks

    def blend(self, before: dict[str, torch.Tensor], share: float) -> None:
        """Take `share` of every weight from `before`, a state of this model."""
        with torch.no_grad():
            for name, now in self.named_parameters():
                now.lerp_(before[name], share)

    def lean_back(self, kept: float) -> None:
        """Set the encoder to `kept` of its weights and the rest of the pretrained ones."""
        with torch.no_grad():
            for now, first in zip(self.encoder.parameters(), encoder().parameters(), strict=True):
                now.lerp_(first, 1.0 - kept)


def collate(targets: list[Any], width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels (batch,) and token classes (batch, tokens), -100 where unknown or padding."""
    labels = torch.tensor([label for label, _ in targets])
    return labels, torch.tensor([[*row, *[-100] * (width - len(row))] for _, row in targets])


def loss_of(answer: Any, targets: Any) -> torch.Tensor:
    """Cross entropy of the window, and half as much of its tokens."""
    (logits, marks), (labels, classes) = answer, targets
    window = nn.functional.cross_entropy(logits.float(), labels, label_smoothing=0.02)
    if not (classes != -100).any():
        return window
    tokens = nn.functional.cross_entropy(
        marks.float().flatten(0, 1), classes.flatten(), ignore_index=-100
    )
    return window + _MARKS_WEIGHT * tokens
