"""How fast a graph is on this machine: `shield models bench`."""

import time
from collections.abc import Callable

from msgspec import Struct

from shield.inference.graph import Graph

LENGTHS = (16, 64, 256)
_WORDS = "The ferry to the island leaves at nine and takes about forty minutes each way "


class Timing(Struct, frozen=True):
    """Milliseconds from text to scores, for a text of `tokens` (n-grams: about as many words).

    `p50` and `p95` are quantiles over runs of one text at a time.
    """

    tokens: int
    p50: float
    p95: float
    runs: int


class Speed(Struct, frozen=True):
    """The timings of a model, and its windows per second on a text of many full ones."""

    name: str
    digest: str
    shares_batches: bool
    timings: tuple[Timing, ...]
    windows_per_second: float


def measured(graph: Graph, seconds: float = 2.0) -> Speed:
    """Measure a graph, for about `seconds` a length and once more for the windows."""
    surface = next(iter(graph.card.surfaces))
    timings = []
    for tokens in LENGTHS:
        text = _text(tokens)
        times = _times(lambda text=text: graph.scores([(text, surface)]), seconds)  # type: ignore[misc]
        timings.append(Timing(tokens, _quantile(times, 0.5), _quantile(times, 0.95), len(times)))
    long = _text(4_096)
    count = len(graph.scores([(long, surface)])[0].windows)
    best = min(_times(lambda: graph.scores([(long, surface)]), seconds))
    return Speed(
        name=graph.card.name,
        digest=graph.card.digest,
        shares_batches=graph.shares,
        timings=tuple(timings),
        windows_per_second=round(1000 * count / best, 1),
    )


def _text(tokens: int) -> str:
    # Squares, so that no two windows are alike: the graph would run them once.
    words = _WORDS.split()
    return " ".join(words[(i * i * 31 + i * 17) % 1_009 % len(words)] for i in range(tokens))


def _times(work: Callable[[], object], seconds: float) -> list[float]:
    """Milliseconds of each run, after two that do not count; three runs at least."""
    for _ in range(2):
        work()
    found: list[float] = []
    until = time.perf_counter() + seconds
    while len(found) < 3 or time.perf_counter() < until:
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return found


def _quantile(times: list[float], share: float) -> float:
    ordered = sorted(times)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)
