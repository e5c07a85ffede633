"""The cross-encoder: claim and premise in one window, each claim token held against its match."""

import torch
from torch import nn

from models.train import base

_SEP = 102
_SHARPNESS = 12.0
# Lower layers, which tell words apart already, stay as they are: twice as many texts an hour.
_STILL = 3


class Grounding(nn.Module):
    """Ids and mask of [CLS] claim [SEP] premise [SEP] → logits (batch, 2).

    Little labelled text exists, so the comparison is built in: each token of the claim is
    aligned softly with the premise's most alike tokens and compared with them, and is told
    whether the premise has the very same word, alone or with its neighbour. The answer is read
    from the mean and the maximum over the claim: a single token may be what is not supported.
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = base.encoder()
        self.encoder.encoder.layer[:_STILL].requires_grad_(False)
        width = self.encoder.config.hidden_size
        self.compare = nn.Sequential(
            nn.Linear(4 * width + 4, 192), nn.GELU(), nn.Dropout(0.1), nn.Linear(192, 96), nn.GELU()
        )
        self.head = nn.Linear(2 * 96, 2)

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = base.hidden(self.encoder, ids, mask)
        claim = sides(ids)
        across = (claim.unsqueeze(2) * ((1 - claim) * mask).unsqueeze(1)).to(states.dtype)
        unit = nn.functional.normalize(states, dim=-1)
        alike = unit @ unit.transpose(1, 2)
        hidden = (across - 1.0) * 1e4
        found = torch.softmax(alike * _SHARPNESS + hidden, dim=-1) @ states
        nearest = (alike + hidden).amax(2, keepdim=True).clamp(min=-1.0)
        facts = torch.cat([twins(ids, across), nearest], dim=-1).to(states.dtype)
        seen = self.compare(
            torch.cat([states, found, (states - found).abs(), states * found, facts], dim=-1)
        )
        answer: torch.Tensor = self.head(base.pooled(seen, claim))
        return answer


def sides(ids: torch.Tensor) -> torch.Tensor:
    """1 for [CLS] and the claim, 0 for what follows the first [SEP]; int64 (batch, tokens)."""
    return (torch.cumsum((ids == _SEP).to(torch.int64), dim=1) == 0).to(torch.int64)


def twins(ids: torch.Tensor, across: torch.Tensor) -> torch.Tensor:
    """For each claim token: the premise has it; also with the one before; with the one after.

    `across` is 1 where a row is a claim token and a column a premise token.
    """
    same = (ids.unsqueeze(2) == ids.unsqueeze(1)).to(across.dtype) * across
    run = same[:, 1:, 1:] * same[:, :-1, :-1]
    before = nn.functional.pad(run, (1, 0, 1, 0)).amax(2)
    after = nn.functional.pad(run, (0, 1, 0, 1)).amax(2)
    return torch.stack([same.amax(2), before, after], dim=-1)
