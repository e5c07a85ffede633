"""How a guard stands at a moment, for metrics, the control endpoints and the command line."""

from collections.abc import Mapping

from msgspec import Struct

from shield.guard import Guard

MODES = ("enforce", "shadow", "off")


class Standing(Struct, frozen=True):
    """What a worker serves.

    `mode` is one of `MODES`. `out_of_service` counts the workers that each hanging scanner holds;
    `loaded` is when this policy began to serve, in seconds since 1970. `failing` is true
    while the policy file is not what is served because it is wrong, `pinned` after a rollback.
    `candidate` and `share` (percent of principals) tell of a rollout.
    """

    name: str
    version: str
    digest: str
    mode: str
    ready: bool
    out_of_service: Mapping[str, int] = {}
    loaded: float = 0.0
    failing: bool = False
    pinned: bool = False
    candidate: str = ""
    share: int = 0


def standing(guard: Guard) -> Standing:
    """How a guard stands that stays as it was built."""
    edition = guard.edition
    idle = dict(guard.pipeline.out_of_service)
    return Standing(
        edition.name,
        edition.version,
        edition.digest,
        edition.mode,
        guard.ready,
        out_of_service=idle,
    )
