"""The lock: derived thresholds, and what they hold for."""

import pytest

from shield.errors import PolicyError
from shield.policy.lock import Lock, digest, inputs_digest, lock_path, read, write
from shield.policy.schema import PolicyDocument


def _document(**more) -> PolicyDocument:
    return PolicyDocument(name="t", version="1", **{"scanners": {"pii": {}}, **more})


def test_the_lock_lies_beside_its_policy(tmp_path):
    assert lock_path(tmp_path / "strict.toml") == tmp_path / "strict.lock.toml"


@pytest.mark.parametrize("value", [0.0, 1.0, 0.5, 0.985713, 1e-09, 1 / 3])
def test_a_threshold_survives_being_written(tmp_path, value):
    made = Lock(inputs="i", corpus="c", thresholds={"pii@user": value})
    write(tmp_path / "p.toml", made)
    assert read(tmp_path / "p.toml", "i") == made


def test_a_lock_for_other_inputs_is_refused_with_its_file(tmp_path):
    write(tmp_path / "p.toml", Lock(inputs="old", corpus="c"))
    with pytest.raises(PolicyError) as caught:
        read(tmp_path / "p.toml", "new")
    assert caught.value.where == str(tmp_path / "p.lock.toml")


def test_a_missing_lock_says_how_to_make_one(tmp_path):
    with pytest.raises(PolicyError, match="shield calibrate"):
        read(tmp_path / "p.toml", "i")


@pytest.mark.parametrize("value", ["1.5", "-0.1", '"high"', "nan"])
def test_a_threshold_that_is_no_probability_is_refused_with_its_line(tmp_path, value):
    (tmp_path / "p.lock.toml").write_text(
        f'inputs = "i"\ncorpus = "c"\n[thresholds]\npii = {value}\n'
    )
    with pytest.raises(PolicyError) as caught:
        read(tmp_path / "p.toml", "i")
    assert caught.value.line == 4


def test_an_unknown_key_in_a_lock_is_refused(tmp_path):
    (tmp_path / "p.lock.toml").write_text('inputs = "i"\ncorpus = "c"\nthreshold = 1\n')
    with pytest.raises(PolicyError) as caught:
        read(tmp_path / "p.toml", "i")
    assert caught.value.line == 3


@pytest.mark.parametrize(
    "more",
    [{"mode": "observe"}, {"level": 3}, {"limits": {"chars": 5}}, {"tools": {}}],
    ids=lambda more: next(iter(more)),
)
def test_thresholds_hold_on_when_mode_limits_or_tools_change(more):
    assert inputs_digest(_document(**more), []) == inputs_digest(_document(), [])


@pytest.mark.parametrize(
    "scanners", [{}, {"pii": {"options": {"entities": ["CRYPTO"]}}}, {"pii": {}, "secrets": {}}]
)
def test_thresholds_do_not_hold_for_other_scanners_or_options(scanners):
    assert inputs_digest(_document(scanners=scanners), []) != inputs_digest(_document(), [])


def test_thresholds_do_not_hold_for_other_rules():
    assert inputs_digest(_document(), [{"id": "a/b"}]) != inputs_digest(_document(), [])


def test_a_digest_does_not_depend_on_the_order_of_keys():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1})
