"""Where requests go now: routes, upstreams and prices, exchanged whole when the settings change.

Only what a `Table` holds follows the file. Where to listen, tokens, limits and the policy's path
are those of the start; a change there is logged and waits for the next one.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from shield.errors import SetupError
from shield.hosts.gateway.routing import Routing
from shield.hosts.gateway.upstreams import Service
from shield.hosts.settings import Settings, checked

_log = logging.getLogger("shield")
_FIXED = ("policy", "serve", "tokens", "gateway", "dual", "limits", "ledger")


class Table(Struct, frozen=True):
    """What one request works with from its beginning to its end.

    `named` are the model names of the settings: all others are text of the traffic.
    """

    settings: Settings
    routing: Routing
    services: dict[str, Service]
    named: frozenset[str]


class Source(NamedTuple):
    """The settings file to follow, and how to read it: flags may stand above it."""

    path: Path
    read: Callable[[], Settings]


class Tables:
    """The table that serves now. `poll` from one thread, `now` from any.

    Args:
        settings: those of the start.
        source: the file to follow; None follows nothing.

    Raises:
        SetupError: a key is not where the settings say.
    """

    def __init__(self, settings: Settings, source: Source | None = None) -> None:
        self.now = made(settings)
        self._source, self._begun = source, settings
        self._taken = self._before = self._print()

    def poll(self) -> None:
        """Look at the file once; what is wrong there is logged and changes nothing.

        A file is read when it has been the same for two looks: one that is being written may look
        whole, and lack half of its models.
        """
        before, self._before = self._before, (seen := self._print())
        if self._source is None or seen in {None, self._taken} or seen != before:
            return
        self._taken = seen
        try:
            found = self._source.read()
            checked(found, self._source.path)
            self.now = made(found, self.now)
        except SetupError as error:
            _log.error("the settings are kept as they were: %s", error)
            return
        late = [name for name in _FIXED if getattr(found, name) != getattr(self._begun, name)]
        _log.info("the settings were read anew%s", f"; at the next start: {late}" if late else "")

    def _print(self) -> tuple[int, int, int] | None:
        try:
            seen = self._source.path.stat() if self._source else None
        except OSError:
            return None
        # An empty file is one that is about to be written.
        return (seen.st_mtime_ns, seen.st_size, seen.st_ino) if seen and seen.st_size else None


def made(settings: Settings, before: Table | None = None) -> Table:
    """The table of settings. An upstream that has not changed keeps what its breaker knows.

    Raises:
        SetupError: a key is not where the settings say.
    """
    old = before.services if before else {}
    services = {name: Service(name, one) for name, one in settings.upstreams.items()}
    for name, service in services.items():
        if name in old and old[name].same(service):
            services[name] = old[name]
    entries = settings.models.values()
    own = {t.model for e in entries for t in (*e.targets, *e.fallbacks) if t.model}
    named = frozenset(own | set(settings.models) | set(settings.prices))
    return Table(settings, Routing(settings), services, named)
