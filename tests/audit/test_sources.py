"""Who may have cases where, and every batch once."""

from pathlib import Path

import pytest

from shield.audit.corpus import Kind
from shield.audit.sources import Sources, read, twice
from shield.errors import CorpusError, PolicyError


def made(**files: str) -> Sources:
    batches = {name: {"files": stated, "split": "hold"} for name, stated in files.items()}
    return Sources.model_validate({"batches": batches})


def test_a_batch_holds_the_files_that_it_names() -> None:
    known = made(a="override near_miss/pii")
    assert known.holds("a", Kind.ATTACK, "override")
    assert known.holds("a", Kind.NEAR_MISS, "pii")
    assert not known.holds("a", Kind.BENIGN, "pii")


def test_as_another_means_its_files_over_any_number_of_steps() -> None:
    known = made(a="chat", b="as a", c="as b")
    assert known.words("c") == ("chat",)


@pytest.mark.parametrize("files", ["as a", "as nobody"])
def test_a_reference_that_leads_nowhere_names_no_file(files: str) -> None:
    assert made(a=files).words("a") == ()


def test_all_of_a_folder_means_that_folder() -> None:
    known = made(a="all of attacks/")
    assert known.holds("a", Kind.ATTACK, "anything")
    assert not known.holds("a", Kind.BENIGN, "anything")


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("[batches]\na1 = {}\na2 = {}\n", []),
        ("[batches]\na1 = {}\n\na1 = {}\n", [(4, "a1", 2)]),
        ("[batches.a1]\nsplit = 'x'\n[batches.a2]\nsplit = 'x'\n[batches.a1]\n", [(5, "a1", 1)]),
        ("[batches]\na1 = {}\n[notes]\na1 = 'x'\n", []),
    ],
)
def test_a_second_declaration_is_found(text: str, lines: list[tuple[int, str, int]]) -> None:
    assert twice(text) == lines


def test_reading_names_the_second_declaration(tmp_path: Path) -> None:
    (tmp_path / "SOURCES.toml").write_text("[batches]\na1 = {}\na1 = {}\n", "utf-8")
    with pytest.raises(CorpusError, match=r"SOURCES\.toml:3: the batch a1 is already declared"):
        read(tmp_path)


def test_a_batch_without_split_is_named(tmp_path: Path) -> None:
    (tmp_path / "SOURCES.toml").write_text('[batches]\na1 = { files = "chat" }\n', "utf-8")
    with pytest.raises(PolicyError, match=r"SOURCES\.toml:2: batches\.a1\.split"):
        read(tmp_path)
