"""What the injection classifier costs beyond its graph, on long texts, and beside other graphs.

Everything runs on two cores with one thread a run. No text is scored from the cache.
"""

import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import onnxruntime as ort

from benchmarks.claim import stated
from shield.inference.graph import Graph

FOLDER, SURFACE = Path(__file__).parents[1] / "models" / "injection", "user"
SIZES, FROM, ROUNDS = (16, 64, 256, 512, 4_096), 64, 9
SHORT, LONG = 10_000, 100_000
PROSE = (
    "the ferry to island leaves at nine and takes about forty minutes each way bring warm coat "
    "captain sells tickets on board children under seven travel free with a parent"
)


def text(tokens: int, seed: int) -> str:
    """About `tokens` tokens; no two windows are alike."""
    rng = random.Random(seed)  # noqa: S311 — the same text every time
    return " ".join(rng.choices(PROSE.split(), k=tokens))


def seconds(work: Callable[[], object]) -> float:
    """Wall time of one run."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def warm(work: Callable[[], object]) -> float:
    """Wall time of the second of two runs: the first finds another copy of the weights cached."""
    work()
    return seconds(work)


def bare() -> Any:
    """The graph alone, with one thread."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(FOLDER / "model.onnx"), options)


def feeds(graph: Graph, shown: str, most: int) -> list[dict[str, Any]]:
    """The windows of a text as the session takes them, `most` in a batch."""
    rows = [window.ids for window in graph._reader.cut(shown, SURFACE).windows]  # noqa: SLF001
    found = []
    for at in range(0, len(rows), most):
        batch = rows[at : at + most]
        if len({*map(len, batch)}) > 1:
            raise ValueError("the windows of one text have one length")
        ids = np.array(batch)
        found.append({"input_ids": ids, "attention_mask": np.ones_like(ids)})
    return found


def overhead(graph: Graph, session: Any) -> float:
    """The highest ratio of the whole path to the graph alone, from 64 tokens on."""
    worst = 0.0
    for size in SIZES:
        shown = text(size, size)
        batches = [feeds(graph, shown, most) for most in (1, 4)]
        runs: list[list[float]] = [[], [], []]
        for _ in range(ROUNDS + 1):
            runs[0].append(warm(lambda: graph.scores([(shown, SURFACE)])))  # noqa: B023
            for times, batch in zip(runs[1:], batches, strict=True):
                times.append(warm(lambda: [session.run(None, f) for f in batch]))  # noqa: B023
        ours, *others = (statistics.median(times[1:]) * 1000 for times in runs)
        theirs = min(others)  # by itself or in batches, whichever is faster
        print(
            f"{size:>6} tokens: {ours:8.2f} ms, the graph alone {theirs:8.2f} ms, x {ours / theirs:.3f}"
        )
        if size >= FROM:
            worst = max(worst, ours / theirs)
    return worst


def growth(graph: Graph) -> float:
    """Time of 100k tokens over time of 10k tokens."""
    few, many = (
        min(seconds(lambda t=t: graph.scores([(t, SURFACE)])) for t in texts)
        for texts in ([text(size, n) for n in range(3)] for size in (SHORT, LONG))
    )
    print(f"{SHORT} tokens: {few:.2f} s, {LONG} tokens: {many:.2f} s")
    return many / few


def together() -> float:
    """Three equal graphs on three threads, over the sum of their runs alone."""
    graphs = [Graph.load(FOLDER) for _ in range(3)]
    texts = [text(4_096, n) for n in range(3)]
    jobs = [lambda g=g, t=t: g.scores([(t, SURFACE)]) for g, t in zip(graphs, texts, strict=True)]
    ratios = []
    for _ in range(3):
        alone = sum(map(seconds, jobs))
        threads = [Thread(target=job) for job in jobs]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        ratios.append((time.perf_counter() - began) / alone)
    print("together over alone:", *(f"{ratio:.3f}" for ratio in ratios))
    return statistics.median(ratios)


def main() -> None:
    """Measure, claim, and exit 1 when a claim does not hold."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    graph = Graph.load(FOLDER)
    held = [
        stated("whole path over the graph alone, from 64 tokens", overhead(graph, bare()), 1.3),
        stated("time of 100k tokens over time of 10k", growth(graph), 11.0),
        stated("three graphs on two cores over the sum of their runs alone", together(), 0.7),
    ]
    sys.exit(0 if all(held) else 1)


if __name__ == "__main__":
    main()
