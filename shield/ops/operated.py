"""A live guard with its metrics and its events, as a process runs it."""

import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from shield.ops.events import EventLog, logged
from shield.ops.live import LiveGuard
from shield.ops.metrics import Metrics


class Operated(NamedTuple):
    """What a process holds: the guard for its hosts, and what tells of it."""

    live: LiveGuard
    metrics: Metrics
    events: EventLog


def operated(
    policy: str | Path | None = None,
    *,
    store: str = "",
    folder: Path | None = None,
    key: bytes | None = None,
    models: Iterable[str] = (),
    write: Callable[[bytes], None] = logged,
) -> Operated:
    """Load a policy and follow it; from the main thread, reload it on SIGHUP after `live.listen()`.

    Args:
        policy: the policy file; the shipped one when left out.
        store: the `redis://` address of a session store that workers share; needs a shared key.
        folder: where orders and versions lie; beside the policy when left out.
        key: the secret under which callers are kept apart; SHIELD_KEY when left out.
        models: names of models that events may show; others are shown by digest.
        write: takes the events' lines.

    Raises:
        SetupError: the policy or the store's address is unusable, or a shared store has no key.
    """
    known = key or os.environ.get("SHIELD_KEY", "").encode()
    # Without a store a key of this process will do; a shared one must not be made up.
    secret = known or (b"" if store else secrets.token_bytes(32))
    metrics = Metrics()
    events = EventLog(write, key=secret, models=models, failed=lambda: metrics.unwritten("event"))
    live = LiveGuard(policy, folder=folder, store=store, key=secret, observers=[metrics, events])
    metrics.follow(live.standing)
    live.start()
    return Operated(live, metrics, events)
