"""What is made of the measurements: medians, speed-ups, and the part of a text that was read."""

import statistics
from collections.abc import Iterable, Mapping, Sequence


def p95(values: Sequence[float]) -> float:
    """The 95th percentile, between neighbours linearly."""
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def speed_up(peer: Sequence[float], ours: Sequence[float]) -> float:
    """How many times faster we are, by the medians."""
    return statistics.median(peer) / statistics.median(ours)


def shortfall(speed_ups: Mapping[str, float], bars: Mapping[str, float]) -> float:
    """The worst of bar over speed-up; at most 1 when every bar is met."""
    return max(bars[name] / value for name, value in speed_ups.items())


def share_read(text: str, ranges: Iterable[Sequence[int]]) -> float:
    """The share of the characters, spaces left out, that lie in one of the half-open ranges."""
    wanted = {i for i, char in enumerate(text) if not char.isspace()}
    if not wanted:
        return 1.0
    seen: set[int] = set()
    for start, end in ranges:
        seen.update(range(start, end))
    return len(wanted & seen) / len(wanted)
