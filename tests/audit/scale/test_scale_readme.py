"""The columns that the README gives to Spark come out of frames."""

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shield.audit.scale import batch as batches


class Frame:
    """As much of a pandas frame as the README needs."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        self.columns = columns

    def to_dict(self, kind: str) -> dict[str, list[Any]]:
        assert kind == "list"
        return self.columns

    def __getitem__(self, names: list[str]) -> "Frame":
        return Frame({name: self.columns[name] for name in names})


@pytest.fixture(autouse=True)
def fresh():
    yield
    batches._bench.cache_clear()


def test_frames_go_in_and_come_out(root: Path, unlocked, monkeypatch) -> None:
    pandas = ModuleType("pandas")
    pandas.DataFrame = Frame  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pandas", pandas)
    monkeypatch.setattr(batches, "load", lambda path: unlocked("injection_patterns"))
    shown = re.findall(r"```python\n(.*?)```", (root / "README.md").read_text("utf-8"), re.DOTALL)
    (block,) = (block for block in shown if "mapInPandas" in block)
    names: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), names)
    (out,) = names["scored"](iter([Frame({"id": ["a", "b"], "text": ["Hello there.", "Hi!"]})]))
    assert out.columns["decision"] == ["allow", "allow"]
    assert list(out.columns) == ["id", "decision", "rules", "error"]
    assert re.findall(r"(\w+) string", block) == list(out.columns)
