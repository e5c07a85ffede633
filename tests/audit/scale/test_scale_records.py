"""Rows of tables become cases; what is none has a reason without its text."""

import json
from pathlib import Path

import msgspec
import pytest

from shield.audit.corpus import Kind, load
from shield.audit.intake.rows import UnreadableError
from shield.audit.scale.cluster import _record
from shield.audit.scale.records import case_of
from shield.types import Decision, Source

FULL = {"id": "a", "kind": "attacks", "group": "override", "text": "canary-4471"}


class Array:
    """How numpy holds a list."""

    def tolist(self) -> list[object]:
        return [{"source": "user", "text": "Hi"}]


def test_a_text_is_a_turn_of_the_user_and_an_attack_is_to_be_blocked() -> None:
    case = case_of(FULL, labelled=True)
    assert (case.kind, case.group, case.id) == (Kind.ATTACK, "override", "a")
    assert (case.line.expect, case.line.lang, case.line.split) == (Decision.BLOCK, "und", "hold")
    assert case.line.turns[0].source is Source.USER


def test_without_labels_a_text_alone_is_enough() -> None:
    case = case_of({"text": "Hi", "source": "tool", "lang": None}, labelled=False)
    assert (case.kind, case.group) == (Kind.BENIGN, "unlabelled")
    assert case.line.turns[0].source is Source.TOOL


@pytest.mark.parametrize(
    "more",
    [
        {"turns": [{"source": "user", "text": "Hi"}]},
        {"turns": '[{"source": "user", "text": "Hi"}]'},
        {"turns": Array()},
        {"messages": '[{"role": "user", "content": "Hi"}]'},
    ],
)
def test_turns_and_messages_come_as_lists_or_json(more: dict) -> None:
    case = case_of({**more, "text": None}, labelled=False)
    assert [(t.source, t.text) for t in case.line.turns] == [(Source.USER, "Hi")]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": None},
        {"kind": "odd"},
        {"split": "odd"},
        {"source": "odd"},
        {"expect": "odd"},
        {"text": 3},
        {"text": None},
        {"text": " "},
        {"turns": "{"},
        {"turns": "[" * 5000},
        {"turns": []},
        {"turns": [{"source": "canary-4471"}]},
    ],
)
def test_what_is_no_case_says_why_without_its_text(changes: dict) -> None:
    with pytest.raises(UnreadableError) as caught:
        case_of({**FULL, **changes}, labelled=True)
    assert "4471" not in str(caught.value)


def test_every_case_of_the_corpus_survives_the_way_to_a_worker(root: Path) -> None:
    for case in load(root / "attack_corpus").split("tune"):
        back = case_of(json.loads(_record(case)), labelled=True)
        assert (back.kind, back.group) == (case.kind, case.group)
        assert back.line == msgspec.structs.replace(case.line, note="")
