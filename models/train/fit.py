"""Fitting the encoder: one epoch, length buckets, linear warm-up and decay."""

import math
import random
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import nn

from models.train.compose import LABELS
from models.train.encode import encoder_folder

BATCH_TOKENS = 32 * 128
RATE = 8e-5


class Classifier(nn.Module):
    """The sentence encoder with mean and maximum pooling and one linear layer."""

    def __init__(self) -> None:
        from transformers import AutoModel

        super().__init__()
        self.encoder = AutoModel.from_pretrained(str(encoder_folder()), attn_implementation="eager")
        self.head = nn.Linear(2 * self.encoder.config.hidden_size, len(LABELS))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1)
        most = (hidden + (mask - 1.0) * 1e4).max(1).values
        return self.head(torch.cat([mean, most], dim=-1))


def fit(items: list[tuple[tuple[int, ...], int]], seed: int = 7) -> Classifier:
    """Fit on `(token ids, label)` pairs.

    The word embeddings stay as they are: with so little text, moving them teaches single
    words instead of what is said.
    """
    torch.manual_seed(seed)
    model = Classifier()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train()
    model.encoder.embeddings.requires_grad_(False)
    batches = _batches(items, random.Random(seed))
    moving = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(moving, lr=RATE, weight_decay=0.01)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.02)
    began, running = time.monotonic(), 0.0
    for step, (ids, mask, labels) in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = RATE * _schedule(step / len(batches))
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = model(ids.to(device), mask.to(device))
        loss = loss_of(logits.float(), labels.to(device))
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(moving, 1.0)
        optimiser.step()
        running = 0.98 * running + 0.02 * loss.item() if step else loss.item()
        if step % 50 == 0:
            print(
                f"{step}/{len(batches)} loss {running:.3f} {time.monotonic() - began:.0f}s",
                flush=True,
            )
    return model.eval().cpu()


def _schedule(progress: float) -> float:
    return min(progress / 0.06, 1.0) * max(0.02, 0.5 * (1 + math.cos(math.pi * progress)))


def _batches(items: list[tuple[tuple[int, ...], int]], rng: random.Random) -> list[Any]:
    ordered = sorted(items, key=lambda item: len(item[0]) + rng.random() * 8)
    batches = list(_packed(ordered))
    rng.shuffle(batches)
    return [
        tensors([ids for ids, _ in b]) + (torch.tensor([label for _, label in b]),) for b in batches
    ]


def _packed(
    ordered: list[tuple[tuple[int, ...], int]],
) -> Iterator[list[tuple[tuple[int, ...], int]]]:
    batch: list[tuple[tuple[int, ...], int]] = []
    for item in ordered:
        if batch and (len(item[0]) * (len(batch) + 1) > BATCH_TOKENS or len(batch) == 64):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def tensors(rows: list[tuple[int, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Padded ids and mask."""
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    return ids, torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
