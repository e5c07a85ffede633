"""`shield corpus add` and `import`, by exit codes, what they print and what they wrote."""

import json
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shield.audit.corpus import load
from shield.audit.intake import clean as cleaning
from shield.cli import app

TEXT = "When does the swimming pool by the station open on holidays?"


def run(*arguments: object, stdin: str | None = None):
    return CliRunner().invoke(app, ["corpus", *map(str, arguments)], input=stdin)


def placed(sound: Path, name: str = "benign/chat") -> tuple[str, ...]:
    return ("--as", name, "--batch", "mine", "--corpus", str(sound))


def test_add_says_what_it_added(sound: Path) -> None:
    result = run("add", TEXT, *placed(sound), "--lang", "en")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("added 1 (chat-0003 to chat-0003)")
    again = run("add", TEXT, *placed(sound))
    assert again.exit_code == 1
    assert "duplicate: the case: 100% of its words as chat-0003" in again.stdout


def test_add_takes_turns_from_standard_input(sound: Path) -> None:
    turns = [{"source": "user", "text": TEXT}, {"source": "assistant", "text": "At nine."}]
    result = run("add", "-", *placed(sound), stdin=json.dumps(turns))
    assert result.exit_code == 0, result.output
    assert len(load(sound).cases[-2].line.turns) == 2


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((" ",), "blank"),
        (("[]",), "no turns"),
        ((TEXT, "--source", "nobody"), "--source nobody"),
        ((TEXT, "--lang", "klingon"), "language"),
        ((TEXT, "--split", "test"), "no split"),
    ],
)
def test_add_refuses_what_is_no_case(sound: Path, arguments, why: str) -> None:
    result = run("add", *arguments, *placed(sound))
    assert result.exit_code == 2
    assert why in result.stderr


@pytest.fixture
def cleaner(monkeypatch) -> list[str]:
    """A cleaner without models; keeps what it was asked about."""
    seen: list[str] = []

    class Fake:
        def __init__(self, policy) -> None:
            seen.append("made")

        def clean(self, turns, note=""):
            seen.append(turns[0].text)
            return cleaning.Cleaned(turns, note, Counter({"person": 1}))

        def close(self) -> None:
            seen.append("closed")

    monkeypatch.setattr(cleaning, "Cleaner", Fake)
    return seen


def log(folder: Path, *texts: str) -> Path:
    path = folder / "log.jsonl"
    path.write_text("\n".join(json.dumps({"prompt": text}) for text in texts), "utf-8")
    return path


def test_import_cleans_counts_and_names(sound: Path, tmp_path: Path, cleaner: list[str]) -> None:
    known = "How long do I have to boil an egg?"
    result = run("import", log(tmp_path, TEXT, known), *placed(sound), "--lang", "en")
    assert result.exit_code == 0, result.output
    assert "duplicate: 2: 100% of its words as b1" in result.stdout
    assert "duplicates 1, left out 0; removed: 2 person" in result.stdout
    assert cleaner == ["made", TEXT, known, "closed"]


def test_import_stops_at_a_bad_record_without_its_text(
    sound: Path, tmp_path: Path, cleaner: list[str]
) -> None:
    path = log(tmp_path, TEXT, " ")
    stopped = run("import", path, *placed(sound))
    assert (stopped.exit_code, cleaner[-1]) == (2, "closed")
    assert "the first, 2: the text is blank" in stopped.stderr
    assert TEXT not in stopped.output
    skipped = run("import", path, *placed(sound), "--skip-bad")
    assert skipped.exit_code == 0
    assert "no case: 2: the text is blank" in skipped.stdout


def test_made_up_cases_may_stay_as_they_were_written(
    sound: Path, tmp_path: Path, cleaner: list[str]
) -> None:
    result = run("import", log(tmp_path, TEXT), *placed(sound), "--as-written")
    assert (result.exit_code, cleaner) == (0, [])


def test_an_unknown_form_is_refused(sound: Path, tmp_path: Path) -> None:
    result = run("import", log(tmp_path, TEXT), *placed(sound), "--format", "xml")
    assert result.exit_code == 2
    assert "promptfoo" in result.stderr


def test_the_help_lists_both() -> None:
    shown = run("--help").stdout
    assert "add" in shown
    assert "import" in shown
