"""Benign texts of `calibration/`, which nothing is fitted on, by surface and group.

There is no log of real traffic behind them: they are public sets.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from models.train.rows import rows

_CHARS = 6000
# Surface, group, file, sets (none: all), texts at most.
_FILES = (
    ("user", "chat", "benign_chat", (), 3600),
    ("user", "dialogues", "benign_dialogues", (), 900),
    ("user", "hard", "benign_hard", (), 1380),
    ("user", "tool requests", "tool_calls", ("bfcl_v4",), 600),
    ("data", "documents", "benign_documents", (), 2400),
    ("data", "dialogues", "benign_dialogues", (), 500),
)
_TRACES = (("intercode_bash_sql_traces", 600), ("toolbench_traces", 600))


class Clean(NamedTuple):
    """A benign text."""

    text: str
    surface: str
    group: str
    set: str
    lang: str


def clean(data: Path) -> list[Clean]:
    """Evenly spaced through each file."""
    found: list[Clean] = []
    for surface, group, name, sets, most in _FILES:
        kept = [
            Clean(r["text"][:_CHARS], surface, group, str(r["set"]), str(r.get("lang") or ""))
            for r in rows(data, f"calibration/{name}")
            if r["text"].strip() and (not sets or r["set"] in sets)
        ]
        found += kept[:: max(1, -(-len(kept) // most))]
    return [*found, *_traces(data)]


def _traces(data: Path) -> Iterator[Clean]:
    """What tools answered, and the commands and arguments they were called with."""
    by_set: dict[str, list[dict[str, Any]]] = {}
    for row in rows(data, "calibration/tool_calls"):
        by_set.setdefault(str(row["set"]), []).append(row)
    for name, most in _TRACES:
        listed = by_set.get(name, [])
        for row in listed[:: max(1, -(-len(listed) // most))]:
            outputs = "\n".join(
                map(str, row.get("observations") or [row.get("final_answer") or ""])
            )
            calls = "\n".join(str(c.get("arguments")) for c in row.get("tool_calls") or [])
            for group, text in (("tool outputs", outputs), ("code", calls)):
                if len(text.strip()) > 10:
                    yield Clean(text[:_CHARS], "data", group, name, "")
