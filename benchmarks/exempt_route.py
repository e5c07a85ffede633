"""What the middleware adds to a route that it does not screen, over the bare application."""

import asyncio
import statistics
import time
from collections.abc import MutableMapping
from typing import Any

from benchmarks.claim import claim
from shield import Guard, ShieldMiddleware

CALLS, ROUNDS = 2_000, 25
SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/health",
    "query_string": b"",
    "headers": [],
}


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Answer as cheaply as ASGI allows."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


async def receive() -> MutableMapping[str, Any]:
    """An empty request."""
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: Any) -> None:
    """Drop the answer."""


async def microseconds(app: Any) -> float:
    """Microseconds a call."""
    began = time.perf_counter()
    for _ in range(CALLS):
        await app(SCOPE, receive, send)
    return (time.perf_counter() - began) / CALLS * 1e6


async def main() -> float:
    """The median of the differences of interleaved rounds."""
    guard = Guard.load()
    shielded = ShieldMiddleware(bare, guard=guard, exempt=["/health"])
    differences = []
    for _ in range(ROUNDS):
        alone = await microseconds(bare)
        differences.append(await microseconds(shielded) - alone)
    guard.close()
    print(f"bare {alone:.2f} µs a call, added {statistics.median(differences):.2f} µs")
    return statistics.median(differences)


claim(
    "microseconds that an exempt route costs more than the bare application",
    asyncio.run(main()),
    10.0,
)
