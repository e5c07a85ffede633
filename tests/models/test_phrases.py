"""The project's own phrases: enough, varied, valid, and each says who wrote it."""

import json
from collections import Counter
from pathlib import Path

import pytest

PHRASES = Path(__file__).parents[2] / "models" / "train" / "phrases"
KINDS = {
    "attacks": {"trigger", "goal", "document", "direct", "jailbreak"},
    "negatives": {"user", "document"},
}


def rows(side: str) -> list[dict[str, str]]:
    return [
        json.loads(line)
        for path in sorted(PHRASES.glob(f"{side}*.jsonl"))
        for line in path.read_text("utf-8").splitlines()
    ]


@pytest.mark.parametrize("side", KINDS)
def test_there_are_three_thousand_in_twelve_languages(side):
    found = rows(side)
    languages = Counter(row["lang"] for row in found)
    assert len(found) >= 3000
    assert sum(1 for count in languages.values() if count >= 30) >= 12


@pytest.mark.parametrize("side", KINDS)
def test_every_row_says_what_it_is_and_who_wrote_it(side):
    for row in rows(side):
        assert row.keys() == {"text", "kind", "lang", "author"}
        assert row["text"].strip()
        assert row["kind"] in KINDS[side]
        assert row["author"] in {"person", "model", "report"}


def test_no_text_is_there_twice():
    texts = Counter(row["text"].casefold() for side in KINDS for row in rows(side))
    assert [text for text, count in texts.items() if count > 1] == []
