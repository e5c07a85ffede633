"""A rollout through workers: staged, compared, ended by itself, and harmless to who is not in it."""

import json
from types import SimpleNamespace

import pytest

from shield.errors import SetupError
from shield.label import segment
from shield.ops import orders
from shield.ops.rollout import Bounds
from shield.policy.load import load
from shield.types import Caller, Source, ToolCall
from tests.ops.conftest import Notes, banning, say, settle

BOUNDS = Bounds(block_rate=0.5, errors=0.5, disagreement=0.9, least=4)


@pytest.fixture
def rolled(house):
    """A candidate with its audit, and the order to roll it out."""

    def begin(*phrases, bounds=None, text="", **report):
        candidate = house.put(text or banning(*phrases, version="2"), at=house.folder / "next.toml")
        digest = load(candidate).digest
        gates = [{"name": "budget", "passed": True}]
        shown = {"policy": digest, "split": "hold", "gates": gates, "unscanned": 0, "failed": 0}
        audit = house.folder / "report.json"
        audit.write_text(json.dumps({**shown, **report}))
        now = house.wall.now
        return orders.begin(
            house.state, house.path, candidate, audit, hold=60, bounds=bounds, now=now
        )

    return begin


def _one(plan, house, *, taken):
    """A caller that the plan takes now, or does not."""
    callers = (Caller(principal=f"u{n}", session="s") for n in range(10_000))
    return next(c for c in callers if plan.takes(c, house.wall.now) is taken)


def test_only_who_is_in_the_stage_is_judged_by_the_candidate(house, rolled):
    live = house.worker()
    plan = rolled("rose")
    settle(live)
    first, rest = _one(plan, house, taken=True), _one(plan, house, taken=False)
    assert not say(live, "a rose", first).passes
    assert say(live, "a tulip", first).passes
    assert say(live, "a rose", rest).passes
    assert not say(live, "a tulip", rest).passes
    assert (live.standing().candidate, live.standing().share) == (plan.digest, 5)


def test_both_decisions_are_recorded_and_only_the_enforced_one_is_a_verdict(house, rolled):
    notes = Notes()
    live = house.worker(observers=[notes])
    plan = rolled("rose")
    settle(live)
    outcome = say(live, "a rose", _one(plan, house, taken=False))
    (compared,) = notes.of("compared")
    assert notes.verdicts == [outcome.verdict]
    assert (compared["baseline_decision"], compared["candidate_decision"]) == ("allow", "block")
    assert compared["baseline"] == outcome.verdict.id
    assert not compared["agree"]
    outcome = say(live, "a rose", _one(plan, house, taken=True))
    assert notes.of("compared")[1]["candidate"] == outcome.verdict.id


def test_every_checkpoint_is_compared(house, rolled):
    notes = Notes()
    live = house.worker(observers=[notes])
    plan = rolled("rose")
    settle(live)
    with live.exchange(_one(plan, house, taken=True)) as exchange:
        exchange.note([segment("noted", Source.DOCUMENT)])
        exchange.input([segment("hello", Source.USER)])
        exchange.action(ToolCall("1", "look"))
        gate = exchange.stream()
        assert gate.feed("fine.") + gate.end() == "fine."
    assert [c["checkpoint"] for c in notes.of("compared")] == ["input", "action", "output"]


def test_the_stages_follow_the_time_and_the_last_one_takes_all(house, rolled):
    notes = Notes()
    live = house.worker(observers=[notes])
    plan = rolled("rose")
    settle(live)
    late = _one(plan, house, taken=False)
    shares = []
    for _ in range(4):
        shares.append(live.standing().share)
        house.wall.now += 60
    assert shares == [5, 20, 50, 100]
    notes.notes.clear()
    assert not say(live, "a rose", late).passes
    assert notes.of("compared") == []
    assert live.standing().digest == live.policy.digest == plan.digest


def test_the_mode_holds_for_the_candidate_too(house, rolled):
    live = house.worker()
    plan = rolled("rose")
    settle(live)
    house.wall.now += 240
    orders.switch(house.state, "shadow", "drill")
    outcome = say(live, "a rose")
    assert outcome.passes
    assert outcome.verdict.policy == plan.digest
    orders.switch(house.state, "off", "drill")
    assert say(live, "a rose").passes


@pytest.mark.parametrize(
    ("text", "bounds", "limit"),
    [
        ("a rose", BOUNDS, "block_rate"),
        ("a rose", Bounds(block_rate=1, disagreement=0.5, least=4), "disagreement"),
    ],
)
def test_a_broken_limit_ends_it_in_all_workers(house, rolled, text, bounds, limit):
    notes = Notes()
    live, other = house.worker(observers=[notes]), house.worker()
    plan = rolled("rose", bounds=bounds)
    settle(live, other)
    first = _one(plan, house, taken=True)
    assert [say(live, text, first).passes for _ in range(5)] == [False] * 4 + [True]
    assert say(other, text, first).passes
    assert notes.of("rollout_returned") == [{"limit": limit}]
    assert orders.plan_of(house.state).ended == limit
    settle(live, other)
    assert live.standing().candidate == ""


def test_a_candidate_that_fails_harms_only_the_record(house, rolled, monkeypatch):
    notes = Notes()
    live = house.worker(observers=[notes])
    plan = rolled("rose", bounds=BOUNDS)
    settle(live)
    ahead = live._candidate._served.beside
    monkeypatch.setattr(ahead.pipeline, "run", SimpleNamespace())
    rest = _one(plan, house, taken=False)
    assert [say(live, "hello", rest).passes for _ in range(4)] == [True] * 4
    assert notes.of("compared")[0]["candidate_decision"] == "failed"
    assert notes.of("rollout_returned") == [{"limit": "errors"}]


def test_what_the_other_policy_thinks_is_not_remembered(house, rolled):
    live = house.worker()
    plan = rolled("rose")
    settle(live)
    rest = _one(plan, house, taken=False)
    say(live, "a rose", rest)
    assert [t.decision for t in live.exchange(rest)._session.trail] == ["allow"]


def test_a_candidate_that_was_changed_after_its_audit_does_not_begin(house, rolled):
    notes = Notes()
    live = house.worker(observers=[notes])
    rolled("rose")
    house.put(banning("lily"), at=house.folder / "next.toml")
    settle(live)
    assert notes.of("rollout_returned") == [{"limit": "candidate"}]
    assert orders.plan_of(house.state).ended == "candidate"
    assert not live.standing().failing


def test_a_worker_asks_for_the_audit_itself(house, rolled):
    live = house.worker()
    rolled("rose")
    (house.folder / "report.json").write_text("{}")
    settle(live)
    assert orders.plan_of(house.state).ended == "candidate"


def test_another_policy_file_ends_the_rollout(house, rolled):
    live = house.worker()
    rolled("rose")
    settle(live)
    house.put(banning("lily"))
    settle(live)
    assert orders.plan_of(house.state).ended == "baseline"


def test_the_candidate_as_policy_file_completes_it(house, rolled):
    notes = Notes()
    live = house.worker(observers=[notes])
    rolled("rose")
    settle(live)
    house.put(banning("rose", version="2"))
    settle(live)
    assert orders.plan_of(house.state).ended == "done"
    assert notes.of("rollout_returned") == []
    assert not say(live, "a rose").passes


def test_a_rollback_ends_it_at_once(house, rolled):
    live = house.worker()
    plan = rolled("rose")
    settle(live)
    house.wall.now += 600
    assert not say(live, "a rose").passes
    assert orders.rollback(house.state) == plan.baseline
    assert say(live, "a rose").passes


def test_a_rollout_that_cannot_be_ended_in_the_file_is_ended_here(
    house, rolled, monkeypatch, caplog
):
    live = house.worker()
    plan = rolled("rose", bounds=BOUNDS)
    settle(live)

    def full(*args):
        raise OSError("disk full")

    monkeypatch.setattr("shield.ops.candidate.put", full)
    first = _one(plan, house, taken=True)
    for _ in range(4):
        say(live, "a rose", first)
    assert say(live, "a rose", first).passes
    assert "other workers cannot know" in caplog.text


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"policy": "x"}, "audit was of policy x"),
        ({"split": "tune"}, "tune"),
        ({"failed": 2}, "inc"),
    ],
)
def test_nothing_begins_without_an_audit_that_passed(house, rolled, changes, why):
    house.worker()
    with pytest.raises(SetupError, match=why):
        rolled("rose", **changes)
    assert not (house.state / "rollout.json").exists()


def test_one_rollout_at_a_time_and_never_of_what_serves(house, rolled):
    house.worker()
    with pytest.raises(SetupError, match="is what serves"):
        rolled(text=banning("tulip"))
    rolled("rose")
    with pytest.raises(SetupError, match="under way"):
        rolled("lily")
    orders.stop(house.state)
    assert orders.plan_of(house.state).ended == "stopped"
    rolled("lily")
    orders.stop(house.state)
    with pytest.raises(SetupError, match="no rollout"):
        orders.stop(house.state)
