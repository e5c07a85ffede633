"""WSGI middleware: `app.wsgi_app = ShieldWSGI(app.wsgi_app, guard=Guard.load())` for Flask,
`application = ShieldWSGI(get_wsgi_application(), guard=Guard.load())` for Django.

The same enforcement as under ASGI, in the thread that serves the request. What an application
yields is judged as it comes; `close()` of its iterable is called when the client has gone too.

References: PEP 3333.
"""

from collections.abc import Iterable, Iterator
from http import HTTPStatus
from io import BytesIO
from types import TracebackType
from typing import TYPE_CHECKING, Any

from shield.errors import PolicyError
from shield.exchange import Exchange
from shield.guard import Guarding
from shield.hosts import request
from shield.hosts.answer import Answer, Head, Leaving
from shield.hosts.identity import Identify
from shield.hosts.mount import Headers, Mount, Refusals
from shield.stream import Mode
from shield.wire.refusal import Refusal, unreadable

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
_PIECE = 65_536
# Sockets and files by which an application could speak past the screen, and the line as it was.
_PAST = (
    "wsgi.file_wrapper",
    "wsgi.websocket",
    "werkzeug.socket",
    "gunicorn.socket",
    "eventlet.input",
    "REQUEST_URI",
    "RAW_URI",
)


class ShieldWSGI:
    """Guards a WSGI application.

    Args:
        app: the application.
        guard: the guard to ask.
        exempt: paths that are not screened, exact, or a prefix that ends with `*`. Logged at
            start-up.
        trust_system: True when the client is your own application, so that its system messages
            may be believed; by default they are screened like a user's.
        identify: the caller of a connection, from a scope as ASGI has it, with the environment
            under `environ`; by default a digest of the credential, with the session of
            `X-Shield-Session`.
        show_rules: name the rules in refusals; attackers learn from them.
        refusals: `error` answers a block with status 400; `refusal` with an answer of the dialect that
            declines, status 200; `annotate` as `error`, and a whole answer that passes says in its
            headers, and a streamed one in its last event but one, what was decided, which a policy
            that only observes makes the one sign of it.
        gate: how streamed answers leave. `hold` as far as they have been judged, `buffer` when all of
            one has, `async` at once: what is found then is taken back by events that clients must
            heed. That is weaker, and logged at start-up.
    """

    def __init__(
        self,
        app: "WSGIApplication",
        *,
        guard: Guarding,
        exempt: Iterable[str] = (),
        trust_system: bool = False,
        identify: Identify | None = None,
        show_rules: bool = False,
        refusals: Refusals = "error",
        gate: Mode = "hold",
    ) -> None:
        if guard.policy.document.dual.mode != "off":
            raise PolicyError(
                "[dual] is on, and WSGI cannot do it", mend='set mode = "off", or mount under ASGI'
            )
        self.app = app
        self.mount = Mount(
            guard,
            exempt=exempt,
            trust_system=trust_system,
            identify=identify,
            show_rules=show_rules,
            refusals=refusals,
            gate=gate,
        )

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        scope = _scope(environ)
        if self.mount.exempts(scope["path"]):
            return self.app(environ, start_response)
        exchange = self.mount.exchange(scope)
        responder = _Responder(self.mount, exchange, start_response)
        try:
            raw = _body(environ, self.mount.limits.body_bytes)
            sent = request.Message(scope["query_string"], scope["headers"], raw)
            passed = request.screened(self.mount, exchange, sent)
        except request.RefusedError as refusal:
            return responder.refuse(refusal.answer)
        answer = Answer(self.mount, exchange, passed.document, scope["method"])
        return responder.run(self.app, _environ(environ, passed, exchange), answer)


class _Responder:
    """One response."""

    def __init__(self, mount: Mount, exchange: Exchange, start: "StartResponse") -> None:
        self._mount, self._exchange, self._start = mount, exchange, start
        self._answer: Answer
        self._status = ""
        self._out: list[bytes] = []
        self._has_left = False

    def refuse(self, answer: Refusal) -> Iterable[bytes]:
        """Answer in place of the application."""
        self._deliver(Leaving(Head(answer.status, list(answer.headers)), answer.body, over=True))
        self._exchange.__exit__(None, None, None)
        return self._out

    def run(self, app: "WSGIApplication", environ: "WSGIEnvironment", answer: Answer) -> "_Body":
        """Call the application, and go on until the head of its answer may leave."""
        self._answer = answer
        made = _Body(self._pieces(app, environ), answer, self._exchange)
        made.prime()
        return made

    def _pieces(self, app: "WSGIApplication", environ: "WSGIEnvironment") -> Iterator[bytes]:
        """What leaves, piece by piece."""
        answer, pieces = self._answer, app(environ, self._begin)
        try:
            for piece in pieces:
                self._deliver(answer.feed(piece))
                yield from self._taken()
                self._deliver(answer.catch_up())
                yield from self._taken()
                if answer.stopped:
                    break
            self._deliver(answer.end())
        except Exception:
            self._deliver(answer.fail())
            if not self._has_left:
                raise
            yield from self._taken()
            raise
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
        yield from self._taken()

    def _begin(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: _ExcInfo | None = None,
    ) -> Any:
        """The application's `start_response`."""
        if exc_info and self._has_left and exc_info[1]:
            raise exc_info[1].with_traceback(exc_info[2])
        self._status, code = status, status.partition(" ")[0]
        raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers]
        self._deliver(self._answer.start(Head(int(code), raw)))
        return self._written

    def _written(self, piece: bytes) -> None:
        """What PEP 3333 calls `write()`: what it is given leaves with the next piece."""
        self._deliver(self._answer.feed(piece))

    def _deliver(self, leaving: Leaving) -> None:
        if leaving.head is not None:
            self._has_left = True
            head = leaving.head
            shown = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in head.headers]
            is_own = self._status.partition(" ")[0] == str(head.status)
            phrase = HTTPStatus(head.status).phrase if not is_own else ""
            self._start(self._status if is_own else f"{head.status} {phrase}", shown)
        if leaving.body:
            self._out.append(leaving.body)

    def _taken(self) -> list[bytes]:
        found, self._out = self._out, []
        return found


class _Body:
    """The iterable for the server: it has begun to run, so that the head is known."""

    def __init__(self, pieces: Iterator[bytes], answer: Answer, exchange: Exchange) -> None:
        self._pieces, self._answer, self._exchange = pieces, answer, exchange
        self._first: list[bytes] = []

    def prime(self) -> None:
        """Run up to the first piece that leaves."""
        try:
            self._first = [piece for piece in [next(self._pieces, b"")] if piece]
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        yield from self._first
        yield from self._pieces

    def close(self) -> None:
        """The server is done, or the client has gone."""
        close = getattr(self._pieces, "close", None)
        if close is not None:
            close()
        self._answer.abandon()
        self._exchange.__exit__(None, None, None)


def _scope(environ: "WSGIEnvironment") -> dict[str, Any]:
    """As much of ASGI's scope as an environment says."""
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    return {
        "type": "http",
        "method": environ.get("REQUEST_METHOD", "GET"),
        "path": path.encode("latin-1").decode("utf-8", "replace"),
        "query_string": environ.get("QUERY_STRING", "").encode("latin-1"),
        "headers": _headers(environ),
        "environ": environ,
    }


def _headers(environ: "WSGIEnvironment") -> Headers:
    found = [
        (key[5:].replace("_", "-").lower().encode("latin-1"), value.encode("latin-1"))
        for key, value in environ.items()
        if key.startswith("HTTP_") and key not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}
    ]
    plain = {key: environ.get(key) for key in ("CONTENT_TYPE", "CONTENT_LENGTH")}
    found += [
        (key.replace("_", "-").lower().encode(), value.encode("latin-1"))
        for key, value in plain.items()
        if value
    ]
    return found


def _body(environ: "WSGIEnvironment", most: int) -> bytes:
    """The whole body.

    Raises:
        RefusedError: it is too large, cut short, or nobody knows where it ends.
    """
    stated = environ.get("CONTENT_LENGTH") or ""
    is_chunked = bool(environ.get("HTTP_TRANSFER_ENCODING"))
    ends = bool(environ.get("wsgi.input_terminated"))
    if is_chunked and (stated or not ends):
        raise _unread("the server does not say where the body ends")
    if stated and not (stated.isascii() and stated.isdigit()):
        raise _unread("the content length is no number")
    size = int(stated) if stated else (most + 1 if ends else 0)
    if stated and size > most:
        raise request.too_large(most)
    body = bytearray()
    while len(body) < size and (piece := environ["wsgi.input"].read(min(_PIECE, size - len(body)))):
        body += piece
    if len(body) > most:
        raise request.too_large(most)
    if stated and len(body) < size:
        raise _unread("the body is shorter than its content length")
    return bytes(body)


def _unread(message: str) -> request.RefusedError:
    return request.RefusedError(unreadable(400, "framing", message))


def _environ(
    before: "WSGIEnvironment", passed: request.Message, exchange: Exchange
) -> "WSGIEnvironment":
    """The environment that fits what was scanned."""
    dropped = {"HTTP_TRANSFER_ENCODING", "HTTP_CONTENT_ENCODING", "CONTENT_LENGTH", *_PAST}
    kept = {k: v for k, v in before.items() if k not in dropped and k != "CONTENT_TYPE"}
    for name, value in passed.headers:
        if name in {b"content-type", b"content-length"}:
            kept[name.decode().replace("-", "_").upper()] = value.decode("latin-1")
    changed = {
        "QUERY_STRING": passed.query.decode("latin-1"),
        "wsgi.input": BytesIO(passed.body),
        "wsgi.input_terminated": True,
        "shield": exchange,
    }
    return {**kept, **changed}
