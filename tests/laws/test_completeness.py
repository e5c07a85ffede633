"""A scanner is finished when the policy, the corpus, the tests and its docstring know it."""

import json
from importlib import import_module

import pytest

from shield.policy.schema import ScannerEntry
from shield.scanners import SCANNERS, scanner_class
from shield.types import Checkpoint
from tests.conftest import SHIPPED

HEADINGS = ["Detects:", "Misses:", "False positives:", "Cost:", "References:"]
names = pytest.mark.parametrize("name", sorted(SCANNERS))
shipped = pytest.mark.parametrize("name", SHIPPED)


def test_the_table_is_sorted_and_lists_every_module(root):
    folder = root / "shield" / "scanners"
    modules = {p.stem for p in folder.glob("*.py")} - {"__init__"}
    modules |= {p.parent.name for p in folder.glob("*/__init__.py")}

    assert list(SCANNERS) == sorted(modules)


@shipped
def test_a_scanner_has_its_entry_in_the_shipped_policy(policy, name):
    assert isinstance(policy.document.scanners.get(name), ScannerEntry)


@names
def test_a_scanner_has_its_test_file(root, name):
    assert (root / "tests" / "scanners" / f"test_{name}.py").is_file()


@shipped
def test_a_scanner_has_thirty_near_misses(root, name):
    if name == "tool_flow":  # all of its rules but one are shadow until it has near misses
        pytest.skip("no near misses yet")
    lines = (root / "attack_corpus" / "near_miss" / f"{name}.jsonl").read_text().splitlines()

    assert len([line for line in lines if json.loads(line)["turns"]]) >= 30


@names
def test_a_scanner_says_what_it_detects_and_what_it_does_not(name):
    docstring = import_module(f"shield.scanners.{name}").__doc__ or ""

    starts = [docstring.find(f"\n{heading}") for heading in HEADINGS]
    assert -1 not in starts
    assert starts == sorted(starts)


@names
def test_a_scanner_has_the_shape_of_a_scanner(name):
    kind = scanner_class(name)

    assert kind.id == name
    assert kind.tier in {0, 1, 2}
    assert kind.scope in {"segment", "subject"}
    assert kind.reach is None or kind.reach > 0
    assert kind.checkpoints
    assert kind.checkpoints <= frozenset(Checkpoint)
    assert kind.Options.model_validate({}) is not None


def test_no_near_misses_are_kept_for_a_scanner_that_does_not_exist(root):
    files = {p.stem for p in (root / "attack_corpus" / "near_miss").glob("*.jsonl")}

    assert files <= set(SCANNERS)


def test_nobody_knows_a_scanner_that_does_not_exist():
    assert scanner_class("clairvoyance") is None
