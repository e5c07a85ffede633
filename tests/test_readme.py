"""What the README shows runs as it stands."""

import re
import tomllib
from pathlib import Path

import pytest

from shield.guard import Guard
from shield.policy.load import Policy
from shield.policy.schema import ToolEntry


def blocks(root: Path, language: str) -> list[str]:
    text = (root / "README.md").read_text("utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_readme_has_python_to_run(root: Path) -> None:
    assert len(blocks(root, "python")) >= 2


@pytest.mark.parametrize("number", [0, 1])
def test_python_blocks_run(
    root: Path, number: int, policy: Policy, monkeypatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Guard, "load", classmethod(lambda cls: cls(policy)))
    names: dict[str, object] = {}
    exec(compile(blocks(root, "python")[number], "README.md", "exec"), names)
    if number == 1:
        assert capsys.readouterr().out.startswith("block ")


def test_the_tool_manifest_is_valid(root: Path) -> None:
    (block,) = blocks(root, "toml")
    tools = tomllib.loads(block)["tools"]
    assert ToolEntry(**tools["send_email"]).roles["to"] == "recipient"


def test_every_linked_file_exists(root: Path) -> None:
    text = (root / "README.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)\)", text)
    assert [link for link in links if not (root / link).exists()] == []


def test_every_make_target_it_names_exists(root: Path) -> None:
    text = (root / "README.md").read_text("utf-8")
    makefile = (root / "Makefile").read_text("utf-8")
    wanted = set(re.findall(r"\bmake ([a-z-]+)", text)) - {"are"}
    assert {t for t in wanted if f"\n{t}:" not in makefile} == set()
