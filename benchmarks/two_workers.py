"""How long an operator's order takes to hold in two real worker processes: the kill switch and a rollback.

python -m benchmarks.two_workers
"""

import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import httpx2

from benchmarks.claim import claim
from shield.ops import orders
from shield.policy.load import load
from shield.policy.lock import Lock, write

T = TypeVar("T")
ROUNDS = 10
LIMIT = 1_000.0  # milliseconds
POLICY = """
name = "small"
version = "{version}"
[scanners.banned_phrases]
decision = "block"
[scanners.banned_phrases.options.lists.plants]
phrases = ["{word}"]
"""
SETTINGS = """
policy = "policy.toml"
state = "state"
[serve]
port = 0
workers = 2
drain_seconds = 5
[[tokens]]
name = "operator"
roles = ["caller", "auditor", "operator"]
env = "OPERATOR"
"""
TOKEN = "t" * 32
SHIELD = [sys.executable, "-m", "shield"]
PATIENCE = 90  # seconds for a start on a busy machine


def until(found: Callable[[], T], what: str) -> T:
    """The first true answer."""
    end = time.monotonic() + PATIENCE
    while not (answer := found()):
        assert time.monotonic() < end, what
        time.sleep(0.005)
    return answer


class Pair:
    """The parent, its two workers, and the folder they read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("1", "tulip")
        (folder / "sidecar.toml").write_text(SETTINGS)
        self.log = folder / "log"
        environ = {**os.environ, "OPERATOR": TOKEN, "SHIELD_KEY": "of both workers"}
        with self.log.open("wb") as log:
            self.parent = subprocess.Popen(
                [*SHIELD, "serve", "--config", "sidecar.toml"], cwd=folder, stderr=log, env=environ
            )
        try:
            self.url = until(self._listening, "two workers serve")
        except BaseException:
            self._end()
            raise
        self.http = httpx2.Client(
            trust_env=False, timeout=60, headers={"authorization": f"Bearer {TOKEN}"}
        )

    def write(self, version: str, word: str) -> None:
        """Put a policy that blocks a word in the place of the one before."""
        path = self.folder / "policy.toml"
        path.write_text(POLICY.format(version=version, word=word))
        write(path, Lock(inputs=load(path, locked=False).inputs, corpus=""))

    def _listening(self) -> str:
        lines = [x for x in self.log.read_text().splitlines() if "serving on" in x]
        if len(lines) < 2:
            return ""
        return f"http://127.0.0.1:{lines[0].rpartition(',')[2].strip(' )')}"

    def workers(self) -> list[int]:
        """Their process ids."""
        path = Path(f"/proc/{self.parent.pid}/task/{self.parent.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    @contextmanager
    def alone(self, worker: int) -> Iterator[None]:
        """The other worker is stopped, so that this one gets every connection."""
        (other,) = set(self.workers()) - {worker}
        os.kill(other, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(other, signal.SIGCONT)

    def passes(self, worker: int, text: str) -> bool:
        """Whether one worker lets a text pass."""
        with self.alone(worker):
            body, close = {"text": text}, {"connection": "close"}
            answer = self.http.post(f"{self.url}/v1/scan/input", json=body, headers=close)
            return bool(answer.json()["passes"])

    def told(self, *command: str) -> None:
        """Order something, as an operator does."""
        done = subprocess.run(
            [*SHIELD, *command, "--policy", "policy.toml", "--state", "state"],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def close(self) -> None:
        """End them."""
        self.http.close()
        self._end()

    def _end(self) -> None:
        self.parent.terminate()
        self.parent.wait(60)


def held(pair: Pair, order: Callable[[], object], text: str, *, passes: bool) -> float:
    """Milliseconds from an order until the last of both workers obeys it."""
    began = time.perf_counter()
    order()
    for worker in pair.workers():
        until(lambda w=worker: pair.passes(w, text) is passes, "the order holds")  # type: ignore[misc]
    return (time.perf_counter() - began) * 1000


def main() -> None:
    """Measure and say."""
    with tempfile.TemporaryDirectory() as made:
        pair = Pair(Path(made))
        try:
            worst = measured(pair)
        finally:
            pair.close()
    claim("worst milliseconds until an order holds in both workers", worst, LIMIT)


def measured(pair: Pair) -> float:
    """The longest time of any order, in milliseconds."""
    state, took = pair.folder / "state", {}
    for worker in pair.workers():
        assert not pair.passes(
            worker, "a tulip"
        )  # its first request, which loads what judging needs
    off = [
        (lambda: orders.switch(state, "off", "measured"), True),
        (lambda: orders.switch(state, "enforce", ""), False),
    ]
    took["kill switch"] = [
        held(pair, order, "a tulip", passes=passes) for _ in range(ROUNDS) for order, passes in off
    ]
    pair.write("2", "rose")
    for worker in pair.workers():
        until(lambda w=worker: not pair.passes(w, "a rose"), "the new policy serves")  # type: ignore[misc]
    turn = [(lambda: orders.rollback(state), True), (lambda: orders.release(state), False)]
    took["rollback"] = [
        held(pair, order, "a rose", passes=passes) for _ in range(ROUNDS) for order, passes in turn
    ]
    for name, times in took.items():
        print(f"{name}: median {statistics.median(times):.0f} ms, worst {max(times):.0f} ms")
    return max(map(max, took.values()))


if __name__ == "__main__":
    main()
