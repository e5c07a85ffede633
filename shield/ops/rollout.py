"""A candidate policy takes over in stages, and goes back by itself when it does not do well.

The stage follows from the time alone, and who is in it from the principal alone, so that all workers
agree without asking each other. Both policies judge everything; only what is enforced differs.
"""

import hashlib
from pathlib import Path
from threading import Lock
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from shield.errors import PolicyError
from shield.types import Caller, Checkpoint, Decision, Verdict

Share = Annotated[float, Meta(gt=0, le=1)]
STAGES = (5, 20, 50, 100)
_MEND = "run `shield audit --policy CANDIDATE -o report.json` on the hold split"


class Bounds(Struct, frozen=True):
    """When a rollout returns, once `least` verdicts have been compared on one worker.

    `block_rate` bounds how far the candidate's share of blocked verdicts is from the other's, either
    way; `errors` how much larger its share of failed scanners may be; `disagreement` the share of
    verdicts that differ.
    """

    block_rate: Share = 0.02
    errors: Share = 0.01
    disagreement: Share = 0.05
    least: Annotated[int, Meta(ge=1)] = 200


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """A rollout. Without a candidate there is none.

    `baseline` is the digest of the policy that it began from; `began` is in seconds since 1970,
    `hold` the seconds of each stage, `audit` the report that let it begin. `ended` says why it is
    over; empty while it is not.
    """

    candidate: str = ""
    digest: str = ""
    baseline: str = ""
    audit: str = ""
    began: float = 0.0
    hold: Annotated[float, Meta(ge=1)] = 3_600.0
    stages: tuple[Annotated[int, Meta(ge=1, le=100)], ...] = STAGES
    bounds: Bounds = Bounds()
    ended: str = ""

    @property
    def active(self) -> bool:
        """True while a candidate shall be judged by."""
        return bool(self.candidate) and not self.ended

    def share(self, now: float) -> int:
        """The percent of principals that the candidate is enforced for."""
        if not self.active or not self.stages or now < self.began:
            return 0
        return self.stages[min(int((now - self.began) / self.hold), len(self.stages) - 1)]

    def complete(self, now: float) -> bool:
        """True when the last stage has held its time: nothing is compared any more."""
        return self.active and now >= self.began + self.hold * len(self.stages)

    def takes(self, caller: Caller, now: float) -> bool:
        """True for a caller that the candidate is enforced for.

        Who is in a stage is in all later ones. Who has no name is in the last one only.
        """
        share = self.share(now)
        whose = caller.principal or caller.session
        return share == 100 or (bool(whose) and bucket(self.digest, caller.tenant, whose) < share)


def bucket(*parts: str) -> float:
    """Where somebody stands among all, from 0 to 100; another order for each candidate."""
    made = hashlib.sha256()
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        made.update(len(raw).to_bytes(8, "big") + raw)
    return int.from_bytes(made.digest()[:6], "big") * 100 / 2**48


class Pair(Struct, frozen=True):
    """Two policies' verdicts on the same. `ahead` is the candidate's; None where it failed."""

    checkpoint: Checkpoint
    behind: Verdict | None
    ahead: Verdict | None

    @property
    def agree(self) -> bool:
        """True when both decide the same."""
        both = (self.behind, self.ahead)
        return None not in both and len({v.decision for v in both if v}) == 1


class Tally:
    """What was compared on this worker during one rollout; for use from any thread."""

    def __init__(self, bounds: Bounds) -> None:
        self._bounds, self._lock = bounds, Lock()
        self.compared = self.differing = 0
        self._blocked, self._failed = [0, 0], [0, 0]

    def add(self, pair: Pair) -> str:
        """Count a pair; the name of a limit that is broken now, empty while all hold."""
        with self._lock:
            self.compared += 1
            self.differing += not pair.agree
            for side, verdict in enumerate((pair.behind, pair.ahead)):
                self._blocked[side] += verdict is not None and _blocks(verdict)
                self._failed[side] += verdict is None or any(f.error for f in verdict.findings)
            return self._broken()

    def _broken(self) -> str:
        bounds, n = self._bounds, self.compared
        if n < bounds.least:
            return ""
        if abs(self._blocked[1] - self._blocked[0]) / n > bounds.block_rate:
            return "block_rate"
        if (self._failed[1] - self._failed[0]) / n > bounds.errors:
            return "errors"
        return "disagreement" if self.differing / n > bounds.disagreement else ""


def _blocks(verdict: Verdict) -> bool:
    return verdict.decision.rank > Decision.REDACT.rank


class _Gate(Struct, frozen=True):
    name: str
    passed: bool


class _Audit(Struct, frozen=True):
    """As much of an audit's JSON report as tells whether it passed."""

    policy: str
    split: str
    gates: tuple[_Gate, ...]
    unscanned: int
    failed: int


def audited(report: Path, digest: str) -> None:
    """Return when the report says that the policy with this digest passed its audit.

    Raises:
        PolicyError: it does not, or is no report.
    """
    try:
        found = msgspec.json.decode(report.read_bytes(), type=_Audit)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise PolicyError("not a JSON report of an audit", where=report, mend=_MEND) from None
    for fails, why in (
        (found.policy != digest, f"the audit was of policy {found.policy}, not of {digest}"),
        (found.split != "hold", f"the audit was of split {found.split}, not of hold"),
        (not found.gates, "the audit has no gate"),
        (not all(gate.passed for gate in found.gates), "the audit did not pass"),
        (bool(found.unscanned or found.failed), "the audit is incomplete"),
    ):
        if fails:
            raise PolicyError(why, where=report, mend=_MEND)
