"""A real Redis on a free port of the loopback, for tests; without it they are skipped."""

import contextlib
import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Server:
    """A running server, which a test may stop, freeze, or begin again on the same port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        # The product's own quarter of a second would make tests of a busy machine.
        patience = "socket_timeout=60&socket_connect_timeout=60"
        return f"redis://127.0.0.1:{self.port}/0?{patience}"

    def start(self) -> None:
        if not self._started():
            raise AssertionError(f"redis-server did not start on port {self.port}")

    def start_anywhere(self) -> None:
        """Start, on another port when somebody was faster on this one."""
        for _ in range(20):
            if self._started():
                return
            self.port = _free_port()
        raise AssertionError("redis-server did not start")

    def _started(self) -> bool:
        command = [shutil.which("redis-server"), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--save", "", "--appendonly", "no", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if any(b"Ready to accept" in line for line in self._process.stdout):
            return True
        self.stop()
        return False

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def freeze(self) -> None:
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)


def _free_port() -> int:
    """A port that is free now, below those that clients are given: one is still free after a stop."""
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with contextlib.suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", port))
            return port


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server for as long as the context lasts."""
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not installed (Debian: apt-get install redis-server)")
    server = Server(folder)
    server.start_anywhere()
    try:
        yield server
    finally:
        server.stop()
