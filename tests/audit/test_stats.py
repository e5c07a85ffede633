"""Counts of a corpus, and what happened since its release."""

import hashlib
import json
from pathlib import Path

import pytest
from rich.console import Console

from shield.audit import manifest
from shield.audit.corpus import load
from shield.audit.manifest import Changes
from shield.audit.stats import Row, show, stats
from shield.errors import CorpusError
from tests.conftest import line


def test_every_row_counts_both_splits(sound: Path) -> None:
    found = stats(load(sound))
    assert found.kinds == (Row("attacks", 1, 1), Row("benign", 1, 1), Row("near_miss", 0, 1))
    assert found.groups[-1] == Row("near_miss/pii", 0, 1)
    assert found.languages == (Row("en", 2, 3),)
    assert found.batches == (Row("t1", 0, 3), Row("t2", 2, 0))
    assert (found.turns, found.changes) == (5, None)


def test_the_largest_language_stands_first(append) -> None:
    found = stats(load(append("benign/chat", line("b9", "Ciao", lang="it"))))
    assert [row.name for row in found.languages] == ["en", "it"]


def test_additions_changes_and_removals_are_those_since_the_release(append, sound: Path) -> None:
    manifest.write(load(sound))
    assert stats(load(sound)).changes == Changes((), (), ())
    append("benign/chat", line("b9", "Hi!"))
    (sound / "near_miss" / "pii.jsonl").unlink()
    path = sound / "attacks" / "override.jsonl"
    path.write_text(path.read_text("utf-8").replace("limits", "bounds"), "utf-8")
    assert stats(load(sound)).changes == Changes(
        added=("b9",),
        changed=("a2",),
        removed=("m1",),
        files=("attacks/override.jsonl", "benign/chat.jsonl", "near_miss/pii.jsonl"),
    )


def test_a_release_has_the_digest_of_every_file(sound: Path) -> None:
    (sound / "tools.toml").write_text("[tools]\n", "utf-8")
    found = manifest.read(manifest.write(load(sound)).parent)
    assert list(found.files) == [
        "attacks/override.jsonl",
        "benign/chat.jsonl",
        "near_miss/pii.jsonl",
        "SOURCES.toml",
        "tools.toml",
    ]
    raw = (sound / "benign" / "chat.jsonl").read_bytes()
    assert found.files["benign/chat.jsonl"] == hashlib.sha256(raw).hexdigest()


def test_a_file_that_changed_is_listed_without_a_changed_case(sound: Path) -> None:
    manifest.write(load(sound))
    (sound / "tools.toml").write_text("[tools]\n", "utf-8")
    console = Console(width=100)
    with console.capture() as shown:
        show(stats(load(sound)), console)
    assert "files changed since the last release: 1: tools.toml" in shown.get()


def test_a_manifest_without_files_is_read(sound: Path) -> None:
    path = manifest.write(load(sound))
    old = json.loads(path.read_text("utf-8"))
    del old["files"]
    path.write_text(json.dumps(old), "utf-8")
    assert stats(load(sound)).changes == Changes((), (), ())


def test_a_case_that_moves_to_another_group_has_changed(sound: Path) -> None:
    manifest.write(load(sound))
    (sound / "benign" / "chat.jsonl").rename(sound / "benign" / "support.jsonl")
    changes = stats(load(sound)).changes
    assert changes is not None
    assert changes.changed == ("b1", "b2")


@pytest.mark.parametrize("content", ["{", "[]", '{"corpus": "x"}'])
def test_a_broken_manifest_is_named(sound: Path, content: str) -> None:
    (sound / manifest.NAME).write_text(content, "utf-8")
    with pytest.raises(CorpusError, match=r"manifest\.json: not a manifest"):
        stats(load(sound))


def test_what_is_shown_names_the_counts_and_no_text(sound: Path) -> None:
    console = Console(width=100)
    with console.capture() as shown:
        show(stats(load(sound)), console)
    text = shown.get()
    assert "near_miss/pii" in text
    assert "benign cases in hold: 50.0%" in text
    assert "not recorded" in text
    assert "boil" not in text


def test_the_ids_that_are_shown_are_bounded(append, sound: Path) -> None:
    manifest.write(load(sound))
    for number in range(30):
        append("benign/chat", line(f"c{number:02}", "Hi!"))
    console = Console(width=400)
    with console.capture() as shown:
        show(stats(load(sound)), console)
    assert "added since the last release: 30: c00," in shown.get()
    assert "c19 and 10 more" in shown.get()
    assert "c20" not in shown.get()


def test_names_are_shown_as_they_are_written(append) -> None:
    console = Console(width=100)
    with console.capture() as shown:
        show(stats(load(append("benign/chat", line("b9", "Hi!", lang="[red]\x1bq")))), console)
    assert "[red]\\x1bq" in shown.get()
