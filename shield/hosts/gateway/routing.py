"""Which upstreams may serve a request, in which order, and under which model name.

An alias draws one of its targets by weight and falls back on the others, then on its fall-backs.
A session always draws the same one, so that a provider's prompt cache stays warm.
"""

import hashlib
import random
from collections.abc import Callable, Sequence

from msgspec import Struct

from shield.hosts.gateway.answers import NO_MODEL, NO_UPSTREAM, Problem
from shield.hosts.settings import Settings, Target, Upstream
from shield.types import Caller


class Leg(Struct, frozen=True):
    """One upstream to try. `model` is the name to send, empty for the one that was asked for."""

    upstream: str
    model: str = ""


class Routing:
    """The routes of a settings file.

    Args:
        settings: checked settings.
        draw: a number in [0, 1) for requests without a session.
    """

    def __init__(
        self,
        settings: Settings,
        draw: Callable[[], float] = random.random,  # spreads load, guards nothing
    ) -> None:
        self._upstreams, self._models, self._draw = settings.upstreams, settings.models, draw

    def models(self, family: str) -> tuple[str, ...]:
        """The aliases that callers of a dialect may name."""
        return tuple(
            alias
            for alias, entry in self._models.items()
            if self._upstreams[entry.targets[0].upstream].family == family
        )

    def default(self, family: str) -> tuple[Leg, ...]:
        """The upstream of a dialect that takes what no alias names, if there is one."""
        found = (n for n, u in self._upstreams.items() if u.default and u.family == family)
        return tuple(Leg(name) for name in found)

    def legs(
        self, model: str, family: str, named: str, caller: Caller
    ) -> tuple[Leg, ...] | Problem:
        """The upstreams to try for a model, in order.

        Args:
            model: what the request asks for.
            family: the dialect that it speaks; failover never leaves it.
            named: the upstream that the caller chose by header, or nothing.
            caller: who asks.
        """
        entry = self._models.get(model)
        targets = (*entry.targets, *entry.fallbacks) if entry else ()
        if named:
            return self._by_header(named, family, model, targets)
        if entry is None:
            return self.default(family) or NO_MODEL
        if self._upstreams[entry.targets[0].upstream].family != family:
            return NO_MODEL
        first = _drawn(entry.targets, self._point(model, caller))
        order = (first, *(t for t in entry.targets if t is not first), *entry.fallbacks)
        return tuple(Leg(t.upstream, t.model or model) for t in order)

    def _by_header(
        self, named: str, family: str, model: str, targets: Sequence[Target]
    ) -> tuple[Leg, ...] | Problem:
        upstream: Upstream | None = self._upstreams.get(named)
        if upstream is None or not upstream.by_header or upstream.family != family:
            return NO_UPSTREAM
        own = next((t.model for t in targets if t.upstream == named), "")
        return (Leg(named, own or model),)

    def _point(self, model: str, caller: Caller) -> float:
        if not caller.session:
            return self._draw()
        said = f"{model}\x00{caller.tenant}\x00{caller.principal}\x00{caller.session}"
        digest = hashlib.sha256(said.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:7], "big") / 2**56


def _drawn(targets: Sequence[Target], point: float) -> Target:
    """The target in whose share of the whole `point` lies."""
    left = point * sum(t.weight for t in targets)
    for target in targets:
        left -= target.weight
        if left < 0:
            return target
    return targets[-1]
