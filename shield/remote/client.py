"""The outgoing HTTP client: no redirects, no proxies of the environment, bounded answers."""

import asyncio
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import msgspec

from shield.remote.port import RemoteError

if TYPE_CHECKING:
    import httpx2


class Client:
    """Posts JSON to one service. For one event loop; close it there.

    Args:
        base_url: where the service lives, such as `http://127.0.0.1:9000/v1`.
        headers: sent with every request; a key stands here and nowhere else.
        most: bytes that an answer may have.
        transport: for tests and special networks.
    """

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str] | None = None,
        *,
        most: int = 8_388_608,
        transport: "httpx2.AsyncBaseTransport | None" = None,
    ) -> None:
        import httpx2

        self._most = most
        self._http = httpx2.AsyncClient(
            base_url=base_url.rstrip("/") + "/",
            headers=dict(headers or {}),
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let the connections go."""
        await self._http.aclose()

    async def post(self, path: str, body: Mapping[str, Any], *, seconds: float) -> Any:
        """The JSON that the service answers, within `seconds` for the whole exchange.

        Raises:
            RemoteError: no answer in time, none at all, not 200, or no JSON within bounds.
        """
        import httpx2

        try:
            async with asyncio.timeout(seconds):
                return await self._answer(path, body, seconds)
        except (TimeoutError, httpx2.TimeoutException):
            raise RemoteError("timeout") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError):
            raise RemoteError("unreachable") from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise RemoteError("nonsense", 200) from None

    async def _answer(self, path: str, body: Mapping[str, Any], seconds: float) -> Any:
        async with self._http.stream("POST", path, json=dict(body), timeout=seconds) as answer:
            if answer.status_code != 200:
                raise RemoteError("status", answer.status_code)
            held = bytearray()
            async for chunk in answer.aiter_bytes():
                held += chunk
                if len(held) > self._most:
                    raise RemoteError("nonsense", 200)
            return msgspec.json.decode(held)
