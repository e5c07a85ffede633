"""A loaded policy as a worker holds it: its guard, and the guises in which the guard serves.

All guises share scanners, models, caches, stores and workers with the guard; making one costs
nothing. An exchange keeps the guise it began with, and the workers go when the last of them has
gone.
"""

import weakref
from copy import copy
from typing import Self

from msgspec.structs import replace

from shield.guard import Guard
from shield.memory.session import Session, SessionStore
from shield.pipeline import Detection, Pipeline
from shield.policy.load import Policy
from shield.types import Coverage, Decision, Skip, SkipReason, Subject


class Lease:
    """Lives as long as something may still be judged."""


class Kept(Guard):
    """A guard whose workers go by themselves, with the last exchange."""

    lease: Lease

    @classmethod
    def of(cls, policy: Policy, like: Guard | None = None, **more: object) -> Self:
        """A guard of a policy; with the stores, key, observers and models of another.

        Raises:
            SetupError: a scanner, option or model of the policy is unusable.
        """
        if like is None:
            made = cls(policy, **more)  # type: ignore[arg-type]
        else:
            made = cls(
                policy,
                sessions=like.sessions,
                escalations=like.escalations,
                vault=like.vault,
                key=like.key,
                observers=like.observers,
                engine=like.pipeline.engine,
            )
        made.lease = Lease()
        weakref.finalize(made.lease, made.pipeline.close)
        return made


class Served:
    """A guard in all its guises."""

    def __init__(self, guard: Kept) -> None:
        self.guard = guard
        self.shadow = _observing(guard)
        self.off = _idle(guard)
        self.beside = _beside(guard)

    @property
    def digest(self) -> str:
        """The digest of the policy."""
        return self.guard.policy.digest

    def exchange_in(self, mode: str) -> Guard:
        """The guise for a mode; anything but shadow and off enforces what the policy says."""
        return {"shadow": self.shadow, "off": self.off}.get(mode, self.guard)


def _observing(guard: Kept) -> Kept:
    """Judges everything, carries out nothing. The digest stays: it is the same policy."""
    made = copy(guard)
    made.policy = _with_mode(guard.policy)
    made.pipeline = copy(guard.pipeline)
    made.pipeline.policy = made.policy
    made.edition = replace(guard.edition, mode="shadow")
    return made


def _beside(guard: Kept) -> Kept:
    """Judges beside another guard: nobody is told, nothing is remembered."""
    made = _observing(guard)
    made.observers = ()
    made.sessions = _Unwritten(guard.sessions)
    return made


def _idle(guard: Kept) -> Kept:
    """Judges nothing and says so. What passes unjudged is not remembered as judged."""
    made = _observing(guard)
    passing = {**made.policy.document.on_incomplete, SkipReason.SWITCHED_OFF: Decision.ALLOW}
    document = made.policy.document.model_copy(update={"on_incomplete": passing})
    made.policy = replace(made.policy, document=document)
    made.pipeline = _Idle(made.pipeline, made.policy)
    made.sessions = _Unread(guard.sessions)
    made.edition = replace(guard.edition, mode="off")
    return made


def _with_mode(policy: Policy) -> Policy:
    document = policy.document.model_copy(update={"mode": "observe"})
    return replace(policy, document=document)


class _Idle(Pipeline):
    """A pipeline that looks at nothing."""

    def __init__(self, like: Pipeline, policy: Policy) -> None:
        self.__dict__.update(like.__dict__)
        self.policy = policy
        self.scanners = ()

    @property
    def ready(self) -> bool:
        """True: there is nothing to wait for."""
        return True

    def run(self, subject: Subject, *, complete: bool = False) -> Detection:
        """A receipt that says that nothing was looked at."""
        return Detection((), Coverage(skipped=(Skip("", SkipReason.SWITCHED_OFF),)))


class _Unwritten:
    """A session store that is read and not written."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store

    def read(self, key: str) -> Session:
        """The session of `key`."""
        return self._store.read(key)

    def write(self, key: str, session: Session, *, principal: str) -> None:
        """Keep nothing."""

    def forget(self, key: str) -> None:
        """Erase a session."""
        self._store.forget(key)

    def forget_owner(self, principal: str) -> None:
        """Erase all sessions of an owner."""
        self._store.forget_owner(principal)


class _Unread(_Unwritten):
    """A session store that is neither read nor written, so that it cannot fail."""

    def read(self, key: str) -> Session:
        """An empty session."""
        return Session()
