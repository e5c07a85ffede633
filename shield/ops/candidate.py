"""The candidate of a rollout on one worker: loaded when it begins, let go when it is over."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from shield.errors import PolicyError, SetupError
from shield.exchange import Exchange
from shield.ops.compared import Compared
from shield.ops.rollout import Pair, Plan, Tally, audited
from shield.ops.serving import Served
from shield.ops.state import ROLLOUT, Watched, alone, put
from shield.policy.load import Policy, load
from shield.types import Caller, Verdict

_log = logging.getLogger("shield.ops")
DONE = "done"


class Note(Protocol):
    """Tells of the operation."""

    def __call__(self, event: str, **facts: str | float | bool) -> None:
        """Something has changed; `facts` hold no content."""


class Candidate:
    """Follows the rollout that a state folder orders.

    Args:
        folder: the state folder.
        built: makes a policy ready to serve, or raises a `SetupError`.
        note: tells of the operation.
        wall: seconds since 1970.
    """

    def __init__(
        self,
        folder: Path,
        built: Callable[[Policy], Served],
        note: Note,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._folder, self._built, self._note, self._wall = folder, built, note, wall
        self._plans = Watched(folder / ROLLOUT, Plan, Plan())
        self._tried, self._tally = Plan(), Tally(Plan().bounds)
        self._served: Served | None = None

    def over(self, base: Served) -> Served:
        """What serves: the base, or the candidate when its last stage has held its time."""
        plan, ahead = self._follows(base)
        return ahead if ahead and plan.complete(self._wall()) else base

    def stage(self, base: Served) -> tuple[str, int]:
        """The digest of the candidate that is loaded, and the percent that it is enforced for."""
        plan, ahead = self._follows(base)
        return (plan.digest, plan.share(self._wall())) if ahead else ("", 0)

    def exchange(self, base: Served, caller: Caller) -> Exchange:
        """Begin a request: of the base alone where no rollout follows from it, else of both."""
        plan, ahead = self._follows(base)
        now = self._wall()
        if ahead is None:
            return base.guard.exchange(caller)
        if plan.complete(now):
            return ahead.guard.exchange(caller)
        takes, tally = plan.takes(caller, now), self._tally
        one, other = (ahead, base) if takes else (base, ahead)

        def told(verdict: Verdict, beside: Verdict | None) -> None:
            both = (beside, verdict) if takes else (verdict, beside)
            self._compared(plan, tally, Pair(verdict.checkpoint, *both))

        return Compared(one.guard, caller, other.beside.exchange(caller), told)

    def follow(self, base: Served, newest: Served) -> None:
        """Load the candidate of a rollout that begins; let it go when it is over.

        A rollout is over when something else serves than it began from: done when the policy file
        (`newest`) has become the candidate.
        """
        plan = self._plans.now()
        if not plan.active:
            self._served, self._tried = None, Plan()
        elif plan.digest == newest.digest:
            self.end(plan, DONE)
        elif plan.baseline != base.digest:
            self.end(plan, "baseline")
        elif plan != self._tried:
            self._tried, self._tally = plan, Tally(plan.bounds)
            self._load(plan)

    def _load(self, plan: Plan) -> None:
        try:
            self._served = self._built(_proven(plan))
        except Exception as error:  # noqa: BLE001 — whatever a bad policy raises, the base serves on
            known = isinstance(error, SetupError)
            why = str(error).partition("\n")[0] if known else type(error).__name__
            _log.error("the candidate is not taken: %s", why)
            self._note("policy_refused", why=why)
            self.end(plan, "candidate")
            return
        self._note("rollout", digest=plan.digest, baseline=plan.baseline)

    def _follows(self, base: Served) -> tuple[Plan, Served | None]:
        """The plan, and its candidate when it is loaded and the rollout began from `base`."""
        plan, ahead = self._plans.now(), self._served
        fits = ahead and plan.active and (plan.digest, plan.baseline) == (ahead.digest, base.digest)
        return plan, ahead if fits else None

    def _compared(self, plan: Plan, tally: Tally, pair: Pair) -> None:
        self._note(
            "compared",
            checkpoint=pair.checkpoint,
            agree=pair.agree,
            baseline=pair.behind.id if pair.behind else "",
            baseline_decision=pair.behind.decision if pair.behind else "failed",
            candidate=pair.ahead.id if pair.ahead else "",
            candidate_decision=pair.ahead.decision if pair.ahead else "failed",
        )
        broken = tally.add(pair)
        if broken:
            self.end(plan, broken)

    def end(self, plan: Plan, why: str) -> None:
        """End a rollout, here at once and in all workers by the file. Once is enough."""
        if self._plans.value != plan:
            return
        ended = replace(plan, ended=why)
        self._plans.value, self._served = ended, None
        _log.warning("the rollout of %s is over: %s", plan.digest, why)
        self._note("rollout_done" if why == DONE else "rollout_returned", limit=why)
        try:
            with alone(self._folder):
                put(self._folder / ROLLOUT, ended)
        except OSError as error:
            _log.error("other workers cannot know that the rollout is over: %s", error)


def _proven(plan: Plan) -> Policy:
    """The candidate, as it was audited.

    Raises:
        SetupError: it is unusable, was changed, or has no audit that it passed.
    """
    policy = load(plan.candidate)
    if policy.digest != plan.digest:
        raise PolicyError("the candidate was changed", where=plan.candidate, mend="audit it again")
    audited(Path(plan.audit), plan.digest)
    return policy
