"""What is counted, under bounded labels, in a format that Prometheus reads."""

import shutil
import subprocess
import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shield.guard import Guard
from shield.label import segment
from shield.ops.metrics import CONTENT_TYPE, Metrics, Names
from shield.ops.standing import Standing, standing
from shield.policy.load import UNAVAILABLE
from shield.types import (
    Caller,
    Checkpoint,
    Coverage,
    Decision,
    Finding,
    Severity,
    Skip,
    SkipReason,
    Source,
    Verdict,
)

NOBODY = Caller(tenant="zanzibar", principal="zanzibar", session="zanzibar")
NOW = Standing("default", "1", "d1", "shadow", ready=True, out_of_service={"harm": 2}, loaded=7.5)


def _found(rule="pii/email", **changes):
    given = {"severity": Severity.ERROR, "score": 0.9, "message": "m", **changes}
    return Finding(rule=rule, scanner=rule.partition("/")[0], **given)


def _verdict(decision=Decision.ALLOW, *, enforced=True, skipped=(), **changes):
    given = {"findings": (), "shadow": (), "checkpoint": Checkpoint.INPUT, **changes}
    skips = tuple(Skip("/zanzibar", reason) for reason in skipped)
    return Verdict(
        id="v",
        decision=decision,
        enforced=enforced,
        score=0,
        edits=(),
        coverage=Coverage(skipped=skips),
        policy="d1",
        elapsed_ms=12.0,
        **given,
    )


def _samples(metrics):
    """Every sample that is not zero, as Prometheus' own parser reads it."""
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (s.name, *sorted(s.labels.values())): s.value
        for family in families
        for s in family.samples
        if s.value and not s.name.endswith("_created")
    }


@pytest.fixture
def metrics():
    return Metrics()


def test_decisions_are_counted_by_checkpoint_and_whether_they_were_carried_out(metrics):
    metrics.verdict(_verdict(Decision.BLOCK), NOBODY)
    metrics.verdict(_verdict(Decision.BLOCK, enforced=False), NOBODY)
    metrics.verdict(_verdict(checkpoint=Checkpoint.OUTPUT), NOBODY)
    found = _samples(metrics)
    assert found["shield_decisions_total", "block", "input", "true"] == 1
    assert found["shield_decisions_total", "block", "false", "input"] == 1
    assert found["shield_decisions_total", "allow", "output", "true"] == 1


def test_findings_are_counted_by_family_and_shadow_ones_apart(metrics):
    verdict = _verdict(findings=(_found(), _found("pii/card")), shadow=(_found("harm/hate"),))
    metrics.verdict(verdict, NOBODY)
    found = _samples(metrics)
    assert found["shield_findings_total", "false", "pii"] == 2
    assert found["shield_findings_total", "harm", "true"] == 1


def test_a_scanner_that_failed_is_counted(metrics):
    failed = _found("harm/timeout", error=True)
    metrics.verdict(_verdict(Decision.BLOCK, findings=(failed,)), NOBODY)
    assert _samples(metrics)["shield_scanner_errors_total", "harm"] == 1


@pytest.mark.parametrize(
    ("verdict", "reasons"),
    [
        (_verdict(), set()),
        (_verdict(Decision.BLOCK, skipped=[SkipReason.LIMIT]), set()),
        (_verdict(skipped=[SkipReason.MEDIA, SkipReason.MEDIA]), {"media"}),
        (_verdict(skipped=[SkipReason.SWITCHED_OFF]), {"switched_off"}),
        (_verdict(Decision.REDACT, findings=(_found("harm/x", error=True),)), {"error"}),
        (_verdict(findings=(_found(UNAVAILABLE, error=True),)), {"store"}),
        (
            _verdict(Decision.BLOCK, enforced=False, skipped=[SkipReason.DEADLINE]),
            {"deadline"},
        ),
    ],
)
def test_what_passes_though_it_was_not_judged_whole_is_counted(metrics, verdict, reasons):
    metrics.verdict(verdict, NOBODY)
    found = {key[1] for key in _samples(metrics) if key[0] == "shield_fail_open_total"}
    assert found == reasons


def test_every_gap_is_counted_by_its_reason(metrics):
    metrics.verdict(_verdict(skipped=[SkipReason.MEDIA, SkipReason.MEDIA]), NOBODY)
    assert _samples(metrics)["shield_coverage_gaps_total", "media"] == 2


def test_what_hosts_and_rollouts_tell_is_counted(metrics):
    metrics.shed("concurrency")
    metrics.note("policy_loaded", digest="d")
    metrics.note("policy_refused", why="w")
    metrics.note("compared", checkpoint="input", agree=False)
    metrics.note("rollout_returned", limit="errors")
    metrics.note("mode", mode="off")
    found = _samples(metrics)
    assert found["shield_shed_total", "concurrency"] == 1
    assert found["shield_policy_reloads_total", "bad"] == 1
    assert found["shield_rollout_compared_total", "false", "input"] == 1
    assert found["shield_rollout_returned_total", "errors"] == 1


def test_a_label_takes_a_bounded_number_of_values(metrics):
    for number in range(500):
        metrics.verdict(_verdict(findings=(_found(f"f{number}/x"),)), NOBODY)
        metrics.took(f"s{number}", 0.1)
    found = _samples(metrics)
    families = [key for key in found if key[0] == "shield_findings_total"]
    assert len(families) == 51
    assert found["shield_findings_total", "false", "other"] == 450


def test_a_bound_holds_for_many_threads():
    names = Names(5)
    threads = [
        threading.Thread(target=lambda n=n: [names(f"{n}-{i}") for i in range(50)])
        for n in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(names._known) == 6
    assert names("later") == "other"


def test_the_standing_is_asked_at_each_scrape():
    at = [NOW]
    metrics = Metrics()
    metrics.follow(lambda: at[0])
    found = _samples(metrics)
    assert found["shield_policy_info", "1", "d1", "default"] == 1
    assert found["shield_mode", "shadow"] == 1
    assert ("shield_mode", "off") not in found
    assert found["shield_scanner_stuck_workers", "harm"] == 2
    assert found["shield_policy_loaded_timestamp_seconds",] == 7.5
    at[0] = Standing("default", "2", "d2", "off", ready=False)
    found = _samples(metrics)
    assert found["shield_mode", "off"] == 1
    assert ("shield_policy_info", "1", "d1", "default") not in found
    assert ("shield_ready",) not in found


def test_a_guard_tells_how_long_its_scanners_worked_and_how_it_stands(small_policy):
    metrics = Metrics()
    guard = Guard(small_policy("pii", "secrets"), observers=[metrics])
    metrics.follow(lambda: standing(guard))
    guard.exchange(NOBODY).input([segment("zanzibar, mail bob@zanzibar.example", Source.USER)])
    found = _samples(metrics)
    text = metrics.text().decode()
    guard.close()
    assert found["shield_scanner_seconds_count", "pii"] == 1
    assert found["shield_scanner_seconds_count", "secrets"] == 1
    assert found["shield_verdict_seconds_count", "input"] == 1
    assert found["shield_mode", "enforce"] == found["shield_ready",] == 1
    assert "zanzibar" not in text


def test_two_workers_of_one_process_do_not_share_a_registry():
    one, other = Metrics(), Metrics()
    one.shed("x")
    assert not [key for key in _samples(other) if key[0] == "shield_shed_total"]


def test_promtool_finds_nothing_to_complain_about(metrics):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")
    full = Metrics()
    full.follow(lambda: NOW)
    full.verdict(_verdict(Decision.BLOCK, findings=(_found(),)), NOBODY)
    full.took("pii", 0.01)
    run = subprocess.run(
        ["promtool", "check", "metrics"], input=full.text(), capture_output=True, check=False
    )
    assert (run.returncode, run.stderr + run.stdout) == (0, b"")


def test_the_format_says_what_it_is():
    assert CONTENT_TYPE.startswith("text/plain; version=0.0.4")
