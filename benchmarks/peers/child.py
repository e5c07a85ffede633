"""The other end of `serve`: a side of the comparison as a child process."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}


class Child:
    """A side in a process of its own; close it by leaving the `with` block."""

    def __init__(self, python: Path | str, module: str, *arguments: str, log: Path) -> None:
        self._log = log
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                [str(python), "-m", module, *arguments],
                cwd=ROOT,
                env={**os.environ, **OFFLINE},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def ask(self, ask: str, **given: Any) -> Any:
        """The answer to one question.

        Raises:
            RuntimeError: the process ended instead.
        """
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps({"ask": ask, **given}) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            line = ""
        else:
            line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process ended; its last words are in {self._log}")
        return json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            pipe.close()
