"""The commands that order, as an operator types them."""

import json

import pytest
from typer.testing import CliRunner

from shield.cli import app
from shield.exits import FAILED, PASS, USAGE
from shield.policy.load import load
from tests.ops.conftest import banning, say, settle


@pytest.fixture
def shield(house):
    def run(*args):
        where = ["--policy", str(house.path), "--state", str(house.state)]
        return CliRunner().invoke(app, [*args, *where])

    return run


@pytest.fixture
def live(house):
    return house.worker()


def test_the_kill_switch_reaches_a_running_worker(shield, live):
    done = shield("mode", "off", "--reason", "incident 7")
    assert (done.exit_code, done.output) == (PASS, "off  incident 7\n")
    assert say(live, "a tulip").passes
    assert shield("mode", "enforce").output == "enforce\n"
    assert not say(live, "a tulip").passes


def test_the_mode_that_holds_is_shown(shield):
    assert shield("mode").output == "enforce\n"
    shield("mode", "shadow", "--reason", "drill")
    assert shield("mode").output == "shadow  drill\n"


@pytest.mark.parametrize(
    ("args", "why"),
    [(["off"], "needs a reason"), (["sideways"], "one of enforce, shadow, off")],
)
def test_a_mode_that_is_none_or_has_no_reason_is_refused(shield, args, why):
    done = shield("mode", *args)
    assert done.exit_code == USAGE
    assert why in done.output


def test_a_rollback_reaches_a_running_worker_and_is_taken_back(shield, house, live):
    first = live.policy.digest
    house.put(banning("rose"))
    settle(live)
    assert shield("policy", "rollback").output == f"{first} serves\n"
    assert not say(live, "a tulip").passes
    listed = shield("policy", "rollback", "--list").output.splitlines()
    assert listed[0] == f"{first}  t  1  pinned"
    assert len(listed) == 2
    assert shield("policy", "rollback", "--undo").exit_code == PASS
    assert not say(live, "a rose").passes


def test_a_rollback_to_nothing_is_refused(shield, live):
    done = shield("policy", "rollback")
    assert done.exit_code == USAGE
    assert "no earlier version" in done.output


def test_a_rollout_is_begun_shown_and_stopped(shield, house, live):
    candidate = house.put(banning("rose"), at=house.folder / "next.toml")
    digest = load(candidate).digest
    report = house.folder / "r.json"
    gates = [{"name": "budget", "passed": True}]
    given = {"policy": digest, "split": "hold", "gates": gates, "unscanned": 0, "failed": 0}
    report.write_text(json.dumps(given))
    assert shield("policy", "rollout").output == "no rollout\n"
    begun = shield("policy", "rollout", str(candidate), "--audit", str(report))
    assert begun.output == f"{digest}  5 %\n"
    assert shield("policy", "rollout", "--stop").output == f"{digest}  over: stopped\n"
    report.write_text(json.dumps({**given, "failed": 1}))
    refused = shield("policy", "rollout", str(candidate), "--audit", str(report))
    assert (refused.exit_code, "incomplete" in refused.output) == (USAGE, True)


@pytest.mark.parametrize(
    "args", [["x.toml"], ["x.toml", "--audit", "r.json", "--errors", "0"], ["--stop"]]
)
def test_a_rollout_that_lacks_something_is_a_usage_error(shield, args):
    done = shield("policy", "rollout", *args)
    assert done.exit_code == USAGE != FAILED
