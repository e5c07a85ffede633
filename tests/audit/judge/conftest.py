"""A rubric, and a judge's service on this machine that answers by a script."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from shield.audit.judge.rubric import Rubric, read

RUBRIC = """
name = "answers"
[dimensions.helpful]
question = "Does it do what was asked?"
levels = { no = "it does not", yes = "it does" }
[dimensions.sound]
question = "Is it true?"
levels = { no = "something is false", yes = "all is true" }
[dimensions.plain]
question = "Is it easy to read?"
levels = { no = "hard", partly = "in parts", yes = "easy" }
"""
ALL_YES = {"helpful": "yes", "sound": "yes", "plain": "yes"}


@pytest.fixture
def rubric_file(tmp_path: Path) -> Path:
    path = tmp_path / "rubric.toml"
    path.write_text(RUBRIC, "utf-8")
    return path


@pytest.fixture
def rubric(rubric_file: Path) -> Rubric:
    return read(rubric_file)


class Service:
    """Answers what `script` makes of the judged material; remembers what it was sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.script: Callable[[dict[str, Any]], Any] = lambda given: ALL_YES
        self.url = ""

    def answer(self, body: dict[str, Any]) -> tuple[int, str]:
        self.sent.append(body)
        found = self.script(json.loads(body["messages"][-1]["content"]))
        if isinstance(found, int):
            return found, "{}"
        text = found if isinstance(found, str) else json.dumps(found)
        return 200, json.dumps({"choices": [{"message": {"content": text}}]})


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            status, text = made.answer(json.loads(raw))
            self.send_response(status)
            self.send_header("content-length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}/v1"
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def sample_file(tmp_path: Path) -> Callable[..., Path]:
    def make(*rows: Any, name: str = "sample.jsonl") -> Path:
        path = tmp_path / name
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return make
