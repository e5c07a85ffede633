"""A streamed answer under the default policy: what the gate costs, and how much it holds back."""

import statistics
import sys
import time

from benchmarks.claim import stated
from shield import Guard

SENTENCE = (
    "On day {n} we walked from the harbour to the hut and it rained for most of the morning. "
)
TOKEN = 4  # characters
TOKENS = 4_200


def answer(first: int) -> str:
    """An answer that is like no other with another `first` day: findings are cached by content."""
    return "".join(SENTENCE.format(n=first + n) for n in range(220))[: TOKENS * TOKEN]


def streamed(guard: Guard, text: str) -> tuple[list[float], list[float], list[int]]:
    """Milliseconds of each token, of those that released something, and characters held after each."""
    gate = guard.exchange().stream()
    costs: list[float] = []
    releases: list[float] = []
    held: list[int] = []
    for at in range(0, len(text), TOKEN):
        began = time.perf_counter()
        left = gate.feed(text[at : at + TOKEN])
        costs.append((time.perf_counter() - began) * 1000)
        releases += [costs[-1]] if left else []
        held.append(at + TOKEN - gate.released(""))
    gate.end()
    return costs, releases, held


guard = Guard.load()
streamed(guard, answer(1))
costs, releases, held = streamed(guard, answer(1_001))
early = statistics.mean(costs[100:300])
late = statistics.mean(costs[-300:-100])
first = next(i for i, chars in enumerate(held) if chars < (i + 1) * TOKEN) + 1
print(f"a release: {statistics.median(releases):.1f} ms; the first after {first} tokens")
print(f"a token: {early:.2f} ms at the beginning, {late:.2f} ms at 4,000")
guard.close()
holds = [
    stated("ms from a judging point to its release, median", statistics.median(releases), 30.0),
    stated("characters held back, 95th percentile", statistics.quantiles(held, n=20)[-1], 160.0),
    stated("time of a token at 4,000 over time of a token at 100", late / early, 1.3),
]
sys.exit(0 if all(holds) else 1)
