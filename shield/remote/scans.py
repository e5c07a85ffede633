"""A running sidecar as something to ask: the scan API, `POST /v1/scan/{input,action,output}`.

Each exchange has the surface of a guard's, so that whoever asks a guard can ask a sidecar.
"""

import os
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Self

import msgspec
from msgspec import Struct

from shield.errors import SetupError
from shield.types import Caller, Outcome, Segment, ToolCall, Verdict

if TYPE_CHECKING:
    import httpx2

_SECONDS = 120.0
_MOST = 8_388_608
_TRIES, _LONGEST_WAIT = 30, 5.0
_CODE = re.compile(r"[a-z_]{1,40}")
_HELLO = "Hello."


class _Answer(Struct, frozen=True):
    verdict: Verdict


class Scans:
    """A sidecar's scan API. For several threads; close it.

    Sessions and principals are this client's own: what another run left in the sidecar's memory
    does not reach them.

    Args:
        url: where the sidecar listens, such as `http://127.0.0.1:8787`.
        key: the credential that it asks for; without one each case has a principal of its own.
        transport: for tests.
        sleep: waits so many seconds.

    Raises:
        SetupError: the URL is none.
    """

    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        transport: "httpx2.BaseTransport | None" = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        import httpx2

        if not re.fullmatch(r"https?://[^\s@/]+(?:/\S*)?", url):
            raise SetupError("no URL of a sidecar", where="--url", mend="http://127.0.0.1:8787")
        self._url, self._key, self._sleep = url, key, sleep
        self._run = uuid.uuid4().hex[:12]
        self._http = httpx2.Client(
            base_url=url.rstrip("/") + "/",
            timeout=_SECONDS,
            follow_redirects=False,
            trust_env=False,
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def policy(self) -> str:
        """The digest of the policy that the sidecar judges by.

        Raises:
            SetupError: it does not answer.
        """
        return self.scan("input", {"text": _HELLO}, Caller(principal="hello")).policy

    def exchange(self, caller: Caller) -> "FarExchange":
        """Begin one request of `caller`."""
        return FarExchange(self, caller)

    def scan(self, checkpoint: str, body: Mapping[str, Any], caller: Caller) -> Verdict:
        """The verdict on one body; waits while the sidecar is full.

        Raises:
            SetupError: no answer, a refusal, or no verdict.
        """
        session = f"{self._run}-{caller.session}" if caller.session else ""
        sent = msgspec.json.encode({**body, "session": session} if session else body)
        # Ids may be no words that a header can carry.
        credential = self._key or f"{self._run}-{caller.principal.encode().hex()}"
        for _ in range(_TRIES):
            status, wait, raw = self._post(checkpoint, sent, credential)
            if status != 503:
                return self._verdict(checkpoint, status, raw)
            self._sleep(wait)
        raise self._failure(f"it was full {_TRIES} times", "audit with fewer --workers")

    def _post(self, checkpoint: str, sent: bytes, credential: str) -> tuple[int, float, bytes]:
        import httpx2

        headers = {"content-type": "application/json", "authorization": f"Bearer {credential}"}
        path, held = f"v1/scan/{checkpoint}", bytearray()
        try:
            with self._http.stream("POST", path, content=sent, headers=headers) as answer:
                for chunk in answer.iter_bytes():
                    held += chunk
                    if len(held) > _MOST:
                        raise self._failure("its answer has no end", "see its log")
                return answer.status_code, _wait(answer.headers), bytes(held)
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            what = "in time" if isinstance(error, httpx2.TimeoutException) else "at all"
            raise self._failure(f"it does not answer {what}", "start it, or correct it") from None

    def _verdict(self, checkpoint: str, status: int, raw: bytes) -> Verdict:
        if status != 200:
            raise self._failure(
                f"it refused a case at the checkpoint {checkpoint}: {status}{_code(raw)}",
                "mend what it names; nothing is scored in its place",
            )
        try:
            return msgspec.json.decode(raw, type=_Answer).verdict
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise self._failure("its answer is no verdict", "is it a Shield sidecar?") from None

    def _failure(self, what: str, mend: str) -> SetupError:
        return SetupError(what, where=self._url, mend=mend)


def at(url: str) -> AbstractContextManager[Scans | None]:
    """The sidecar at a URL, none without one; what it asks for stands in `SHIELD_API_KEY`."""
    return Scans(url, os.environ.get("SHIELD_API_KEY", "")) if url else nullcontext()


class FarExchange:
    """One request and its response, judged by a sidecar."""

    def __init__(self, scans: Scans, caller: Caller) -> None:
        self._scans, self._caller = scans, caller
        self._seen: list[dict[str, Any]] = []

    def input(self, segments: Iterable[Segment]) -> Outcome:
        """Judge what goes to the model."""
        self._seen = [_text(segment) for segment in segments]
        return self._asked("input", {"segments": self._seen})

    def action(self, call: ToolCall) -> Outcome:
        """Judge a proposed tool call against what has been said and read so far."""
        proposed = {"name": call.name, "arguments": _arguments(call), "id": call.id}
        return self._asked("action", {"call": proposed, "context": self._seen})

    def output(self, text: str) -> Outcome:
        """Judge what goes back to the user."""
        return self._asked("output", {"text": text, "context": self._seen})

    def _asked(self, checkpoint: str, body: Mapping[str, Any]) -> Outcome:
        return Outcome(self._scans.scan(checkpoint, body, self._caller))


def _text(of: Segment) -> dict[str, Any]:
    name = next((o.name for o in of.label.origins if o.source is of.source), "")
    found = {"text": of.text, "source": str(of.source), "path": of.path, "turn": of.turn}
    return {**found, "name": name} if name else found


def _arguments(call: ToolCall) -> dict[str, Any]:
    """Arguments with the same leaves at the same pointers; an index of a list becomes a key, which
    has the same pointer.
    """
    found: dict[str, Any] = {}
    for argument in call.arguments:
        *path, last = [part.replace("~1", "/").replace("~0", "~") for part in _parts(argument.path)]
        node = found
        for part in path:
            node = node.setdefault(part, {})
        node[last] = argument.value
    return found


def _parts(pointer: str) -> list[str]:
    return pointer.split("/")[1:]


def _wait(headers: Mapping[str, str]) -> float:
    stated = headers.get("retry-after", "")
    return min(_LONGEST_WAIT, float(stated)) if re.fullmatch(r"\d{1,6}", stated) else 1.0


def _code(raw: bytes) -> str:
    """The word for what is wrong, where the body has one; never a message."""
    try:
        code = msgspec.json.decode(raw)["error"]["code"]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return ""
    return f" {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""
