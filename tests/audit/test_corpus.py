"""Corpora are read whole or refused with file and line."""

import json
from pathlib import Path

import pytest

from shield.audit.corpus import Kind, load
from shield.errors import CorpusError
from tests.conftest import line


def test_cases_know_their_kind_and_group(corpus_folder) -> None:
    folder = corpus_folder(
        attacks__override=[line("a1", "x", expect="block")], benign__chat=[line("b1", "y")]
    )
    assert {(c.kind, c.group) for c in load(folder).cases} == {
        (Kind.ATTACK, "override"),
        (Kind.BENIGN, "chat"),
    }


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ("{", "not a case"),
        (line("c2", "x", surprise=1), "unknown field `surprise`"),
        (line("c2", "x", expect="maybe"), "Invalid enum value 'maybe'"),
        (line("c2", "x", split="test"), "Invalid enum value 'test'"),
        (line("c2", "x", turns=[]), "a case needs a turn"),
        ('{"turns": [{"call": {"arguments": ' + '{"a":' * 50_000, "nested too deeply"),
        (line("c2", "x", turns=[{"source": "user"}]), "a turn has either text or call"),
        (
            line("c2", "x", turns=[{"source": "user", "call": {"name": "n", "arguments": {}}}]),
            "only the assistant proposes a call",
        ),
    ],
)
def test_a_broken_line_is_named_by_file_and_line(corpus_folder, broken: str, why: str) -> None:
    folder = corpus_folder(benign__chat=[line("c1", "x"), broken])
    with pytest.raises(CorpusError, match=r"chat\.jsonl:2: not a case") as error:
        load(folder)
    assert why in str(error.value)
    assert "mend:" in str(error.value)


def test_an_id_may_stand_only_once(corpus_folder) -> None:
    folder = corpus_folder(benign__chat=[line("c1", "x")], benign__code=[line("c1", "y")])
    with pytest.raises(
        CorpusError, match=r"code\.jsonl:1: the id c1 already stands in chat\.jsonl:1"
    ):
        load(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="there is no such folder"):
        load(tmp_path / "nowhere")


def test_the_digest_follows_the_content(corpus_folder) -> None:
    before = load(corpus_folder(benign__chat=[line("c1", "x")])).digest
    assert load(corpus_folder(benign__chat=[line("c1", "y")])).digest != before


def test_the_shipped_corpus_has_what_the_first_release_promises(root: Path) -> None:
    cases = load(root / "attack_corpus").cases
    attacks = [c for c in cases if c.kind is Kind.ATTACK]
    benign = [c for c in cases if c.kind is Kind.BENIGN]
    assert len(attacks) >= 200
    assert len({c.group for c in attacks}) >= 12
    assert len(benign) >= 500
    assert len({c.group for c in benign}) >= 8
    assert sum(c.line.split == "hold" for c in benign) >= 300
    assert sum(c.kind is Kind.NEAR_MISS for c in cases) >= 100
    assert sum(not c.line.lang.startswith("en") for c in cases) >= 0.15 * len(cases)
    assert sum(len(c.line.turns) > 2 for c in cases) >= 100


def test_no_two_shipped_conversations_are_the_same(root: Path) -> None:
    cases = load(root / "attack_corpus").cases
    shown = [
        json.dumps([[t.source, t.text, t.name] for t in c.line.turns]) + str(c.line.turns[-1].call)
        for c in cases
    ]
    assert len(set(shown)) == len(shown)


def test_a_batch_of_a_file_has_one_split(root: Path) -> None:
    splits: dict[tuple[str, str, str], set[str]] = {}
    for case in load(root / "attack_corpus").cases:
        key = (case.kind, case.group, case.line.batch)
        splits.setdefault(key, set()).add(case.line.split)
    assert all(len(found) == 1 for found in splits.values())
