"""Every error in a TOML file names the file, the line and the mend."""

from pathlib import Path

import pytest

from shield.errors import PolicyError
from shield.policy import toml
from shield.policy.schema import PolicyDocument, RuleFile

GOOD = """name = "mini"
version = "1"
level = 1

[limits]
chars = 1000

[scanners.secrets]
decision = "redact"
[scanners.pii]
[scanners.pii.rules]
"pii/us-ssn" = { level = 2 }

[tools.mail]
effect = "send"
"""
RULES = """[[rule]]
id = "a/one"
severity = "error"
message = "One."
keywords = ["one"]
pattern = "one"
matches = ["one"]
near_misses = ["two"]

[[rule]]
id = "a/two"
severity = "error"
message = "Two."
keywords = ["two"]
pattern = "two"
matches = ["two"]
near_misses = ["one"]
"""


def _error(text: str, kind=PolicyDocument) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        toml.parse(text, kind, Path("policy.toml"))
    return caught.value


def test_a_good_policy_is_read():
    assert toml.parse(GOOD, PolicyDocument, Path("policy.toml")).limits.chars == 1000


def test_a_good_rule_file_is_read():
    assert [r.id for r in toml.parse(RULES, RuleFile, Path("r.toml")).rule] == ["a/one", "a/two"]


MISTAKES = {
    "unknown key": ("level = 1", "levle = 1", 3),
    "unknown key in a table": ("chars = 1000", "charz = 1000", 6),
    "unknown table": ("[limits]", "[limit]", 5),
    "unknown key of a scanner": ('decision = "redact"', 'decison = "redact"', 9),
    "unknown decision": ('decision = "redact"', 'decision = "reduct"', 9),
    "text for a number": ("level = 1", 'level = "high"', 3),
    "number out of range": ("level = 1", "level = 0", 3),
    "negative limit": ("chars = 1000", "chars = -1", 6),
    "list for a text": ('version = "1"', "version = [1]", 2),
    "bad name": ('name = "mini"', 'name = "Mini Policy"', 1),
    "bad rule id": ('"pii/us-ssn"', '"US SSN"', 12),
    "bad level of a rule": ("{ level = 2 }", "{ level = 0 }", 12),
    "unknown effect": ('effect = "send"', 'effect = "sent"', 15),
    "unknown checkpoint": ('decision = "redact"', 'checkpoints = ["entry"]', 9),
    "open string": ('version = "1"', 'version = "1', 2),
    "no value": ("level = 1", "level =", 3),
    "open table": ("[limits]", "[limits", 5),
    "key twice": ("level = 1", 'name = "x"', 3),
}


@pytest.mark.parametrize(("right", "wrong", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_with_its_line(right, wrong, line):
    assert _error(GOOD.replace(right, wrong)).line == line


@pytest.mark.parametrize(("right", "wrong", "line"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_reported_with_its_file_and_a_mend(right, wrong, line):
    error = _error(GOOD.replace(right, wrong))
    assert (error.where, bool(error.mend)) == ("policy.toml", True)


RULE_MISTAKES = {
    "second rule, unknown key": ('message = "Two."', 'message = "Two."\nnote = 1', 14),
    "second rule, severity": ('severity = "error"\nmessage = "Two."', 'severity = "bad"\n', 12),
    "second rule, no keywords": ('keywords = ["two"]', "keywords = []", 14),
    "first rule, wrong type": ('message = "One."', "message = 1", 4),
    "second rule, bad id": ('id = "a/two"', 'id = "Two"', 11),
}


@pytest.mark.parametrize(("right", "wrong", "line"), RULE_MISTAKES.values(), ids=RULE_MISTAKES)
def test_a_mistake_in_a_rule_is_reported_with_the_line_in_that_rule(right, wrong, line):
    assert _error(RULES.replace(right, wrong), RuleFile).line == line


def test_a_missing_key_of_a_rule_is_reported_at_that_rule():
    assert _error(RULES.replace('pattern = "two"\n', ""), RuleFile).line == 10


def test_a_missing_key_is_named():
    assert "version" in str(_error(GOOD.replace('version = "1"\n', "")))


def test_the_message_of_an_unknown_key_names_the_key():
    assert "levle" in str(_error(GOOD.replace("level = 1", "levle = 1")))


def test_a_file_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(PolicyError) as caught:
        toml.read(tmp_path / "none.toml", PolicyDocument)
    assert caught.value.where == str(tmp_path / "none.toml")


def test_a_folder_is_no_policy(tmp_path):
    with pytest.raises(PolicyError):
        toml.read(tmp_path, PolicyDocument)


def test_a_file_that_is_not_utf8_is_named(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes('name = "für"'.encode("latin-1"))
    with pytest.raises(PolicyError, match="not UTF-8"):
        toml.read(path, PolicyDocument)


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("level",), 3),
        (("limits", "chars"), 6),
        (("limits", "unknown"), 5),
        (("scanners", "pii", "rules", "pii/us-ssn", "level"), 12),
        (("nowhere",), None),
    ],
)
def test_a_place_is_found_at_its_deepest_written_part(place, line):
    assert toml.line_of(GOOD, place) == line
