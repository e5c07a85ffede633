"""Everything that is wrong with a corpus is named by file and line, all at once."""

from pathlib import Path

import pytest

from shield.audit import manifest
from shield.audit.check import problems
from shield.audit.corpus import load
from tests.audit.conftest import SOURCES, WORDS
from tests.conftest import line


def shown(folder: Path) -> list[str]:
    return [str(p).removeprefix(f"{folder}/") for p in problems(folder)]


def test_a_sound_corpus_has_no_problem(sound: Path) -> None:
    assert shown(sound) == []


@pytest.mark.parametrize(
    ("group", "made", "told"),
    [
        ("benign/chat", "{", "benign/chat.jsonl:3: not a case"),
        ("benign/chat", line("b9", "Hi!", expect="maybe"), "Invalid enum value 'maybe'"),
        ("benign/chat", line("a1", "Hi!"), "chat.jsonl:3: the id a1 already stands in override.js"),
        ("benign/chat", line("b9", "Hi!", lang="english"), "chat.jsonl:3: english is no language"),
        ("benign/chat", line("b9", "Hi!", lang="xq"), "chat.jsonl:3: xq is no language code"),
        ("benign/chat", line("b9", "Hi!", batch="t9"), "chat.jsonl:3: the batch t9 is not in SOU"),
        (
            "benign/chat",
            line("b9", "Hi!", split="tune"),
            "split tune, but the batch t1 is for hold",
        ),
        ("benign/spam", line("b9", "Hi!"), "benign/spam.jsonl:1: no batch of SOURCES.toml names"),
        ("attacks/new", line("b9", "Hi!"), "attacks/new.jsonl:1: no batch of SOURCES.toml names"),
        ("near_miss/magic", line("b9", "Hi!"), "near_miss/magic.jsonl:1: no batch of SOURCES.toml"),
        ("near_miss/secrets", line("b9", "Hi!"), "names no such file for the batch t1"),
        ("benign/empty", "", "benign/empty.jsonl: the file holds no case"),
        ("bening/chat", line("b9", "Hi!"), "bening/chat.jsonl: the folder is none of attacks, b"),
        ("benign/chat", line("b9", WORDS["a1"]), "chat.jsonl:3: the very text of the attack a1"),
        ("benign/chat", line("b9", WORDS["m1"].upper()), "pii.jsonl:1: 100% of its words as b9 in"),
        (
            "benign/chat",
            line("b9", WORDS["b2"]),
            "as b2 in chat.jsonl:2, and one is hold, one tune",
        ),
    ],
)
def test_a_problem_is_named_by_file_and_line(append, group: str, made: str, told: str) -> None:
    found = shown(append(group, made))
    assert any(told in problem for problem in found), found


@pytest.mark.parametrize("lang", ["pt-BR", "zh-Hant-TW", "hi-Latn", "es-419", "yue", "und"])
def test_languages_with_script_and_region_are_known(append, lang: str) -> None:
    assert shown(append("benign/chat", line("b9", "Hi!", lang=lang))) == []


def test_no_problem_hides_another(append) -> None:
    append("benign/chat", "{")
    append("benign/chat", line("b1", "Hello there.", lang="q", batch="t9"))
    assert len(shown(append("attacks/override", "[]"))) == 5


def test_problems_stand_in_the_order_of_files_and_lines(append) -> None:
    append("benign/chat", "{")
    append("benign/chat", line("b9", "Hi!", batch="t9"))
    found = shown(append("attacks/override", "{"))
    assert [problem.split(": ")[0] for problem in found] == [
        "attacks/override.jsonl:3",
        "benign/chat.jsonl:3",
        "benign/chat.jsonl:4",
    ]


def test_an_empty_split_is_named(sound: Path) -> None:
    path = sound / "benign" / "chat.jsonl"
    path.write_text(path.read_text("utf-8").splitlines()[0] + "\n", "utf-8")
    assert shown(sound) == ["benign: no case in split tune"]


def test_a_corpus_without_sources_is_checked_all_the_same(append) -> None:
    folder = append("benign/chat", line("b1", "Hi!"))
    (folder / "SOURCES.toml").unlink()
    assert shown(folder) == [
        "SOURCES.toml: the file cannot be read",
        "benign/chat.jsonl:3: the id b1 already stands in chat.jsonl:1",
    ]


def test_a_batch_that_is_declared_twice_is_named_with_both_lines(sound: Path) -> None:
    twice = SOURCES.replace("\n\n", '\nt1 = { files = "chat", split = "tune" }\n\n')
    (sound / "SOURCES.toml").write_text(twice, "utf-8")
    assert shown(sound) == ["SOURCES.toml:4: the batch t1 is already declared in line 2"]


def test_broken_tools_are_named(sound: Path) -> None:
    (sound / "tools.toml").write_text("[tools.pay]\neffect = 'fly'\n", "utf-8")
    assert [p.partition(": ")[0] for p in shown(sound)] == ["tools.toml:2"]


def test_what_the_system_says_makes_no_two_cases_alike(append) -> None:
    for number, asked in enumerate(["Where is my parcel?", "Can I still cancel today?"]):
        turns = [
            {"source": "system", "text": "You are the help desk of a shop for garden tools." * 9},
            {"source": "user", "text": asked},
        ]
        folder = append("benign/chat", line(f"b1{number}", "", turns=turns))
    assert shown(folder) == []


def test_a_changed_hold_case_needs_a_line_in_the_sources(sound: Path) -> None:
    manifest.write(load(sound))
    path = sound / "benign" / "chat.jsonl"
    path.write_text(path.read_text("utf-8").replace("egg", "potato"), "utf-8")
    assert shown(sound) == [
        "benign/chat.jsonl:1: a hold case was changed without a line in [changes] of SOURCES.toml"
    ]
    changed = SOURCES + 'b1 = "2026-11-30: was no egg"\n'
    (sound / "SOURCES.toml").write_text(changed, "utf-8")
    assert shown(sound) == []


def test_a_changed_tune_case_needs_none(sound: Path) -> None:
    manifest.write(load(sound))
    path = sound / "benign" / "chat.jsonl"
    path.write_text(path.read_text("utf-8").replace("Leipzig", "Halle"), "utf-8")
    assert shown(sound) == []


def test_problems_hold_no_text_of_a_case(append) -> None:
    append("benign/chat", line("b9", WORDS["b1"], lang="q", batch="t9"))
    assert not any("boil" in problem for problem in shown(append("benign/spam", line("c", "x"))))


def test_no_name_steers_the_terminal(append) -> None:
    (problem,) = shown(append("benign/chat", line("b9", "Hi!", lang="\x1b[2Jq")))
    assert "\\x1b[2Jq is no language code" in problem


def test_nothing_is_wrong_with_the_shipped_corpus(root: Path) -> None:
    assert shown(root / "attack_corpus") == []
