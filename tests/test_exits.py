"""Commands end with the code that says why, and print nothing that could steer a terminal."""

import pytest
import typer

from shield.errors import CorpusError
from shield.exits import FAILED, INTERNAL, USAGE, exits, printable, progress, stop


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (CorpusError("no case", where="x.jsonl", line=3, mend="add one"), USAGE, "x.jsonl:3: no"),
        (ModuleNotFoundError("no", name="scipy.stats"), USAGE, "shield-guard[report]"),
        (RuntimeError("a secret text"), INTERNAL, "internal error: RuntimeError"),
    ],
)
def test_an_error_has_its_code(error: Exception, code: int, told: str, capsys) -> None:
    with pytest.raises(typer.Exit) as end, exits():
        raise error
    shown = capsys.readouterr()
    assert (end.value.exit_code, shown.out) == (code, "")
    assert told in shown.err
    assert "a secret text" not in shown.err


def test_a_module_of_no_extra_is_not_explained_away() -> None:
    with pytest.raises(ModuleNotFoundError), exits():
        raise ModuleNotFoundError(name="elsewhere")


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), SystemExit(7), typer.Exit(5)])
def test_an_ending_that_is_meant_passes_through(ending: BaseException) -> None:
    with pytest.raises(type(ending)), exits():
        raise ending


def test_stopping_says_why_on_stderr(capsys) -> None:
    with pytest.raises(typer.Exit) as end:
        stop(FAILED, "3 problems in [batches]")
    assert end.value.exit_code == FAILED
    assert capsys.readouterr().err == "3 problems in [batches]\n"


def test_progress_is_silent_without_a_terminal(capsys) -> None:
    with progress("working", 2) as tick:
        tick()
        tick()
    shown = capsys.readouterr()
    assert shown.out + shown.err.strip() == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, größer, 漢字", "plain, größer, 漢字"),
        ("a\x1b[2Jb\n", "a\\x1b[2Jb\\n"),
        ("\u202egnp\u200b", "\\u202egnp\\u200b"),
        ("\ud800\U000e0041", "\\ud800\\U000e0041"),
    ],
)
def test_what_steers_a_terminal_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
