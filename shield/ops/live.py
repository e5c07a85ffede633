"""A guard that follows its policy file and its operators, while it serves.

    live = LiveGuard("policy.toml", observers=[metrics, events])
    live.start()                        # hosts hold it in place of a Guard

A changed policy is parsed, checked, tested and swapped in whole; one that is wrong is logged and
changes nothing. Orders (mode, rollback, the state of a rollout) are read with the requests, so that they
hold within a fifth of a second in every worker, whatever else it does. A request ends with the
policy that it began with.
"""

import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Protocol, runtime_checkable

from shield.errors import SetupError
from shield.exchange import Exchange
from shield.guard import Guard
from shield.label import segment
from shield.observers import Observer
from shield.ops.candidate import Candidate
from shield.ops.selftest import check
from shield.ops.serving import Kept, Served
from shield.ops.standing import Standing
from shield.ops.state import ORDER, Order, Watched, folder_of
from shield.ops.versions import Versions
from shield.ops.watch import Watch, fingerprint
from shield.policy.load import Policy, default_path, load
from shield.storing import shared
from shield.types import Caller, Decision, Source

_log = logging.getLogger("shield.ops")
_POLL = 0.25
_PLAIN = "Good morning."


def _warmed(guard: Guard) -> None:
    """Judge once in either direction: tables load with the first judgement, and no request shall wait for that."""
    with guard.exchange() as exchange:
        exchange.input([segment(_PLAIN, Source.USER)])
        exchange.output(_PLAIN)


@runtime_checkable
class Reporter(Protocol):
    """An observer that is told of the operation, too."""

    def note(self, event: str, **facts: str | float | bool) -> None:
        """Something has changed; `facts` hold no content."""


class LiveGuard:
    """A guard for hosts, made anew when its policy changes; for use from any thread.

    Args:
        path: the policy file; the shipped one when left out.
        folder: where orders and versions lie; `folder_of(path)` when left out.
        store: the `redis://` address of a session store that workers share.
        key: the secret under which callers are kept apart; SHIELD_KEY when left out, else random.
        observers: told about verdicts, and, when they are `Reporter`s, of the operation.
        wall: seconds since 1970.

    Raises:
        SetupError: the policy is unusable, or a shared store has no key.
    """

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        folder: Path | None = None,
        store: str = "",
        key: bytes | None = None,
        observers: Sequence[Observer] = (),
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path) if path is not None else default_path()
        self.folder = folder or folder_of(self.path)
        self._wall = wall
        self._reporters = [o for o in observers if isinstance(o, Reporter)]
        self._orders = Watched(self.folder / ORDER, Order, Order())
        self._versions = Versions(self.folder)
        policy = load(self.path)
        secret = key or os.environ.get("SHIELD_KEY", "").encode() or None
        if store and secret is None:
            raise SetupError("a shared session store needs a shared key", mend="set SHIELD_KEY")
        held = shared(store, secret, policy)._asdict() if store and secret else {}
        first = Kept.of(policy, key=secret, observers=observers, **held)
        self._kept: tuple[Served, ...] = (Served(first),)
        _warmed(self._kept[0].beside)
        self._candidate = Candidate(self.folder, self._built, self._note, wall)
        self._watch = Watch(fingerprint(self.path, policy))
        self._order, self._loaded, self._failing, self._lacks = Order(), wall(), False, ""
        self._stop, self._forced, self._wake = False, Event(), Event()
        self._thread: Thread | None = None
        self._one = Lock()
        self._keep(policy)
        self.poll()

    @property
    def guard(self) -> Guard:
        """The guard that serves now whom no rollout takes, in the guise that the mode asks for."""
        order = self._orders.now()
        return self._candidate.over(self._base(order)).exchange_in(order.mode)

    @property
    def policy(self) -> Policy:
        """The policy that serves now."""
        return self.guard.policy

    @property
    def key(self) -> bytes:
        """The secret under which callers are kept apart; it never changes."""
        return self._kept[0].guard.key

    @property
    def ready(self) -> bool:
        """True while some worker can take a request."""
        return self.guard.ready

    def exchange(self, caller: Caller | None = None) -> Exchange:
        """Begin one request of `caller`, judged to its end by the policy that serves now."""
        whose, order = caller or Caller(), self._orders.now()
        base = self._base(order)
        if order.mode == "enforce":
            return self._candidate.exchange(base, whose)
        return self._candidate.over(base).exchange_in(order.mode).exchange(whose)

    def forget(self, principal: str, tenant: str = "") -> None:
        """Erase what the stores hold of a principal; all policies share them."""
        self._kept[0].guard.forget(principal, tenant)

    def standing(self) -> Standing:
        """How this worker stands."""
        guard, base = self.guard, self._base(self._orders.now())
        edition, (candidate, share) = guard.edition, self._candidate.stage(base)
        return Standing(
            name=edition.name,
            version=edition.version,
            digest=edition.digest,
            mode=edition.mode,
            ready=guard.ready,
            out_of_service=dict(guard.pipeline.out_of_service),
            loaded=self._loaded,
            failing=self._failing or self._orders.failing,
            pinned=base is not self._kept[0],
            candidate=candidate,
            share=share,
        )

    def start(self) -> None:
        """Follow the policy file on a thread of its own."""
        self._thread = Thread(target=self._run, name="shield-live", daemon=True)
        self._thread.start()

    def listen(self) -> None:
        """Load the policy anew on SIGHUP, whether its file has changed or not.

        Raises:
            ValueError: this is not the main thread.
        """
        signal.signal(signal.SIGHUP, lambda *_: self.reload())

    def reload(self) -> None:
        """Load the policy anew at the next look, whether its file has changed or not."""
        self._forced.set()
        self._wake.set()

    def close(self) -> None:
        """Stop following; let the workers go."""
        self._stop = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_POLL * 4)
        for served in self._kept:
            served.guard.close()

    def poll(self) -> None:
        """Look once at orders and files, and follow them."""
        with self._one:
            self._obeyed(self._orders.now())
            forced = self._forced.is_set()
            if forced:
                self._forced.clear()
            changed = self._watch.changed(fingerprint(self.path, self._kept[0].guard.policy))
            if changed or forced:
                self._reloaded(forced=forced)
            self._candidate.follow(self._base(self._orders.now()), self._kept[0])

    def _run(self) -> None:
        while not self._stop:
            self._wake.wait(_POLL)
            self._wake.clear()
            try:
                self.poll()
            except Exception:  # noqa: BLE001 — the thread must outlive what files and disks do to it
                _log.exception("following the policy failed; what served serves on")

    def _base(self, order: Order) -> Served:
        """What serves: the version that a rollback pinned, as long as the file is what it was."""
        kept = self._kept
        if order.pinned and order.instead == kept[0].digest:
            return next((s for s in kept[1:] if s.digest == order.pinned), kept[0])
        return kept[0]

    def _obeyed(self, order: Order) -> None:
        """Say what has been ordered anew, and load what a rollback has pinned."""
        if order != self._order:
            self._order, self._lacks = order, ""
            _log.warning("mode %s, by order: %s", order.mode, order.reason or "no reason given")
            self._note("order", mode=order.mode, reason=order.reason, pinned=order.pinned)
        known = {served.digest for served in self._kept}
        wanted = order.pinned if order.instead == self._kept[0].digest else ""
        if wanted and wanted not in known and wanted != self._lacks:
            try:
                policy = self._versions.load(wanted, self._kept[0].guard.policy)
                self._kept = (self._kept[0], self._built(policy))
            except SetupError as error:
                self._refused(error)
                self._lacks = wanted  # said once

    def _reloaded(self, *, forced: bool) -> None:
        """Serve what the file says now, when it is good."""
        newest = self._kept[0]
        try:
            policy = load(self.path)
            if policy.digest == newest.digest and not forced:
                self._failing = False
                return
            made = self._built(policy)
        except Exception as error:  # noqa: BLE001 — whatever a bad policy raises, the good one serves on
            self._refused(error)
            return
        older = (newest,) if policy.digest != newest.digest else self._kept[1:]
        self._kept, self._failing, self._loaded = (made, *older[:1]), False, self._wall()
        self._keep(policy)
        _log.warning("policy %s %s serves", policy.document.name, policy.digest)
        self._note("policy_loaded", digest=policy.digest, version=policy.document.version)

    def _built(self, policy: Policy) -> Served:
        """A policy ready to serve.

        Raises:
            SetupError: it is unusable, or fails its self-test.
        """
        newest = self._kept[0].guard
        made = Served(Kept.of(policy, newest))
        plain = check(made.beside, newest.policy.rules)
        if plain is not Decision.ALLOW:
            _log.warning("policy %s answers plain words with %s", policy.digest, plain)
            self._note("policy_doubtful", digest=policy.digest, decision=plain)
        return made

    def _refused(self, error: Exception) -> None:
        known = isinstance(error, SetupError)
        why = str(error).partition("\n")[0] if known else type(error).__name__
        _log.error("the policy is not taken, what served serves on: %s", why)
        self._failing = True
        self._note("policy_refused", why=why)

    def _keep(self, policy: Policy) -> None:
        """Remember a good version; a folder that cannot be written costs rollbacks, not requests."""
        try:
            self._versions.keep(policy, self._wall())
        except OSError as error:
            _log.warning("versions are not kept, so that none can be gone back to: %s", error)

    def _note(self, event: str, **facts: str | float | bool) -> None:
        for reporter in self._reporters:
            reporter.note(event, **facts)
