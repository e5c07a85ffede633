"""The session store as one exchange uses it: what fails is remembered, and decided by the policy.

A session that cannot be read, or kept, cannot be judged with what came before: split payloads
and refused turns would pass unseen. `on_store_failure` says what becomes of the request.
"""

from typing import NamedTuple

from msgspec.structs import replace

from shield.errors import StoreError
from shield.memory.escalations import EscalationStore
from shield.memory.session import Session, SessionStore
from shield.memory.vault import VaultStore
from shield.policy.load import UNAVAILABLE, Policy
from shield.types import Decision, Finding, Outcome, Severity, Verdict, strictest

_LOST = Finding(
    rule=UNAVAILABLE,
    scanner="session",
    severity=Severity.ERROR,
    score=1.0,
    message="The session store failed: the session was not read or not kept.",
    error=True,
)


class Shelf:
    """A session store that fails at most once: from then on nothing is asked of it."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self.failed = False

    def read(self, key: str) -> Session:
        """The session of `key`; empty when the store fails."""
        if not self.failed:
            try:
                return self._store.read(key)
            except StoreError:
                self.failed = True
        return Session()

    def write(self, key: str, session: Session, *, principal: str) -> None:
        """Keep a session. After a failure it is not: it would stand for one that was never read."""
        if not self.failed:
            try:
                self._store.write(key, session, principal=principal)
            except StoreError:
                self.failed = True


class Shared(NamedTuple):
    """The stores that workers share."""

    sessions: SessionStore
    vault: VaultStore
    escalations: EscalationStore


def shared(url: str, key: bytes, policy: Policy) -> Shared:
    """The stores at an address, with the bounds of the policy.

    Raises:
        SetupError: the address is none.
    """
    from shield.memory.records import Room
    from shield.memory.redis import Bounds, RedisSessions
    from shield.memory.redis_escalations import RedisEscalations
    from shield.memory.redis_vault import RedisVault

    limits = policy.document.limits
    bounds = Bounds(
        seconds=limits.session_seconds,
        most=limits.sessions,
        per_principal=limits.sessions_per_principal,
        size=limits.session_bytes,
        texts=limits.history_turns,
        text_bytes=limits.history_bytes,
        turns=limits.trail_turns,
    )
    room = Room(
        limits.vault_seconds, limits.sessions, limits.sessions_per_principal, limits.vault_bytes
    )
    vault = RedisVault.of(url, key, room, entries=limits.vault_entries)
    return Shared(RedisSessions.of(url, key, bounds), vault, RedisEscalations.of(url, key))


def judged(outcome: Outcome, shelf: Shelf, policy: Policy) -> Outcome:
    """The outcome as it is; where the store has failed, as the policy decides that."""
    if not shelf.failed:
        return outcome
    decision = strictest(outcome.verdict.decision, policy.decision(_LOST))
    verdict = _with(outcome.verdict, decision)
    stops = verdict.enforced and decision.rank > Decision.REDACT.rank
    return Outcome(verdict) if stops else replace(outcome, verdict=verdict)


def _with(verdict: Verdict, decision: Decision) -> Verdict:
    return replace(verdict, decision=decision, findings=(*verdict.findings, _LOST))
