"""The report that `shield audit -o report.json` writes is the one that lets a rollout begin."""

import pytest
from msgspec.structs import replace

from shield.audit.formats import as_json
from shield.errors import PolicyError
from shield.ops.rollout import audited
from tests.audit.conftest import made

__all__ = ["made"]


@pytest.fixture
def passed(made):
    return replace(
        made,
        gates=tuple(replace(gate, passed=True) for gate in made.gates),
        unscanned=0,
        failed=0,
    )


def test_a_written_report_that_passed_is_accepted_for_its_policy_alone(passed, tmp_path):
    path = tmp_path / "report.json"
    path.write_text(as_json(passed), "utf-8")
    audited(path, "p1")
    with pytest.raises(PolicyError, match="policy p1"):
        audited(path, "p2")


def test_a_written_report_with_a_broken_gate_is_not(made, tmp_path):
    path = tmp_path / "report.json"
    path.write_text(as_json(made), "utf-8")
    assert not made.passed
    with pytest.raises(PolicyError, match="did not pass"):
        audited(path, "p1")
