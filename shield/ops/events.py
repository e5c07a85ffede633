"""One line of JSON a decision, without content: what was decided, by which policy, about what digest.

A system prompt, a tool set, a model or a policy that was never seen before is an event of its
own: none of them should change without somebody knowing.
"""

import logging
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from threading import Lock
from typing import Any

import msgspec

from shield.about import About, digest
from shield.types import Caller, Finding, Verdict

_log = logging.getLogger("shield.events")
_MOST_SEEN = 1_024
_NAMED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KINDS = ("system", "tools", "asked", "answered", "fingerprint")

Line = dict[str, Any]


def logged(line: bytes) -> None:
    """Write an event to the logger `shield.events`."""
    _log.info("%s", line.decode())


def streamed(descriptor: int) -> Callable[[bytes], None]:
    """Writes each event to an open file as one line, so that what it does not take raises `OSError`: a logger
    swallows that. For use from any thread.
    """
    lock = Lock()

    def write(line: bytes) -> None:
        left = line + b"\n"
        with lock:
            while left:
                left = left[os.write(descriptor, left) :]

    return write


class EventLog:
    """An observer that writes each verdict down.

    Args:
        write: takes one line of JSON, without its end; by default the logger `shield.events`.
        key: the guard's, by which digests are named.
        models: names of models from the configuration; others are shown by digest only, because
            a client may write what it likes there.
        clock: seconds since 1970.
        failed: told of every event that could not be written.
    """

    def __init__(
        self,
        write: Callable[[bytes], None] = logged,
        *,
        key: bytes = b"",
        models: Iterable[str] = (),
        clock: Callable[[], float] = time.time,
        failed: Callable[[], None] = lambda: None,
    ) -> None:
        self._write, self._clock, self._failed = write, clock, failed
        self._models = {digest(key, "model", name): name for name in models}
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = Lock()
        self.lost = 0

    def verdict(self, verdict: Verdict, caller: Caller) -> None:
        """Write a verdict of which nothing more is known."""
        self._told(_decided(verdict, caller))

    def witness(self, verdict: Verdict, caller: Caller, about: About) -> None:
        """Write a verdict, after what in it was never seen before."""
        known = self._known(about)
        for kind, value in known.items():
            if self._is_new(kind, str(value)):
                self._told({"event": "first_seen", "kind": kind, "value": value})
        self._told({**_decided(verdict, caller), **known, **_whose(about)})

    def note(self, event: str, **facts: str | float | bool) -> None:
        """Write an event of the operation: a reload, a mode, a rollout. `facts` hold no content."""
        self._told({"event": event, **facts})

    def _known(self, about: About) -> Line:
        """What a value seen for the first time is worth telling of."""
        edition = about.edition
        found: Line = {
            "policy": {
                "name": edition.name,
                "version": edition.version,
                "digest": edition.digest,
                "mode": edition.mode,
            },
            "models": dict(edition.models),
        }
        for kind in _KINDS:
            value = getattr(about, kind)
            if value:
                found[kind] = self._models.get(value, value)
        return found

    def _is_new(self, kind: str, value: str) -> bool:
        """True the first time; the least recently seen of a thousand are forgotten."""
        with self._lock:
            is_new = (kind, value) not in self._seen
            self._seen[kind, value] = None
            self._seen.move_to_end((kind, value))
            while len(self._seen) > _MOST_SEEN:
                self._seen.popitem(last=False)
        return is_new

    def _told(self, line: Line) -> None:
        at = datetime.fromtimestamp(self._clock(), UTC).isoformat(timespec="milliseconds")
        try:
            self._write(msgspec.json.encode({"at": at, **line}))
        except (OSError, ValueError):
            self.lost += 1  # a full disk must not become a refused request
            self._failed()


def _decided(verdict: Verdict, caller: Caller) -> Line:
    return {
        "event": "decision",
        "id": verdict.id,
        "checkpoint": verdict.checkpoint,
        "decision": verdict.decision,
        "enforced": verdict.enforced,
        "score": verdict.score,
        "findings": [_found(f) for f in verdict.findings],
        "shadow": [_found(f) for f in verdict.shadow],
        "edits": len(verdict.edits),
        "skipped": sorted({str(s.reason) for s in verdict.coverage.skipped}),
        "chars": verdict.coverage.chars,
        "escalation": verdict.escalation,
        "gate": verdict.gate,
        "policy": {"digest": verdict.policy},
        "tenant": _named(caller.tenant),
        "feature": _named(caller.feature),
        "elapsed_ms": verdict.elapsed_ms,
    }


def _found(finding: Finding) -> Line:
    """A finding without its spans: where something stood is nobody's business here."""
    return {"rule": finding.rule, "score": round(finding.score, 4), "error": finding.error}


def _whose(about: About) -> Line:
    return {"principal": about.principal, "session": about.session}


def _named(name: str) -> str:
    """A tenant or feature as an operator names them; anything else is not repeated."""
    return name if not name or _NAMED.fullmatch(name) else "unnamed"
