"""Reading the data folder and the project's own phrases."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_NOT_A_LETTER = re.compile(r"[\W\d_]+")
PHRASES = Path(__file__).parent / "phrases"


def rows(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """The rows of `train/<name>` or `calibration/<name>`; `text` is always present."""
    with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            row.setdefault("text", _flat(row))
            yield row


def likeness(text: str) -> str:
    """Equal for near-duplicates: texts that begin alike but for digits, case and punctuation."""
    return _NOT_A_LETTER.sub("", text[:600].casefold())[:160] or text[:160]


def phrases(side: str) -> Iterator[dict[str, str]]:
    """The rows of the `attacks*` or `negatives*` files in phrases/: text, kind, lang, author."""
    for path in sorted(PHRASES.glob(f"{side}*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def _flat(row: dict[str, Any]) -> str:
    if messages := row.get("messages"):
        return "\n".join(str(m.get("content") or "") for m in messages)
    steps = row.get("trace") or []
    return "\n".join(str(step.get("output") or "") for step in steps)
