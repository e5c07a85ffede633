"""What Prometheus asks: counts, times and the standing of one worker.

Labels are words of the project, names from the policy and digests, never of the traffic, and
there is a bound to each: what comes after the first fifty is counted as `other`.
"""

from collections.abc import Callable, Iterator
from threading import Lock
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from shield.ops.standing import MODES, Standing
from shield.policy.load import UNAVAILABLE
from shield.types import Caller, Decision, Verdict

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_MOST = 50
_OTHER = "other"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Names:
    """Values of a label: the first `most`, and `other` for all that come later."""

    def __init__(self, most: int = _MOST) -> None:
        self._most, self._known, self._lock = most, {_OTHER}, Lock()

    def __call__(self, name: str) -> str:
        """The name, or `other`."""
        if name in self._known:
            return name
        with self._lock:
            if len(self._known) <= self._most:
                self._known.add(name)
                return name
        return _OTHER


class Metrics:
    """Counts verdicts as an observer and a stopwatch of a guard; for use from any thread."""

    def __init__(self) -> None:
        self.registry = made = CollectorRegistry(auto_describe=False)
        self._families, self._scanners, self._why = Names(), Names(), Names()
        self._decisions = Counter(
            "shield_decisions",
            "Verdicts by checkpoint; enforced is false where they were only observed.",
            ("checkpoint", "decision", "enforced"),
            registry=made,
        )
        self._streams = Counter(
            "shield_streams",
            "Verdicts on streamed answers by gate; what left by async had not been judged.",
            ("gate", "decision"),
            registry=made,
        )
        self._findings = Counter(
            "shield_findings",
            "Findings by rule family; shadow ones were reported and not counted.",
            ("family", "shadow"),
            registry=made,
        )
        self._errors = Counter(
            "shield_scanner_errors",
            "Scanners that raised, hung or were out of service.",
            ("scanner",),
            registry=made,
        )
        self._gaps = Counter(
            "shield_coverage_gaps", "What was not looked at, by reason.", ("reason",), registry=made
        )
        self._open = Counter(
            "shield_fail_open",
            "Verdicts that let pass what was not judged whole, by reason.",
            ("reason",),
            registry=made,
        )
        self._shed = Counter(
            "shield_shed", "Requests refused unjudged, by reason.", ("reason",), registry=made
        )
        self._unwritten = Counter(
            "shield_unwritten",
            "Events that were lost, and tries to write the ledger that failed.",
            ("what",),
            registry=made,
        )
        for what in ("event", "ledger"):
            self._unwritten.labels(what)
        self._reloads = Counter(
            "shield_policy_reloads", "Attempts to load a policy.", ("result",), registry=made
        )
        self._compared = Counter(
            "shield_rollout_compared",
            "Verdicts of two policies on the same text during a rollout.",
            ("checkpoint", "agree"),
            registry=made,
        )
        self._returned = Counter(
            "shield_rollout_returned", "Rollouts that broke a limit.", ("limit",), registry=made
        )
        self._took = Histogram(
            "shield_scanner_seconds",
            "Seconds that a scanner worked on a subject.",
            ("scanner",),
            buckets=_SECONDS,
            registry=made,
        )
        self._elapsed = Histogram(
            "shield_verdict_seconds",
            "Seconds from a subject to its verdict.",
            ("checkpoint",),
            buckets=_SECONDS,
            registry=made,
        )

    def follow(self, standing: Callable[[], Standing]) -> None:
        """Show how a worker stands, too: asked at each scrape."""
        self.registry.register(_Now(standing))

    def verdict(self, verdict: Verdict, caller: Caller) -> None:
        """Count a verdict."""
        enforced = "true" if verdict.enforced else "false"
        self._decisions.labels(verdict.checkpoint, verdict.decision, enforced).inc()
        self._elapsed.labels(verdict.checkpoint).observe(verdict.elapsed_ms / 1000)
        if verdict.gate:
            self._streams.labels(verdict.gate, verdict.decision).inc()
        for finding in verdict.findings:
            self._findings.labels(self._family(finding.rule), "false").inc()
            if finding.error:
                self._errors.labels(self._scanners(finding.scanner)).inc()
        for finding in verdict.shadow:
            self._findings.labels(self._family(finding.rule), "true").inc()
        for skip in verdict.coverage.skipped:
            self._gaps.labels(skip.reason).inc()
        for reason in sorted(_let_pass(verdict)):
            self._open.labels(reason).inc()

    def took(self, scanner: str, seconds: float) -> None:
        """Count the time of a scanner."""
        self._took.labels(self._scanners(scanner)).observe(seconds)

    def shed(self, reason: str) -> None:
        """Count a request that was refused unjudged; `reason` is a word of the host's."""
        self._shed.labels(self._why(reason)).inc()

    def unwritten(self, what: Literal["event", "ledger"]) -> None:
        """Count what a full disk, or a closed pipe, did not take."""
        self._unwritten.labels(what).inc()

    def note(self, event: str, **facts: str | float | bool) -> None:
        """Count an event of the operation, where there is a metric for it."""
        if event == "policy_loaded":
            self._reloads.labels("good").inc()
        elif event == "policy_refused":
            self._reloads.labels("bad").inc()
        elif event == "compared":
            agree = "true" if facts["agree"] else "false"
            self._compared.labels(str(facts["checkpoint"]), agree).inc()
        elif event == "rollout_returned":
            self._returned.labels(self._why(str(facts["limit"]))).inc()

    def text(self) -> bytes:
        """All of it in Prometheus' text format, of type `CONTENT_TYPE`."""
        return generate_latest(self.registry)

    def _family(self, rule: str) -> str:
        return self._families(rule.partition("/")[0])


def _let_pass(verdict: Verdict) -> set[str]:
    """Why a verdict that passes was not judged whole."""
    if verdict.enforced and verdict.decision.rank > Decision.REDACT.rank:
        return set()
    reasons = {str(skip.reason) for skip in verdict.coverage.skipped}
    for finding in verdict.findings:
        if finding.error:
            reasons.add("store" if finding.rule == UNAVAILABLE else "error")
    return reasons


class _Now(Collector):
    """Gauges of how the worker stands when it is asked."""

    def __init__(self, standing: Callable[[], Standing]) -> None:
        self._standing = standing

    def describe(self) -> Iterator[Metric]:
        """Nothing: the guard may not be there yet when this is registered."""
        yield from ()

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        now = self._standing()
        info = GaugeMetricFamily(
            "shield_policy_info", "The policy that serves.", labels=("name", "version", "digest")
        )
        info.add_metric([now.name, now.version, now.digest], 1)
        yield info
        mode = GaugeMetricFamily("shield_mode", "1 for the mode that holds.", labels=("mode",))
        for name in MODES:
            mode.add_metric([name], float(name == now.mode))
        yield mode
        idle = GaugeMetricFamily(
            "shield_scanner_stuck_workers",
            "Workers held by a scanner that does not come back.",
            labels=("scanner",),
        )
        for name, count in sorted(now.out_of_service.items())[:_MOST]:
            idle.add_metric([name], count)
        yield idle
        for name, what, value in (
            ("shield_ready", "1 while some worker can take a request.", now.ready),
            ("shield_policy_loaded_timestamp_seconds", "When it began to serve.", now.loaded),
            ("shield_policy_failing", "1 while the policy file is wrong.", now.failing),
            ("shield_policy_pinned", "1 after a rollback.", now.pinned),
            ("shield_rollout_share", "Percent of principals of the candidate.", now.share),
        ):
            yield GaugeMetricFamily(name, what, value=float(value))
