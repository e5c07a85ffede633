"""Each alert states threshold and owner, is about a metric that exists, fires, and keeps quiet."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from shield.ops.metrics import Metrics
from shield.ops.standing import Standing

ALERTS = Path(__file__).parents[2] / "sidecar" / "alerts.yml"
NAMES = re.findall(r"- alert: (\w+)", ALERTS.read_text("utf-8"))
QUIET = """
      - series: 'up{job="shield", instance="a"}'
        values: '1x2000'
      - series: 'shield_ready{instance="a"}'
        values: '1x2000'
      - series: 'shield_mode{instance="a", mode="enforce"}'
        values: '1x2000'
      - series: 'shield_mode{instance="a", mode="off"}'
        values: '0x2000'
      - series: 'shield_policy_info{instance="a", digest="d1"}'
        values: '1x2000'
      - series: 'shield_rollout_share{instance="a"}'
        values: '0x2000'
      - series: 'shield_policy_pinned{instance="a"}'
        values: '0x2000'
      - series: 'shield_policy_failing{instance="a"}'
        values: '0x2000'
      - series: 'shield_decisions_total{instance="a", checkpoint="input", decision="allow"}'
        values: '0+600x2000'
      - series: 'shield_decisions_total{instance="a", checkpoint="input", decision="block"}'
        values: '0+6x2000'
      - series: 'shield_fail_open_total{instance="a", reason="media"}'
        values: '0+60x2000'
      - series: 'shield_coverage_gaps_total{instance="a", reason="media"}'
        values: '0+600x2000'
      - series: 'shield_scanner_errors_total{instance="a", scanner="pii"}'
        values: '0+1x2000'
      - series: 'shield_verdict_seconds_bucket{instance="a", checkpoint="input", le="0.1"}'
        values: '0+600x2000'
      - series: 'shield_verdict_seconds_bucket{instance="a", checkpoint="input", le="+Inf"}'
        values: '0+600x2000'
"""
# One series that makes each alert fire when nothing else is wrong, and the minute of it.
LOUD = {
    "ShieldDown": ('up{job="shield", instance="b"}', "0x2000", 2),
    "ShieldNotReady": ('shield_ready{instance="b"}', "0x2000", 2),
    "ShieldSwitchedOff": ('shield_mode{instance="b", mode="off"}', "1x2000", 1),
    "ShieldOnlyObserves": ('shield_mode{instance="b", mode="shadow"}', "1x2000", 61),
    "ShieldFailsOpen": ('shield_fail_open_total{instance="b", reason="error"}', "0+1x2000", 12),
    "ShieldSessionsLost": ('shield_findings_total{instance="b", family="session"}', "0+1x99", 9),
    "ShieldScannerFails": (
        'shield_scanner_errors_total{instance="a", scanner="harm"}',
        "0+60x2000",
        25,
    ),
    "ShieldScannerStuck": ('shield_scanner_stuck_workers{instance="b", scanner="pii"}', "1x99", 6),
    "ShieldBlocksMuch": (
        'shield_decisions_total{instance="b", checkpoint="input", decision="block"}',
        "0+6x2000",
        40,
    ),
    "ShieldSeesTooLittle": (
        'shield_coverage_gaps_total{instance="a", reason="limit"}',
        "0+60x2000",
        40,
    ),
    "ShieldSlow": (
        'shield_verdict_seconds_bucket{instance="b", checkpoint="input", le="+Inf"}',
        "0+60x2000",
        25,
    ),
    "ShieldSheds": ('shield_shed_total{instance="b", reason="in_flight"}', "0+120x2000", 12),
    "ShieldUnwritten": ('shield_unwritten_total{instance="b", what="ledger"}', "0+60x2000", 12),
    "ShieldPolicyNotTaken": ('shield_policy_failing{instance="b"}', "1x2000", 6),
    "ShieldPoliciesDiffer": ('shield_policy_info{instance="b", digest="d2"}', "1x2000", 20),
    "ShieldRolloutReturned": (
        'shield_rollout_returned_total{instance="a", limit="errors"}',
        "0 0 1x2000",
        5,
    ),
    "ShieldPolicyPinned": ('shield_policy_pinned{instance="b"}', "1x2000", 1_441),
}
SLOW = """
      - series: 'shield_verdict_seconds_bucket{instance="b", checkpoint="input", le="5.0"}'
        values: '0+60x2000'
      - series: 'shield_verdict_seconds_bucket{instance="b", checkpoint="input", le="2.5"}'
        values: '0+0x2000'
"""


@pytest.fixture
def promtool(tmp_path):
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian: apt-get install prometheus)")

    def run(*cases):
        file = tmp_path / "alerts.test.yml"
        head = f"rule_files: ['{ALERTS}']\nevaluation_interval: 1m\ntests:\n"
        file.write_text(head + "".join(cases))
        return subprocess.run(
            ["promtool", "test", "rules", str(file)], capture_output=True, check=False, text=True
        )

    return run


def _case(series, *, minute, fires):
    """A case of promtool: which alerts fire by then. It compares labels too, so it is asked for the count."""
    expr = "count(ALERTS{alertstate='firing'}) or vector(0)"
    named = (
        f"count(ALERTS{{alertname='{fires}', alertstate='firing'}}) or vector(0)" if fires else expr
    )
    value = 1 if fires else 0
    tests = "".join(
        f'      - expr: "{each}"\n        eval_time: {minute}m\n'
        f"        exp_samples: [{{value: {value}}}]\n"
        for each in dict.fromkeys((expr, named))
    )
    return f"  - interval: 1m\n    input_series:{series}    promql_expr_test:\n{tests}"


def test_the_rules_are_rules(promtool):
    run = subprocess.run(
        ["promtool", "check", "rules", str(ALERTS)], capture_output=True, check=False, text=True
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_nothing_fires_while_all_is_well(promtool):
    run = promtool(_case(QUIET, minute=60, fires=""), _case(QUIET, minute=1_500, fires=""))
    assert run.returncode == 0, run.stdout + run.stderr


def test_each_alert_fires_alone_when_its_time_has_come(promtool):
    cases = []
    for name, (series, values, minute) in LOUD.items():
        more = f"      - series: '{series}'\n        values: '{values}'\n"
        more += SLOW.lstrip("\n") if name == "ShieldSlow" else ""
        cases.append(_case(QUIET + more, minute=minute, fires=name))
    run = promtool(*cases)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_alert_is_tried():
    assert list(LOUD) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_an_alert_says_its_threshold_its_owner_and_what_to_do(name):
    text = ALERTS.read_text("utf-8")
    rule = text[text.index(f"- alert: {name}\n") :].partition("\n\n")[0]
    assert re.search(r"owner: (platform|security)\b", rule)
    assert re.search(r"severity: (page|ticket)\b", rule)
    for field in ("threshold", "summary", "action"):
        assert re.search(rf"^ +{field}: \S", rule, re.MULTILINE)


def test_every_metric_that_an_alert_asks_for_exists():
    metrics = Metrics()
    metrics.follow(lambda: Standing("n", "1", "d", "enforce", ready=True))
    told = set(re.findall(r"# TYPE (\w+)", metrics.text().decode()))
    asked = set(
        re.findall(
            r"\bshield_\w+",
            "".join(re.findall(r"expr: [^#]+?(?=for:|labels:)", ALERTS.read_text())),
        )
    )
    assert len(asked) > 10
    assert {name.removesuffix("_bucket") for name in asked} <= told
