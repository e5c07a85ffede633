"""Replaying many cases in processes of one core each."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import NamedTuple

from shield import Guard
from shield.audit.corpus import load
from shield.audit.disguised import Run
from shield.audit.replay import judged, verdicts
from shield.policy.load import load as load_policy

_CHUNK = 8
_guards: list[Guard] = []  # one, made when a process starts


class Outcome(NamedTuple):
    """What became of a run; `incomplete` when it was stopped for not being read to its end."""

    names: tuple[str, ...]
    group: str
    stopped: bool
    incomplete: bool


class Pool:
    """A process a core, each with a guard of its own."""

    def __init__(self, policy: Path, corpus: Path) -> None:
        allowed = sorted(os.sched_getaffinity(0))
        context = get_context("spawn")
        queue: SimpleQueue[int] = context.SimpleQueue()
        for core in allowed:
            queue.put(core)
        self.processes = len(allowed)
        self._pool = ProcessPoolExecutor(
            self.processes, context, initializer=_begin, initargs=(policy, corpus, queue)
        )

    def outcomes(self, runs: Iterator[Run]) -> Iterator[Outcome]:
        """The outcome of every run, in order."""
        return self._pool.map(_outcome, runs, chunksize=_CHUNK)

    def close(self) -> None:
        """End the processes."""
        self._pool.shutdown(cancel_futures=True)


def _begin(policy: Path, corpus: Path, queue: "SimpleQueue[int]") -> None:
    os.sched_setaffinity(0, {queue.get()})
    _guards.append(Guard(load_policy(policy).with_tools(load(corpus).tools)))


def _outcome(run: Run) -> Outcome:
    result = judged(run.case, verdicts(_guards[0], run.case))
    alone = result.stopped and not result.rules
    return Outcome(run.names, run.group, result.stopped, alone and result.skipped > 0)
