"""The snippets of `policies/README.md` are valid, and every scanner that needs one has one."""

import re
import tomllib

import pytest

from shield.policy.schema import RuleEntry, ScannerEntry
from shield.scanners import scanner_class
from tests.conftest import CONFIGURED, ROOT

BLOCKS = re.findall(
    r"```toml\n(.*?)```", (ROOT / "policies" / "README.md").read_text("utf-8"), re.DOTALL
)
ENTRIES = {
    name: entry
    for block in BLOCKS
    for name, entry in tomllib.loads(block).get("scanners", {}).items()
}


def test_every_scanner_that_waits_for_the_users_words_has_a_snippet():
    assert set(ENTRIES) >= CONFIGURED - {"classifier", "tool_pins"}


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_a_snippet_is_a_valid_entry_with_valid_options(name):
    entry = ScannerEntry.model_validate(ENTRIES[name])
    options = scanner_class(name).Options
    assert options.model_validate(entry.options) != options() or not entry.options
    assert all(isinstance(rule, RuleEntry) for rule in entry.rules.values())


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_the_rules_of_a_snippet_belong_to_its_scanner(name):
    rules = ScannerEntry.model_validate(ENTRIES[name]).rules
    assert all(rule.startswith(f"{name}/") for rule in rules)
