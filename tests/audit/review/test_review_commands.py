"""`shield review`, by exit codes and what it prints."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shield.audit.review.weekly import Reference, read, save
from shield.cli import app
from tests.audit.review.conftest import END, event, found


@pytest.fixture
def run(tmp_path: Path):
    def invoke(*arguments: object):
        env = {"SHIELD_GOLDEN": str(tmp_path / "golden")}
        return CliRunner().invoke(app, ["review", *map(str, arguments)], env=env)

    return invoke


@pytest.fixture
def quiet(events) -> Path:
    return events(*[event()] * 270, *[event(findings=found("a/b", 0.9))] * 30)


@pytest.fixture
def loud(events) -> Path:
    return events(*[event(findings=found("a/b", 0.9))] * 300, name="loud.jsonl")


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.jsonl"
    path.write_text("\n".join(json.dumps({"text": f"canary {n}"}) for n in range(20)))
    return path


def test_a_quiet_week_exits_0_and_a_loud_one_1(run, quiet: Path, loud: Path, tmp_path) -> None:
    kept = tmp_path / "reference.json"
    assert run("reference", quiet, "-o", kept).stdout == f"{kept}: 300 decisions\n"
    made = run("weekly", quiet, "--reference", kept)
    assert made.exit_code == 0, made.output
    assert "a/b: 30 counted (0 before), 0 shadow" in made.stdout
    assert "nothing asks for new thresholds" in made.stdout
    made = run("weekly", loud, "--reference", kept)
    assert made.exit_code == 1
    assert "calibrate again: the scores of a/b have moved" in made.stdout


def test_a_review_comes_as_json(run, quiet: Path) -> None:
    made = json.loads(run("weekly", quiet, "--json").stdout)
    assert made["week"]["n"] == 300
    assert made["notes"] == ["no reference: drift is against the week before"]


def test_the_end_and_length_can_be_said(run, events) -> None:
    path = events(event(1), event(10), event(11))
    made = run("weekly", path, "--until", "2030-03-06", "--days", "3", "--json")
    assert json.loads(made.stdout)["week"]["n"] == 2
    assert run("weekly", path, "--until", "2020-01-01").exit_code == 5


def test_no_decision_exits_5(run, events) -> None:
    assert run("weekly", events(event(event="reload"))).exit_code == 5
    assert run("reference", events("{"), "-o", "x.json").exit_code == 5


def test_texts_are_compared_under_the_same_embedder(run, quiet, texts, tmp_path) -> None:
    kept = tmp_path / "reference.json"
    assert ", embedder " in run("reference", quiet, "-o", kept, "--texts", texts).stdout
    assert "canary" not in kept.read_text("utf-8")
    made = run("weekly", quiet, "--reference", kept, "--texts", texts)
    assert "texts: PSI, too few; centres at 1.000" in made.stdout
    known = read(kept)
    assert known.embedded is not None
    other = json.loads(kept.read_text("utf-8"))
    other["embedded"]["model"] = "0000"
    kept.write_text(json.dumps(other))
    made = run("weekly", quiet, "--reference", kept, "--texts", texts)
    assert made.exit_code == 2
    assert "of the embedder 0000" in made.stderr


def test_texts_need_a_reference_with_texts(run, quiet: Path, texts: Path, tmp_path) -> None:
    assert run("weekly", quiet, "--texts", texts).exit_code == 2
    kept = tmp_path / "reference.json"
    run("reference", quiet, "-o", kept)
    made = run("weekly", quiet, "--texts", texts, "--reference", kept)
    assert (made.exit_code, "without texts" in made.stderr) == (2, True)
    empty = tmp_path / "none.jsonl"
    empty.write_text('{"messages": [{"role": "assistant", "content": "x"}]}')
    made = run("reference", quiet, "-o", kept, "--texts", empty)
    assert (made.exit_code, "no text of a user" in made.stderr) == (2, True)


def test_a_missing_reference_is_named(run, quiet: Path, tmp_path: Path) -> None:
    made = run("weekly", quiet, "--reference", tmp_path / "none.json")
    assert (made.exit_code, "not a reference" in made.stderr) == (2, True)


def test_a_reference_is_plain_json(run, quiet: Path, tmp_path: Path) -> None:
    kept = tmp_path / "r.json"
    run("reference", quiet, "-o", kept)
    again = tmp_path / "again.json"
    save(again, Reference(read(kept).at, read(kept).week))
    assert again.read_bytes() == kept.read_bytes()
    assert read(kept).at > END.replace(day=13)
