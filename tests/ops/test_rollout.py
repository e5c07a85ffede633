"""Who is in a stage, when a rollout breaks its limits, and what lets one begin."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.errors import PolicyError
from shield.ops.rollout import Bounds, Pair, Plan, Tally, audited, bucket
from shield.types import Caller, Checkpoint, Coverage, Decision, Finding, Severity, Verdict

PLAN = Plan(candidate="c.toml", digest="new", baseline="old", began=1_000.0, hold=60.0)


@pytest.mark.parametrize(
    ("seconds", "share"),
    [(-1, 0), (0, 5), (59, 5), (60, 20), (120, 50), (180, 100), (239, 100), (10**9, 100)],
)
def test_the_share_grows_with_the_time(seconds, share):
    assert PLAN.share(1_000 + seconds) == share


@pytest.mark.parametrize(("seconds", "complete"), [(0, False), (239, False), (240, True)])
def test_a_rollout_is_complete_when_its_last_stage_has_held(seconds, complete):
    assert PLAN.complete(1_000 + seconds) is complete


def test_a_rollout_that_is_over_or_was_never_ordered_takes_nobody():
    over = Plan(candidate="c", digest="new", began=0.0, ended="errors")
    for plan in (over, Plan(), Plan(candidate="c", stages=())):
        assert (plan.share(10**9), plan.takes(Caller(principal="a"), 10**9)) == (0, False)


@settings(max_examples=50, deadline=None)
@given(st.text(), st.text(min_size=1))
def test_who_is_in_a_stage_stays_in_all_later_ones(tenant, principal):
    caller = Caller(tenant=tenant, principal=principal)
    taken = [PLAN.takes(caller, 1_000 + seconds) for seconds in (0, 60, 120, 180)]
    assert taken == sorted(taken)
    assert taken[-1]


def test_a_stage_holds_about_its_share_of_principals():
    callers = [Caller(principal=f"user-{n}") for n in range(4_000)]
    for seconds, share in ((0, 5), (60, 20), (120, 50)):
        taken = sum(PLAN.takes(c, 1_000 + seconds) for c in callers) / 40
        assert abs(taken - share) < 2.5


def test_who_comes_first_is_another_for_each_candidate_and_tenant():
    assert len({bucket(d, t, "alice") for d in "ab" for t in "xy"}) == 4
    assert bucket("a", "bc") != bucket("ab", "c")


def test_a_session_does_not_change_who_somebody_is_and_names_who_has_no_name():
    now = 1_060
    named = {PLAN.takes(Caller(principal="alice", session=str(n)), now) for n in range(40)}
    unnamed = {PLAN.takes(Caller(session=str(n)), now) for n in range(40)}
    assert (len(named), len(unnamed)) == (1, 2)
    assert not PLAN.takes(Caller(), now)
    assert PLAN.takes(Caller(), 1_180)


def _verdict(decision=Decision.ALLOW, *, error=False):
    found = Finding("s/r", "s", Severity.ERROR, 1.0, "m", error=error)
    return Verdict(
        id="v",
        checkpoint=Checkpoint.INPUT,
        decision=decision,
        enforced=True,
        score=0,
        findings=(found,) if error else (),
        shadow=(),
        edits=(),
        coverage=Coverage(),
        policy="p",
        elapsed_ms=0.0,
    )


ALLOW, BLOCK = _verdict(), _verdict(Decision.BLOCK)
BOUNDS = Bounds(block_rate=0.1, errors=0.1, disagreement=0.5, least=10)


def _told(*pairs, bounds=BOUNDS):
    tally = Tally(bounds)
    return [tally.add(Pair(Checkpoint.INPUT, *pair)) for pair in pairs][-1]


@pytest.mark.parametrize(
    ("pairs", "limit"),
    [
        ([(ALLOW, ALLOW)] * 10, ""),
        ([(ALLOW, BLOCK)] * 9, ""),
        ([(ALLOW, BLOCK)] * 1 + [(ALLOW, ALLOW)] * 9, ""),
        ([(ALLOW, BLOCK)] * 2 + [(ALLOW, ALLOW)] * 8, "block_rate"),
        ([(BLOCK, ALLOW)] * 2 + [(ALLOW, ALLOW)] * 8, "block_rate"),
        ([(BLOCK, ALLOW), (ALLOW, BLOCK)] * 2 + [(ALLOW, ALLOW)] * 6, ""),
        ([(BLOCK, ALLOW), (ALLOW, BLOCK)] * 3 + [(ALLOW, ALLOW)] * 4, "disagreement"),
        ([(ALLOW, None)] * 2 + [(ALLOW, ALLOW)] * 8, "errors"),
        ([(ALLOW, _verdict(error=True))] * 2 + [(ALLOW, ALLOW)] * 8, "errors"),
        ([(_verdict(error=True), _verdict(error=True))] * 10, ""),
        ([(None, ALLOW)] * 2 + [(ALLOW, ALLOW)] * 8, ""),
    ],
)
def test_a_limit_is_judged_once_enough_was_compared(pairs, limit):
    assert _told(*pairs) == limit


def test_verdicts_agree_when_they_decide_the_same_and_neither_failed():
    assert Pair(Checkpoint.INPUT, BLOCK, BLOCK).agree
    for behind, ahead in ((BLOCK, ALLOW), (None, ALLOW), (ALLOW, None), (None, None)):
        assert not Pair(Checkpoint.INPUT, behind, ahead).agree


REPORT = {
    "policy": "new",
    "split": "hold",
    "gates": [{"name": "budget", "passed": True, "why": "0 of 300"}],
    "unscanned": 0,
    "failed": 0,
    "corpus": "c",
}


def _report(tmp_path, **changes):
    path = tmp_path / "report.json"
    path.write_text(json.dumps({**REPORT, **changes}))
    return path


def test_an_audit_that_passed_for_the_digest_lets_a_rollout_begin(tmp_path):
    audited(_report(tmp_path), "new")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"policy": "other"}, "policy other"),
        ({"split": "tune"}, "split tune"),
        ({"split": "all"}, "split all"),
        ({"gates": []}, "no gate"),
        ({"gates": [*REPORT["gates"], {"name": "x", "passed": False}]}, "did not pass"),
        ({"unscanned": 1}, "incomplete"),
        ({"failed": 1}, "incomplete"),
        ({"gates": "passed"}, "not a JSON report"),
    ],
)
def test_any_other_audit_does_not(tmp_path, changes, why):
    with pytest.raises(PolicyError, match=why):
        audited(_report(tmp_path, **changes), "new")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"{}"])
def test_what_is_no_report_does_not_either(tmp_path, content):
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(PolicyError, match="not a JSON report"):
        audited(path, "new")
    with pytest.raises(PolicyError):
        audited(tmp_path / "none.json", "new")
