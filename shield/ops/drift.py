"""How far a distribution has moved: the population stability index (PSI).

Below 0.1 nothing has moved to speak of, from 0.25 what was chosen on the old distribution should be
chosen again (the rule of thumb of credit scoring: Siddiqi, "Credit Risk Scorecards", 2006).
"""

import math
from collections.abc import Sequence

WATCH, SHIFT = 0.1, 0.25
# Fewer observations than this scatter by more than what is looked for.
LEAST = 200
_HALF = 0.5


def psi(before: Sequence[int], now: Sequence[int]) -> float | None:
    """The index between two histograms over the same bins; None when either holds too little.

    Half an observation is added to each bin, so that an empty one does not make it infinite.

    Raises:
        ValueError: the histograms have different bins.
    """
    if len(before) != len(now):
        raise ValueError("histograms with different bins cannot be compared")
    if min(sum(before), sum(now)) < LEAST:
        return None
    old, new = _shares(before), _shares(now)
    pairs = zip(old, new, strict=True)
    return round(sum((b - a) * math.log(b / a) for a, b in pairs), 4)


def _shares(counts: Sequence[int]) -> list[float]:
    whole = sum(counts) + _HALF * len(counts)
    return [(count + _HALF) / whole for count in counts]
