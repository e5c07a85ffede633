"""`shield tools` drafts manifests and keeps approvals, and says what is wrong with its input."""

import json
import tomllib

import pytest
from typer.testing import CliRunner

from shield.cli import app

TOOL = {
    "name": "send_mail",
    "description": "Sends a mail.",
    "inputSchema": {"properties": {"to": {}, "body": {}}},
}


@pytest.fixture
def tools(tmp_path):
    path = tmp_path / "tools.json"
    path.write_text(json.dumps({"tools": [TOOL]}), encoding="utf-8")
    return path


def run(*arguments, stdin=None):
    return CliRunner().invoke(app, ["tools", *map(str, arguments)], input=stdin)


def test_a_draft_is_printed_or_written(tools, tmp_path):
    shown = run("infer", tools)
    assert shown.exit_code == 0
    entry = tomllib.loads(shown.stdout)["tools"]["send_mail"]
    assert entry == {"effect": "send", "roles": {"to": "recipient", "body": "content"}}
    out = tmp_path / "draft.toml"
    assert run("infer", tools, "-o", out).stdout == ""
    assert out.read_text() == shown.stdout
    assert run("infer", "-", stdin=tools.read_text()).stdout == shown.stdout


def test_an_approval_is_asked_for_and_remembered(tools, tmp_path):
    lock = tmp_path / "tools.lock.toml"
    refused = run("approve", tools, "--lock", lock, stdin="n\n")
    assert (refused.exit_code, lock.exists()) == (1, False)
    assert "new" in refused.stdout
    assert run("approve", tools, "--lock", lock, "--yes").exit_code == 0
    again = run("approve", tools, "--lock", lock)
    assert (again.exit_code, again.stdout) == (0, "nothing differs from what was approved\n")


def test_a_change_says_which_part_and_other_servers_stay(tools, tmp_path):
    lock = tmp_path / "tools.lock.toml"
    run("approve", tools, "--lock", lock, "--yes", "--server", "a")
    run("approve", tools, "--lock", lock, "--yes", "--server", "b")
    tools.write_text(json.dumps([{**TOOL, "description": "Sends two."}]))
    shown = run("approve", tools, "--lock", lock, "--yes", "--server", "b").stdout
    assert "changed" in shown
    assert "description" in shown
    servers = tomllib.loads(lock.read_text())["servers"]
    assert servers["a"]["tools"]["send_mail"] != servers["b"]["tools"]["send_mail"]


def test_instructions_are_part_of_what_is_approved(tools, tmp_path):
    lock, told = tmp_path / "l.toml", tmp_path / "told.txt"
    told.write_text("Be kind.")
    run("approve", tools, "--lock", lock, "--yes", "--instructions", told)
    told.write_text("Be cruel.")
    shown = run("approve", tools, "--lock", lock, "--instructions", told, stdin="n\n")
    assert "instructions" in shown.stdout


@pytest.mark.parametrize(
    "text", ["", "{", "[{}]", '[{"name": 3}]', json.dumps([TOOL, TOOL]), "[" * 99_999]
)
def test_what_cannot_be_read_is_named_with_its_file(tools, text):
    tools.write_text(text)
    shown = run("infer", tools)
    assert shown.exit_code == 2
    assert "tools.json" in shown.stderr
    assert run("infer", tools.parent / "missing.json").exit_code == 2
