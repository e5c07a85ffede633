"""How much faster an audit is on two cores with two workers than on one core with one.

    python -m benchmarks.audit_throughput [--cases N] [--rounds N]

Both replay the same tune cases in processes of their own, in turn; loading is not counted. What is
compared are the medians of the rounds. The machine must be otherwise idle, and have two cores.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.claim import claim
from shield.audit.corpus import Case, load
from shield.audit.replay import replay
from shield.guard import Guard
from shield.policy.load import load as load_policy

BAR = 1.6
_CORPUS = Path(__file__).parent.parent / "attack_corpus"


def chosen(cases: Sequence[Case], count: int) -> list[Case]:
    """So many cases, evenly spaced over all files."""
    step = max(1, len(cases) // count)
    return list(cases[::step])[:count]


def speed(cores: int, count: int) -> float:
    """Cases a second in this process, on so many cores with as many workers."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    corpus = load(_CORPUS)
    guard = Guard(load_policy().with_tools(corpus.tools), complete=True)
    cases = chosen(corpus.split("tune"), count)
    replay(guard, cases[:2], workers=cores)
    began = time.perf_counter()
    replay(guard, cases, workers=cores)
    spent = time.perf_counter() - began
    guard.close()
    return len(cases) / spent


def apart(cores: int, count: int) -> float:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.audit_throughput", "--cases", str(count)]
    done = subprocess.run(
        [*command, "--cores", str(cores)], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    """Measure both in turn and state the claim."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.cores:
        print(speed(asked.cores, asked.cases))
        return
    rounds = [(apart(1, asked.cases), apart(2, asked.cases)) for _ in range(asked.rounds)]
    one, two = (statistics.median(values) for values in zip(*rounds, strict=True))
    print(f"one core, one worker: {one:.1f} cases a second; two and two: {two:.1f}")
    claim("one core's share of what two cores replay", one / two, 1 / BAR)


if __name__ == "__main__":
    main()
