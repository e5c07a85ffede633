"""The encoder with one class a token, and how samples become its windows."""

import random
from collections.abc import Iterable, Iterator
from functools import cache

import torch
from torch import nn

from models.train import base
from models.train.fit import Item
from models.train.pii_ner.sample import CLASSES, Sample
from shield.inference.windows import Frame, windows

SIZE, OVERLAP = 128, 32
UNSURE = -100  # no loss counts it
_BLANKED = 0.15


class Tagger(nn.Module):
    """Scores of the classes, before softmax, shape (batch, tokens, classes)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = base.encoder()
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(self.encoder.config.hidden_size, len(CLASSES))

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        states = base.hidden(self.encoder, input_ids, attention_mask)
        answer: torch.Tensor = self.head(self.drop(states))
        return answer


def loss(marks: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Cross entropy over the tokens of which something is known."""
    flat = marks.float().reshape(-1, len(CLASSES))
    return nn.functional.cross_entropy(flat, targets.reshape(-1), ignore_index=UNSURE)


@cache
def frame() -> Frame:
    """The windows of serving: [CLS] content [SEP]."""
    known = base.tokenizer()
    return Frame(SIZE, OVERLAP, (known.token_to_id("[CLS]"),), (known.token_to_id("[SEP]"),))


def items(samples: Iterable[Sample]) -> Iterator[Item]:
    """The windows of the samples with a class for each token."""
    for sample in samples:
        encoding = base.tokenizer().encode(sample.text, add_special_tokens=False)
        known = classes(sample, encoding.offsets)
        for window in windows(encoding.ids, encoding.offsets, frame()):
            taught = known[window.first : window.first + len(window.ids) - 2]
            yield Item(window.ids, [UNSURE, *taught, UNSURE])


def blanked(made: Iterable[Item], rng: random.Random) -> Iterator[Item]:
    """Half of the items with some words outside entities blanked.

    What a template says around a slot is then less to go by, and what a value looks like more.
    """
    blank = base.tokenizer().token_to_id("[MASK]")
    for item in made:
        share = rng.choice((0.0, _BLANKED))
        outside = (label in {0, UNSURE} for label in item.target)
        ids = [
            blank if free and 0 < i < len(item.ids) - 1 and rng.random() < share else token
            for i, (token, free) in enumerate(zip(item.ids, outside, strict=True))
        ]
        yield Item(tuple(ids), item.target)


def classes(sample: Sample, offsets: list[tuple[int, int]]) -> list[int]:
    """The class of each token, `UNSURE` where nothing is known."""
    found = []
    for start, end in offsets:
        label = next(
            (e.label for e in sample.entities if e.start < end and start < e.end), CLASSES[0]
        )
        unsure = any(s < end and start < e for s, e in sample.unsure)
        found.append(UNSURE if unsure else CLASSES.index(label))
    return found
