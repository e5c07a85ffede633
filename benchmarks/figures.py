"""Summaries of tables: corrupted ones are found, faithful ones pass; in twenty locales.

No case of the part `held` was mended on, but its totals were looked at five times and its author knew a part
of the rules. The claims are about it; the first does not hold yet, which is why the scanner only
informs. The part `tune` showed what general causes there were for false alarms.
"""

import json
from pathlib import Path
from typing import Any

from benchmarks.claim import stated
from shield.label import segment
from shield.scanners import Services, scanner_class
from shield.text.patterns import PatternSet
from shield.types import Checkpoint, Source, Subject

DATA = Path(__file__).parent / "data" / "figures.jsonl"
MOST_FALSE, MOST_MISSED = 0.02, 0.15
THRESHOLD = 0.5


def flagged(scanner: Any, document: str, text: str) -> bool:
    """True when the scanner doubts a summary of a document."""
    subject = Subject(
        Checkpoint.OUTPUT,
        (segment(text, Source.ASSISTANT),),
        history=(segment(document, Source.DOCUMENT, "table"),),
    )
    return any(found.score >= THRESHOLD for found in scanner.scan(subject))


def rates(scanner: Any, rows: list[dict[str, Any]]) -> tuple[float, float]:
    """The share of faithful summaries that are flagged, and of corrupted ones that are not."""
    false = [flagged(scanner, row["document"], text) for row in rows for text in row["faithful"]]
    found = [flagged(scanner, row["document"], text) for row in rows for text in row["corrupted"]]
    print(
        f"{rows[0]['part']}: false alarms {sum(false)}/{len(false)}, found {sum(found)}/{len(found)}"
    )
    return sum(false) / len(false), 1 - sum(found) / len(found)


def main() -> None:
    """Judge both parts, and claim what holds of the held one."""
    kind = scanner_class("grounding")
    assert kind is not None
    scanner = kind(kind.Options(), Services((), PatternSet.of(()), (), {}, 1.0))
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    rates(scanner, [row for row in rows if row["part"] == "tune"])
    false, missed = rates(scanner, [row for row in rows if row["part"] == "held"])
    stated("faithful summaries flagged", false, MOST_FALSE)
    stated("corrupted summaries missed", missed, MOST_MISSED)


if __name__ == "__main__":
    main()
