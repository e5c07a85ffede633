"""Turn 40 of a chat whose client resends everything, against turn 1: what is known costs nothing."""

import statistics
import time

from benchmarks.claim import claim
from shield import Caller, Guard, Source, segment

SENTENCE = "On day {n} we walked from the harbour to hut {n} and it rained for {n} minutes. Next?"


def milliseconds(guard: Guard, turns: int, session: str) -> float:
    """The verdict on a request that resends `turns` turns, of which the last is new."""
    texts = [SENTENCE.format(n=f"{session}-{i}") for i in range(turns)]
    shown = [segment(text, Source.USER, turn=i) for i, text in enumerate(texts)]
    with guard.exchange(Caller(session=session)) as exchange:
        exchange.input(shown[:-1])
    began = time.perf_counter()
    with guard.exchange(Caller(session=session)) as exchange:
        exchange.input(shown)
    return (time.perf_counter() - began) * 1000


guard = Guard.load()
milliseconds(guard, 2, "warm")
first = statistics.median(milliseconds(guard, 1, f"a{i}") for i in range(15))
late = statistics.median(milliseconds(guard, 40, f"b{i}") for i in range(15))
print(f"turn 1: {first:.1f} ms, turn 40: {late:.1f} ms")
claim("time of turn 40 over time of turn 1 when the history is resent", late / first, 5.0)
