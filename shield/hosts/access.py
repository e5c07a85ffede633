"""Who may reach what: the first thing that a request meets, before anything of it is read.

In this order: the Host must be ours (a page that rebinds a name to this machine has another one),
an Origin must be listed, the token must be known, the path must be in the table and the token's
role in its line. What stands in no line is refused.
"""

import hashlib
import hmac
import logging
from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shield.hosts.gateway import answers
from shield.hosts.gateway.answers import Problem, answer
from shield.hosts.gateway.proxy import CALLER
from shield.hosts.identity import caller_of
from shield.hosts.secret import token_digest
from shield.hosts.settings import Settings, Token, is_loopback
from shield.types import Caller

_log = logging.getLogger("shield")

ANYONE = frozenset({"anyone"})
CALLERS = frozenset({"caller"})
READERS = frozenset({"auditor", "operator"})
REVIEWERS = frozenset({"reviewer"})
OPERATORS = frozenset({"operator"})
ALL = frozenset({"caller", "auditor", "reviewer", "operator"})
# Without tokens, whoever reaches the loopback may use the guard and look at it, never steer it.
NAMELESS = frozenset({"caller", "auditor"})

_HOST = Problem(421, "unknown_host", "this Host is not served")
_ORIGIN = Problem(403, "unknown_origin", "web pages of this origin may not call")
_OPEN = Problem(403, "no_tokens", "without tokens only this machine may call")
_TOKEN = Problem(401, "unauthorized", "send a valid token")
_ROLE = Problem(403, "forbidden", "this token may not do that")
_METHOD = Problem(405, "method_not_allowed", "this method is not served here")


class Line(Struct, frozen=True):
    """An endpoint and who may use it. A path that ends with `*` stands for all that begin so."""

    path: str
    methods: frozenset[str]
    roles: frozenset[str]

    def covers(self, path: str) -> bool:
        """Whether a path falls under this line."""
        return path.startswith(self.path[:-1]) if self.path.endswith("*") else path == self.path


_GET, _POST = frozenset({"GET", "HEAD"}), frozenset({"POST"})
# The first line that covers path and method decides.
ENDPOINTS: tuple[Line, ...] = (
    Line("/livez", _GET, ANYONE),
    Line("/readyz", _GET, ANYONE),
    Line("/metrics", _GET, READERS),
    Line("/openapi.json", _GET, ALL),
    Line("/shield/reviews*", _GET | _POST, REVIEWERS),
    Line("/shield/*", _GET, READERS),
    Line("/shield/*", _POST, OPERATORS),
    Line("/v1/models", _GET, CALLERS),
    Line("/v1/models/*", _GET, CALLERS),
    Line("/v1/*", _POST, CALLERS),
    Line("/v2/guard", _POST, CALLERS),
    Line("/analyze/*", _POST, CALLERS),
    Line("/scan/*", _POST, CALLERS),
    Line("/beta/litellm_basic_guardrail_api", _POST, CALLERS),
    Line(
        "/envoy/ext_authz*", frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}), CALLERS
    ),
)


class _Grant(Struct, frozen=True):
    """What a token stands for."""

    digest: bytes
    token: Token


class Access:
    """The outermost layer. Puts the caller into the scope for everything behind it.

    Args:
        app: what is behind.
        settings: checked settings.
        key: the guard's key, under which callers without a token are told apart.

    Raises:
        SetupError: a token is not where the settings say, or too short.
    """

    def __init__(self, app: ASGIApp, settings: Settings, key: bytes) -> None:
        self._app = app
        self._grants = tuple(_Grant(token_digest(t), t) for t in settings.tokens)
        self._hosts = frozenset(name.lower() for name in settings.serve.hosts)
        self._origins = frozenset(settings.serve.origins)
        self._nameless: Callable[[Scope], Caller] = caller_of(key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or say why not."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        found = self._judged(scope)
        if scope["type"] != "http":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "not served"})
        elif isinstance(found, Problem):
            await _refusal(found, scope["path"])(scope, receive, send)
        else:
            await _Quiet(self._app, send).run({**scope, CALLER: found}, receive)

    def _judged(self, scope: Scope) -> Caller | Problem:
        headers, path = Headers(scope=scope), scope["path"]
        is_public = any(line.roles is ANYONE and line.covers(path) for line in ENDPOINTS)
        if not is_public and not self._is_ours(headers.getlist("host")):
            return _HOST
        if any(origin not in self._origins for origin in headers.getlist("origin")):
            return _ORIGIN
        if is_public:
            return _allowed(path, scope.get("method", ""), ANYONE) or Caller()
        if not self._grants:
            refused = self._closed(scope) or _allowed(path, scope.get("method", ""), NAMELESS)
            return refused or self._nameless(scope)
        token = self._token(headers)
        if token is None:
            return _TOKEN
        refused = _allowed(path, scope.get("method", ""), token.roles)
        return refused or Caller(
            tenant=token.tenant,
            principal=f"token:{token.name}",
            session=headers.get("x-shield-session", ""),
            feature=token.feature,
        )

    def _is_ours(self, sent: Sequence[str]) -> bool:
        if len(sent) != 1:
            return False
        host = sent[0].lower()
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        return is_loopback(name.strip("[]")) or bool({host, name} & self._hosts)

    def _closed(self, scope: Scope) -> Problem | None:
        """Refuses others when another server than ours has opened more than the loopback."""
        server = scope.get("server")
        local = server is None or server[1] is None or is_loopback(str(server[0]))
        return None if local else _OPEN

    def _token(self, headers: Headers) -> Token | None:
        """The token sent, compared with every known one in constant time."""
        sent = [v[7:] for v in headers.getlist("authorization") if v[:7].lower() == "bearer "]
        sent += headers.getlist("x-api-key")
        found = None
        # An official client may send one credential under both names.
        if len(set(sent)) == 1:
            digest = hashlib.sha256(sent[0].strip().encode("latin-1", "replace")).digest()
            for grant in self._grants:
                if hmac.compare_digest(digest, grant.digest):
                    found = grant.token
        return found


def _allowed(path: str, method: str, roles: Iterable[str]) -> Problem | None:
    """Why a role may not use an endpoint, or None."""
    lines = [line for line in ENDPOINTS if line.covers(path)]
    if not lines:
        return answers.NO_PATH
    line = next((line for line in lines if method in line.methods), None)
    if line is None:
        return _METHOD
    return None if line.roles & {*roles} else _ROLE


def _refusal(problem: Problem, path: str) -> Response:
    response = answer(problem, path)
    if problem is _TOKEN:
        response.headers["www-authenticate"] = "Bearer"
    return response


class _Quiet:
    """Runs what is behind; what it raises is told by its type alone, for it could repeat the traffic."""

    def __init__(self, app: ASGIApp, send: Send) -> None:
        self._app, self._send, self._started = app, send, False

    async def run(self, scope: Scope, receive: Receive) -> None:
        try:
            await self._app(scope, receive, self._sent)
        except Exception as error:  # noqa: BLE001 — the last resort of a request
            _log.error("a request failed: %s", type(error).__name__)
            if self._started:
                raise RuntimeError("an answer broke off") from None
            await answer(answers.FAILED, scope["path"])(scope, receive, self._send)

    async def _sent(self, message: Message) -> None:
        self._started = True
        await self._send(message)
