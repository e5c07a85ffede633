"""A policy file with its rules and lock; nothing is half-loaded."""

import pytest

from shield.errors import PolicyError
from shield.policy.load import default_path, load
from shield.policy.lock import Lock, lock_path, write
from shield.policy.schema import Effect, PolicyDocument, ToolEntry
from shield.types import Decision, Finding, Severity, Surface

MINI = """name = "mini"
version = "1"
rules = ["rules/*.toml"]

[scanners.secrets]
decision = "redact"
"""


def _found(rule="secrets/x", scanner="secrets", **more) -> Finding:
    return Finding(rule, scanner, Severity.ERROR, 1.0, "Found.", **more)


def _refused(path, **options) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        load(path, **options)
    return caught.value


def test_the_shipped_policy_loads(policy):
    assert policy.document.name == "default"


def test_without_a_path_the_shipped_policy_is_found(root):
    assert default_path() == root / "policies" / "default.toml"


def test_a_policy_of_ones_own_loads_with_its_lock(policy_file):
    assert load(policy_file(MINI)).document.name == "mini"


def test_rules_are_looked_for_beside_the_policy_and_not_in_the_working_folder(
    policy_file, tmp_path, monkeypatch
):
    path = policy_file(MINI)
    monkeypatch.chdir("/")
    assert load(path).path.parent == tmp_path


def test_models_are_looked_for_relative_to_the_policy(policy_file, tmp_path):
    assert load(policy_file('models = "m"\n' + MINI)).models == tmp_path / "m"


def test_a_policy_that_does_not_exist_is_refused_by_name(tmp_path):
    assert _refused(tmp_path / "no.toml").where == str(tmp_path / "no.toml")


def test_a_policy_without_a_lock_is_refused(policy_file):
    path = policy_file(MINI)
    lock_path(path).unlink()
    assert _refused(path).where == str(lock_path(path))


def test_a_policy_without_a_lock_can_be_loaded_for_calibration(policy_file):
    path = policy_file(MINI)
    lock_path(path).unlink()
    assert load(path, locked=False).lock.thresholds == {}


def test_a_lock_that_was_made_for_other_options_is_refused(policy_file):
    path = policy_file(MINI)
    path.write_text(MINI + "[scanners.secrets.options]\nx = 1\n")
    assert _refused(path).where == str(lock_path(path))


def test_a_lock_that_was_made_for_other_rules_is_refused(policy_file, tmp_path):
    path = policy_file(MINI)
    rules = tmp_path / "rules" / "override.toml"
    rules.write_text(rules.read_text("utf-8").replace('severity = "warning"', 'severity = "error"'))
    assert _refused(path).where == str(lock_path(path))


def test_a_lock_that_was_made_without_a_scanner_is_refused(policy_file):
    path = policy_file(MINI)
    path.write_text(MINI + "[scanners.pii]\n")
    assert _refused(path).where == str(lock_path(path))


def test_a_lock_outlives_a_change_of_limits(policy_file):
    path = policy_file(MINI)
    path.write_text(MINI + "[limits]\nchars = 1000\n")
    assert load(path).document.limits.chars == 1000


def test_an_unknown_key_is_refused_with_file_and_line(policy_file):
    path = policy_file(MINI)
    path.write_text("modes = 1\n" + MINI)
    error = _refused(path)
    assert (error.where, error.line) == (str(path), 1)


def test_a_glob_without_files_is_refused_with_the_policys_file_and_line(policy_file):
    path = policy_file(MINI)
    path.write_text(MINI.replace("rules/*.toml", "rulez/*.toml"))
    error = _refused(path)
    assert (error.where, error.line) == (str(path), 3)


def test_a_mistake_in_a_rule_file_is_refused_with_that_file_and_line(policy_file, tmp_path):
    path = policy_file(MINI)
    rules = tmp_path / "rules" / "zz.toml"
    rules.write_text('[[phrase]]\nid = "zz/one"\nlang = "en"\nslots = ["one"]\n')
    error = _refused(path)
    assert (error.where, error.line) == (str(rules), 4)


def test_the_same_files_have_the_same_digest(policy_file):
    path = policy_file(MINI)
    assert load(path).digest == load(path).digest


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "observe"},
        {"level": 2},
        {"on_error": Decision.ALLOW},
        {"on_incomplete": {}},
        {"checkpoints": {}},
        {"scanners": {}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_any_change_of_a_policy_changes_its_digest(policy, change):
    changed = policy.with_document(policy.document.model_copy(update=change))
    assert changed.digest != policy.digest


def test_another_threshold_changes_the_digest(policy):
    assert policy.with_thresholds({"injection": 0.123}).digest != policy.digest


def test_thresholds_can_be_tried_without_touching_the_policy(policy):
    before = dict(policy.lock.thresholds)
    policy.with_thresholds({"secrets": 0.9})
    assert policy.lock.thresholds == before


def test_a_scanner_without_a_threshold_has_the_middle_one(policy):
    assert policy.threshold(_found("unheard/of", "unheard")) == 0.5


@pytest.mark.parametrize("surface", [*Surface, None])
def test_a_threshold_of_another_surface_does_not_hold(policy, surface):
    tried = policy.with_thresholds({f"secrets@{s}": 0.9 for s in Surface if s != surface})
    assert tried.threshold(_found(surface=surface)) == 0.5


def test_the_policys_own_tools_win_over_those_that_are_added(policy):
    own = policy.with_tools({"mail": ToolEntry(effect=Effect.SEND)})
    both = own.with_tools({"mail": ToolEntry(effect=Effect.READ)})
    assert both.document.tools["mail"].effect is Effect.SEND


def test_a_rule_of_a_higher_level_is_in_shadow(policy):
    rules = {"secrets/x": {"level": 3}}
    written = PolicyDocument(name="t", version="1", scanners={"secrets": {"rules": rules}})
    assert policy.with_document(written).level(_found()) == 3


def test_the_lock_that_calibration_writes_can_be_read_back(policy_file):
    path = policy_file(MINI)
    inputs = load(path).inputs
    made = Lock(inputs=inputs, corpus="c", models={"m": "d"}, thresholds={"a@user": 1e-07})
    write(path, made)
    assert load(path).lock == made
