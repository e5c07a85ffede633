"""Is the process there, and may it be given requests?"""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shield.guard import Guarding


class Health:
    """What the probes ask. `leaving` is set when the process has been told to end."""

    def __init__(self, guard: Guarding) -> None:
        self._guard = guard
        self.leaving = False

    def routes(self) -> list[Route]:
        """`/livez`: the event loop turns. `/readyz`: policy and models are loaded, and it stays."""
        return [Route("/livez", self._alive), Route("/readyz", self._ready)]

    async def _alive(self, _: Request) -> Response:
        return PlainTextResponse("alive")

    async def _ready(self, _: Request) -> Response:
        if self.leaving:
            return PlainTextResponse("leaving", 503)
        return PlainTextResponse("ready") if self._guard.ready else PlainTextResponse("stuck", 503)
