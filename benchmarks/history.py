"""What a long chat costs when its client resends all of it: turns of 60 tokens.

Turn n is a request with n messages, of user and assistant in turn, of which the last one is
new to this session. Repetitions of all lengths alternate, so that a slow moment of the machine
meets each of them; the best of each length counts.
"""

import random
import sys
import time

from benchmarks.claim import stated
from shield import Caller, Guard, Source, segment

TURNS = (2, 50, 200)
TIMES = 9
BARS = (((50, 2), 1.5), ((200, 50), 1.3))
PLACES = ("harbour", "chapel", "mill", "orchard", "bridge", "station", "library", "quarry")
THINGS = ("a kettle", "two lamps", "an old map", "some bread", "a wet coat", "three letters")
TEXT = (
    "On day {day} we walked from the {a} to the {b} and carried {thing} all the way, because the "
    "bus was late again and nobody wanted to wait for {wait} minutes in the rain. Later that evening "
    "Nora wrote {words} words about it. Which of the paths near the {c} is dry in April, do you think?"
)


def message(number: int, name: str) -> str:
    """About 60 tokens that no other message of any chat holds."""
    chance = random.Random(f"{name} {number}")  # noqa: S311 — texts, not secrets
    a, b, c = chance.sample(PLACES, 3)
    return TEXT.format(
        day=chance.randrange(10_000),
        a=a,
        b=b,
        c=c,
        thing=chance.choice(THINGS),
        wait=chance.randrange(5, 500),
        words=chance.randrange(1_000_000),
    )


def milliseconds(guard: Guard, turns: int, session: str) -> float:
    """The verdict on a request of `turns` messages, of which the last is new."""
    sources = [Source.ASSISTANT if (turns - i) % 2 == 0 else Source.USER for i in range(turns)]
    shown = [
        segment(message(i, session), source, path=f"/messages/{i}/content", turn=i)
        for i, source in enumerate(sources)
    ]
    with guard.exchange(Caller(principal="bench", session=session)) as exchange:
        exchange.input(shown[:-2])
    began = time.perf_counter()
    with guard.exchange(Caller(principal="bench", session=session)) as exchange:
        outcome = exchange.input(shown)
    took = (time.perf_counter() - began) * 1000
    assert outcome.passes
    return took


def main() -> None:
    """Print the times and the claims; exit 1 when one does not hold."""
    guard = Guard.load()
    milliseconds(guard, TURNS[-1], "warm")
    best = dict.fromkeys(TURNS, float("inf"))
    for number in range(TIMES):
        for turns in TURNS:
            best[turns] = min(best[turns], milliseconds(guard, turns, f"chat {number} of {turns}"))
    print(", ".join(f"turn {turns}: {took:.1f} ms" for turns, took in best.items()))
    held = [
        stated(f"time of turn {late} over time of turn {early}", best[late] / best[early], bar)
        for (late, early), bar in BARS
    ]
    guard.close()
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
