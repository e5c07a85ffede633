"""Files of decision events."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

END = datetime(2030, 3, 15, 12, tzinfo=UTC)


def event(ago: float = 1.0, **changes: Any) -> str:
    """A decision so many days before `END`."""
    base = {
        "at": (END - timedelta(days=ago)).isoformat(),
        "event": "decision",
        "id": "v1",
        "checkpoint": "input",
        "decision": "allow",
        "findings": [],
        "shadow": [],
        "skipped": [],
        "policy": {"digest": "p1"},
        "elapsed_ms": 2.0,
    }
    return json.dumps({**base, **changes})


def found(rule: str, score: float, *, error: bool = False) -> list[dict[str, Any]]:
    return [{"rule": rule, "score": score, "error": error}]


@pytest.fixture
def events(tmp_path: Path) -> Callable[..., Path]:
    def make(*lines: str, name: str = "events.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("\n".join(lines) + "\n", "utf-8")
        return path

    return make
