"""One side of a comparison in a process of its own: it is asked by lines of JSON, and times itself.

Only the standard library is used, because a peer's environment has nothing of Shield's.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any, Protocol

from benchmarks.peers.texts import sized


class Side(Protocol):
    """A scanner under measurement."""

    about: dict[str, Any]
    """Versions and threads, for the report."""

    def tokens(self, text: str) -> int:
        """Tokens of `text` by this side's own tokenizer, special ones not counted."""

    def scan(self, text: str) -> float:
        """The score of `text`; the call that is timed."""

    def shown(self, text: str) -> dict[str, Any]:
        """What the model is given for `text`, and what it answers.

        `fed`: tokens; `ranges`: the characters that they came from; `answers`: its numbers, in
        full precision.
        """


def serve(load: Callable[[], Side]) -> None:
    """Load the side and answer questions until standard input ends."""
    # What libraries print must not be read as an answer.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    side = load()
    for line in sys.stdin:
        answers.write(json.dumps(_answer(side, **json.loads(line))) + "\n")
        answers.flush()


def _answer(side: Side, ask: str, **given: Any) -> Any:
    if ask == "about":
        return side.about
    if ask == "time":
        return _timed(side, given["tokens"], given["count"], given["seed"])
    if ask == "text":
        return sized(given["tokens"], given["seed"], side.tokens)
    if ask == "shown":
        text = given["text"]
        return {"tokens": side.tokens(text), "score": side.scan(text), **side.shown(text)}
    raise ValueError(f"nobody can answer {ask}")


def _timed(side: Side, tokens: int, count: int, seed: str) -> dict[str, list[float]]:
    """Milliseconds of `count` scans of distinct texts, after one that is not counted."""
    texts = [sized(tokens, f"{seed}/{i}", side.tokens) for i in range(count + 1)]
    side.scan(texts.pop())  # the caches of the machine hold another side's weights
    taken = []
    for text in texts:
        began = time.perf_counter()
        side.scan(text)
        taken.append((time.perf_counter() - began) * 1_000)
    return {"milliseconds": taken, "tokens": [side.tokens(text) for text in texts]}
