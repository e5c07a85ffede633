"""The upstreams over HTTP: connections, keys and what may cross in either direction.

Headers cross by list, not by exception: a caller's key, cookie or forwarding header never goes
up, and nothing that an upstream sets comes down unless it is known to be harmless.
"""

from collections.abc import Mapping

import aiohttp

from shield.hosts.gateway.breaker import Breaker
from shield.hosts.secret import secret
from shield.hosts.settings import Upstream

_UP = frozenset({"accept", "anthropic-beta", "anthropic-version", "content-type", "openai-beta"})
_DOWN = ("anthropic-ratelimit-", "x-ratelimit-")
_DOWN_ALONE = frozenset(
    {"content-type", "openai-processing-ms", "request-id", "retry-after", "x-request-id"}
)
_AGENT = "shield"
# Seconds. Many local model APIs close after 5, and a request on a connection that closes is lost.
_IDLE = 4.0


class Service:
    """One upstream: its settings, its key and its breaker.

    Raises:
        SetupError: its key is not where the settings say.
    """

    def __init__(self, name: str, settings: Upstream) -> None:
        self.name, self.settings = name, settings
        self._key = secret(f"upstream {name!r}", settings.key_env, settings.key_file)
        self.breaker = Breaker(settings.failures, settings.rest_seconds)

    def __repr__(self) -> str:
        return f"Service({self.name!r})"

    def same(self, other: "Service") -> bool:
        """Whether another is this upstream, unchanged down to its key."""
        return self.settings == other.settings and self._key == other._key  # noqa: SLF001 — its own kind

    def url(self, path: str) -> str:
        """Where a path under `/v1/` is at this upstream."""
        root = self.settings.url.rstrip("/").removesuffix("/v1")
        return root + path

    def up(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of a caller's request that go up, with this upstream's key."""
        sent = {name: headers[name] for name in _UP if name in headers}
        sent |= {"accept-encoding": "identity", "user-agent": _AGENT}
        if self._key and self.settings.family == "anthropic":
            sent["x-api-key"] = self._key
        elif self._key:
            sent["authorization"] = f"Bearer {self._key}"
        return sent

    def down(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers of its answer that go down."""
        return {
            name.lower(): value
            for name, value in headers.items()
            if (name.lower() in _DOWN_ALONE or name.lower().startswith(_DOWN))
            and not (self._key and self._key in value)
        }

    def betrays(self, body: bytes) -> bool:
        """Whether a body repeats this upstream's key."""
        return bool(self._key) and self._key.encode() in body


class Connections:
    """The open connections to all upstreams. For one event loop: open and close them there."""

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make ready for requests."""
        self._session = aiohttp.ClientSession(
            # Bounded by the requests in flight; a second bound would only add a hidden queue.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    async def request(
        self, service: Service, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> aiohttp.ClientResponse:
        """The upstream's answer, its body still to be read; who asked must close it.

        Raises:
            aiohttp.ClientError: it cannot be reached or breaks off.
            TimeoutError: it does not answer in time.
        """
        assert self._session is not None  # noqa: S101 — the application opens it at start-up
        asked = service.settings
        timeout = aiohttp.ClientTimeout(
            total=asked.total_seconds,
            sock_connect=asked.connect_seconds,
            sock_read=asked.idle_seconds,
        )
        return await self._session.request(
            method,
            service.url(path),
            headers=service.up(headers),
            data=body or None,
            timeout=timeout,
            allow_redirects=False,
            skip_auto_headers=("content-type",),
        )
