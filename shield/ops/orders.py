"""What operators order: a mode, a rollback, a rollout. Written to the state folder that all workers read."""

import time
from pathlib import Path

from msgspec.structs import replace

from shield.errors import PolicyError, SetupError
from shield.ops.rollout import Bounds, Plan, audited
from shield.ops.state import ORDER, ROLLOUT, Mode, Order, alone, held, put
from shield.ops.versions import Versions
from shield.policy.load import load

_MOST = 200
ROLLED_BACK, STOPPED = "rollback", "stopped"


def order_of(folder: Path) -> Order:
    """The order that holds.

    Raises:
        SetupError: its file cannot be read.
    """
    return held(folder / ORDER, Order, Order())


def plan_of(folder: Path) -> Plan:
    """The rollout that was ordered last, over or not.

    Raises:
        SetupError: its file cannot be read.
    """
    return held(folder / ROLLOUT, Plan, Plan())


def switch(folder: Path, mode: Mode, reason: str, *, now: float | None = None) -> Order:
    """Order a mode. Whoever loosens the policy says why.

    Raises:
        SetupError: there is no reason, or it is none to be written into logs.
    """
    said = _said(reason)
    if mode != "enforce" and not said:
        raise SetupError(f"mode {mode} needs a reason", mend="say why: --reason TEXT")
    with alone(folder):
        made = replace(order_of(folder), mode=mode, reason=said, at=_at(now))
        put(folder / ORDER, made)
    return made


def rollback(folder: Path, reason: str = "", *, now: float | None = None) -> str:
    """Go back to the version before the one that serves; the digest of it.

    A rollout that is under way is ended: that is the way back. Otherwise the version is pinned until
    the policy file changes. Ordered again, it goes back one further.

    Raises:
        SetupError: no earlier version is known, or the reason is none to be written into logs.
    """
    said = _said(reason)
    with alone(folder):
        plan = plan_of(folder)
        if plan.active:
            put(folder / ROLLOUT, replace(plan, ended=ROLLED_BACK))
            return plan.baseline
        order, known = order_of(folder), [v.digest for v in Versions(folder).all()]
        newest = known[-1] if known else ""
        serves = order.pinned if order.instead == newest and order.pinned in known else newest
        earlier = known[: known.index(serves)] if serves else []
        if not earlier:
            raise SetupError("no earlier version has served", where=folder)
        pinned = {"pinned": earlier[-1], "instead": newest}
        put(folder / ORDER, replace(order, reason=said, at=_at(now), **pinned))
        return earlier[-1]


def release(folder: Path, *, now: float | None = None) -> None:
    """Take a rollback back: what the policy file says serves again."""
    with alone(folder):
        put(folder / ORDER, replace(order_of(folder), pinned="", instead="", at=_at(now)))


def begin(
    folder: Path,
    policy: Path,
    candidate: Path,
    audit: Path,
    *,
    hold: float = 3_600.0,
    bounds: Bounds | None = None,
    now: float | None = None,
) -> Plan:
    """Order the rollout of a candidate over the policy that serves.

    Raises:
        SetupError: the candidate is unusable or the same, has no audit that it passed, or another rollout
            is under way.
    """
    digest = load(candidate).digest
    audited(audit, digest)
    with alone(folder):
        order, served = order_of(folder), load(policy).digest
        baseline = order.pinned if order.pinned and order.instead == served else served
        if plan_of(folder).active:
            raise PolicyError("another rollout is under way", where=folder, mend="stop it first")
        if digest == baseline:
            raise PolicyError("the candidate is what serves", where=candidate, mend="change it")
        plan = Plan(
            candidate=str(candidate.resolve()),
            digest=digest,
            baseline=baseline,
            audit=str(audit.resolve()),
            began=_at(now),
            hold=hold,
            bounds=bounds or Bounds(),
        )
        put(folder / ROLLOUT, plan)
    return plan


def stop(folder: Path) -> None:
    """End the rollout that is under way.

    Raises:
        SetupError: there is none.
    """
    with alone(folder):
        plan = plan_of(folder)
        if not plan.active:
            raise SetupError("no rollout is under way", where=folder)
        put(folder / ROLLOUT, replace(plan, ended=STOPPED))


def _said(reason: str) -> str:
    said = reason.strip()
    if len(said) > _MOST or not said.isprintable():
        raise SetupError(f"a reason is one line of at most {_MOST} characters", mend="shorten it")
    return said


def _at(now: float | None) -> float:
    return time.time() if now is None else now
