"""The guard: shared and immutable; every request begins an exchange with it.

guard = Guard.load()
with guard.exchange(Caller(principal="alice", session="u42")) as ex:
    ex.input(segments)     before the model
    ex.action(call)        before a tool
    ex.output(text)        before the user, or ex.stream() for what comes in pieces
"""

import os
import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, Self

from shield.about import Edition
from shield.errors import SetupError
from shield.exchange import Exchange
from shield.inference.engine import Engine
from shield.memory.escalations import EscalationStore, LocalEscalations
from shield.memory.local import LocalSessions
from shield.memory.session import (
    SessionStore,
    principal_key,
)
from shield.memory.vault import LocalVault, VaultStore
from shield.observers import Observer, clocked
from shield.pipeline import Pipeline
from shield.policy.load import Policy, load
from shield.storing import shared
from shield.types import (
    Caller,
)


class Guarding(Protocol):
    """What hosts need of a guard: one that stays as it is, or one that follows its policy file."""

    @property
    def policy(self) -> Policy:
        """The policy that the next exchange is judged by."""

    @property
    def key(self) -> bytes:
        """The secret under which callers are kept apart."""

    @property
    def ready(self) -> bool:
        """True while some worker can take a request."""

    def exchange(self, caller: Caller | None = None) -> "Exchange":
        """Begin one request of `caller`."""

    def forget(self, principal: str, tenant: str = "") -> None:
        """Erase what the stores hold of a principal."""

    def close(self) -> None:
        """Let the workers go."""


class Guard:
    """One policy, its pipeline and its session store; for use from any thread.

    Args:
        policy: a loaded policy.
        sessions: where sessions live; in this process when left out.
        escalations: where questions to a person live; in this process when left out.
        vault: where values live while placeholders stand for them; in this process when left out.
        key: the secret under which callers are kept apart; random for this process when left
            out, and to be shared by workers that share a store.
        observers: told about every verdict; a `Stopwatch` among them, how long scanners took.
        engine: loaded models, used again when the policy needs exactly those.
        complete: run every tier even after a block, as audits do.

    Raises:
        SetupError: a scanner, option or model of the policy is unusable.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        sessions: SessionStore | None = None,
        escalations: EscalationStore | None = None,
        vault: VaultStore | None = None,
        key: bytes | None = None,
        observers: Sequence[Observer] = (),
        complete: bool = False,
        engine: Engine | None = None,
    ) -> None:
        self.policy = policy
        self.pipeline = Pipeline(policy, like=engine, took=clocked(observers))
        # An empty store is false: only None means that there is none.
        self.sessions: SessionStore = sessions if sessions is not None else _sessions(policy)
        self.escalations: EscalationStore = (
            escalations if escalations is not None else LocalEscalations()
        )
        self.vault: VaultStore = vault if vault is not None else _vault(policy)
        self.key = key or secrets.token_bytes(32)
        self.observers = tuple(observers)
        self.complete = complete
        self.edition = _edition(policy, self.pipeline)

    @classmethod
    def load(
        cls, path: str | Path | None = None, *, complete: bool = False, store: str = ""
    ) -> Self:
        """The guard of a policy file, the shipped default when left out; verified and warm.

        `store` is the `redis://` address of a session store that workers share; it needs
        SHIELD_KEY in the environment, the same for all of them.

        Raises:
            SetupError: the policy, its lock, a rule, a model or the store's address is invalid.
        """
        policy = load(path)
        if not store:
            return cls(policy, complete=complete)
        key = os.environ.get("SHIELD_KEY", "").encode()
        if not key:
            raise SetupError(
                "a shared session store needs a shared key", mend="set SHIELD_KEY for all workers"
            )
        held = shared(store, key, policy)
        return cls(policy, complete=complete, key=key, **held._asdict())

    @property
    def ready(self) -> bool:
        """True while some worker can take a request."""
        return self.pipeline.ready

    def exchange(self, caller: Caller | None = None) -> "Exchange":
        """Begin one request of `caller`."""
        return Exchange(self, caller or Caller())

    def forget(self, principal: str, tenant: str = "") -> None:
        """Erase what the stores hold of a principal: sessions, placeholders' values, questions.

        `principal` is what hosts call the caller by (`Caller.principal`). An exchange that is
        under way ends with what it has.

        Raises:
            StoreError: a shared session store fails; what this process holds is erased all the same.
        """
        owner = principal_key(self.key, Caller(tenant=tenant, principal=principal))
        self.escalations.forget_owner(owner)
        self.vault.forget_owner(owner)
        self.sessions.forget_owner(owner)

    def close(self) -> None:
        """Let the workers go."""
        self.pipeline.close()


def _sessions(policy: Policy) -> LocalSessions:
    limits = policy.document.limits
    return LocalSessions(
        seconds=limits.session_seconds,
        most=limits.sessions,
        per_principal=limits.sessions_per_principal,
        size=limits.session_bytes,
    )


def _vault(policy: Policy) -> LocalVault:
    limits = policy.document.limits
    return LocalVault(
        seconds=limits.vault_seconds,
        entries=limits.vault_entries,
        per_owner=limits.sessions_per_principal,
        size=limits.vault_bytes,
    )


def _edition(policy: Policy, pipeline: Pipeline) -> Edition:
    written = policy.document
    models = tuple(sorted(pipeline.engine.digests.items())) if pipeline.engine else ()
    mode = "enforce" if written.mode == "enforce" else "shadow"
    return Edition(written.name, written.version, policy.digest, mode, models)
