"""Fitting: length buckets, linear warm-up and cosine decay, bfloat16 where it helps."""

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import nn

BATCH_TOKENS = 32 * 128
RATE = 8e-5


class Item(NamedTuple):
    """Token ids of one window, special ones included, and what the model should answer."""

    ids: tuple[int, ...]
    target: Any


# The targets of a batch and its width in tokens → what `loss_of` gets as second argument.
Collate = Callable[[list[Any], int], Any]
Loss = Callable[[Any, Any], torch.Tensor]


def classes(targets: list[Any], width: int) -> torch.Tensor:  # noqa: ARG001 — as every Collate
    """Targets of shape (batch,) or (batch, labels)."""
    return torch.tensor(targets)


def per_token(targets: list[Any], width: int) -> torch.Tensor:
    """One class a token, shape (batch, tokens); padding is -100, which no loss counts."""
    return torch.tensor([[*row, *[-100] * (width - len(row))] for row in targets])


def fit(
    model: nn.Module,
    items: Sequence[Item],
    loss_of: Loss,
    *,
    collate: Collate = classes,
    epochs: int = 1,
    seed: int = 7,
    rate: float = RATE,
) -> nn.Module:
    """Fit `model(input_ids, attention_mask)` to `items`; returned on the CPU, in eval mode."""
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    model.to(device).train()
    rng = random.Random(seed)
    batches = [batch for _ in range(epochs) for batch in _batches(items, rng)]
    moving = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(moving, lr=rate, weight_decay=0.01)
    began, running = time.monotonic(), 0.0
    for step, batch in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = rate * _schedule(step / len(batches))
        ids, mask = (t.to(device) for t in tensors([item.ids for item in batch]))
        targets = _moved(collate([item.target for item in batch], ids.shape[1]), device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            answer = model(ids, mask)
        loss = loss_of(answer, targets)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(moving, 1.0)
        optimiser.step()
        running = 0.98 * running + 0.02 * loss.item() if step else loss.item()
        if step % 50 == 0:
            print(
                f"{step}/{len(batches)} {running:.4f} {time.monotonic() - began:.0f}s", flush=True
            )
    return model.eval().cpu()


def _moved(targets: Any, device: torch.device) -> Any:
    if isinstance(targets, torch.Tensor):
        return targets.to(device)
    return tuple(t.to(device) for t in targets)


def _schedule(progress: float) -> float:
    return min(progress / 0.06, 1.0) * max(0.02, 0.5 * (1 + math.cos(math.pi * progress)))


def _batches(items: Sequence[Item], rng: random.Random) -> list[list[Item]]:
    ordered = sorted(items, key=lambda item: len(item.ids) + rng.random() * 8)
    batches = list(_packed(ordered))
    rng.shuffle(batches)
    return batches


def _packed(ordered: list[Item]) -> Iterator[list[Item]]:
    batch: list[Item] = []
    for item in ordered:
        if batch and (len(item.ids) * (len(batch) + 1) > BATCH_TOKENS or len(batch) == 64):
            yield batch
            batch = []
        batch.append(item)
    if batch:
        yield batch


def tensors(rows: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Padded ids and mask, int64, shape (batch, tokens)."""
    width = max(map(len, rows))
    ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    return ids, torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
