"""The Dual-LLM modes in the ASGI mount: what stands between the screen and the application.

`handles`: the application behind the mount speaks Chat Completions to a model; it is sent handles, and may be
called several times for one request. `plan`: the controller runs the whole exchange, and the application
is not asked at all.

The policy of the exchange says which mode holds, so that a reload and the kill switch reach it: a policy that only
observes hides nothing, and a mode that came later and cannot be done here refuses what offers tools.
"""

from collections.abc import Callable
from typing import Any, Protocol

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shield.dual.budget import Budgets
from shield.dual.failures import StepError
from shield.dual.mount import Handled, applies
from shield.dual.trace import Report
from shield.errors import PolicyError, WireError
from shield.guard import Guarding
from shield.hosts.identity import Identify
from shield.remote.port import ChatModel
from shield.types import Caller
from shield.wire import strict
from shield.wire.refusal import Refusal, unreadable

HANDLED = "shield.handled"


class Plans(Protocol):
    """A `Controller`."""

    async def run(self, request: Any, *, caller: Caller | None = None) -> Report:
        """Do what the caller asks."""


ReaderOf = Callable[[Caller], ChatModel]


def behind(
    app: ASGIApp,
    guard: Guarding,
    identify: Identify,
    reader: ChatModel | ReaderOf | None,
    controller: Plans | None,
) -> ASGIApp:
    """The application as the policy's `[dual] mode` wants it, whatever mode a reload brings.

    Args:
        app: the application.
        guard: whose policy it is.
        identify: the caller of a connection.
        reader: the quarantined model, or what gives that of a caller.
        controller: what plans and runs exchanges.

    Raises:
        PolicyError: the mode needs what was not given, or nothing that was given is of use.
    """
    mode = guard.policy.document.dual.mode
    modes: dict[str, ASGIApp] = {}
    if reader is not None:
        modes["handles"] = HandlesApp(app, guard, identify, reader)
    if controller is not None:
        modes["plan"] = PlansApp(app, guard, identify, controller)
    fits = mode in modes if mode != "off" else not modes
    if not fits:
        needs = {"handles": "reader", "plan": "controller", "off": "neither reader nor controller"}
        raise PolicyError(
            f"[dual] mode is {mode!r}: the middleware takes {needs[mode]}",
            mend="give it, or change the mode",
        )
    return _Modes(app, modes, _LackingApp(app, guard, identify))


class _Modes:
    """Asks the policy of each exchange which mode holds."""

    def __init__(self, app: ASGIApp, modes: dict[str, ASGIApp], lacking: ASGIApp) -> None:
        self._app, self._modes, self._lacking = app, modes, lacking

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        exchange = scope.get("shield")
        document = exchange.policy.document if exchange is not None else None
        if document is None or document.dual.mode == "off" or document.mode != "enforce":
            await self._app(scope, receive, send)
        else:
            app = self._modes.get(document.dual.mode, self._lacking)
            await app(scope, receive, send)


class _Behind:
    """What both modes share: read the screened request, answer in JSON."""

    def __init__(self, app: ASGIApp, guard: Guarding, identify: Identify) -> None:
        self.app, self.guard, self.identify = app, guard, identify

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle what offers tools; everything else is the application's."""
        message = await receive()
        try:
            document = strict.decode(message.get("body") or b"null", _shape(self.guard))
        except WireError:
            document = None
        if not applies(document):
            await self.app(scope, _once(message, receive), send)
            return
        try:
            made = await self.answered(scope, document, receive)
        except WireError as error:
            made = unreadable(error.status, error.code, str(error))
        except StepError as error:
            made = unreadable(403, "dual", f"not carried out: {error.code}")
        if made.status == 200:
            scope[HANDLED] = True
        await _send(made, send)

    async def answered(self, scope: Scope, document: Any, receive: Receive) -> Refusal:
        """The answer to a request that offers tools."""
        raise NotImplementedError


class HandlesApp(_Behind):
    """Untrusted text is replaced by handles before the application, and so its model, sees it."""

    def __init__(
        self, app: ASGIApp, guard: Guarding, identify: Identify, reader: ChatModel | ReaderOf
    ) -> None:
        super().__init__(app, guard, identify)
        self.reader = reader

    async def answered(self, scope: Scope, document: Any, receive: Receive) -> Refusal:
        """Ask the application with handles, until it needs no reader any more."""
        exchange, caller = scope["shield"], self.identify(scope)
        handled = Handled(
            document,
            exchange,
            caller=caller,
            key=self.guard.key,
            known=exchange.policy.document.tools,
            model=self.reader(caller) if callable(self.reader) else self.reader,
            budgets=Budgets(),
        )
        while True:
            held = _Held()
            sent = strict.encode(handled.request)
            await self.app(_sized(scope, sent), _body(sent, receive), held.take)
            if held.status != 200:
                return Refusal(held.status, held.headers, bytes(held.body))
            answer = strict.decode(bytes(held.body), _shape(self.guard))
            if not isinstance(answer, dict):
                raise WireError(502, "dual", "the model's answer is no single chat completion")
            done = await handled.taken(answer)
            if done is not None:
                return _json(strict.encode(done))


class _LackingApp(_Behind):
    """Stands for a mode that a later policy wants and this host was not given the means for."""

    async def answered(self, scope: Scope, document: Any, receive: Receive) -> Refusal:
        """A refusal: letting the tools' texts through would undo what the policy asks for."""
        raise WireError(503, "dual", "the policy wants a mode that this host cannot do")


class PlansApp(_Behind):
    """The controller runs the whole exchange on the user's own turns."""

    def __init__(
        self, app: ASGIApp, guard: Guarding, identify: Identify, controller: Plans
    ) -> None:
        super().__init__(app, guard, identify)
        self.controller = controller

    async def answered(self, scope: Scope, document: Any, receive: Receive) -> Refusal:
        """A chat completion with the run's answer; its status where there is none."""
        turns = [
            m["content"]
            for m in document.get("messages") or ()
            if isinstance(m, dict) and m.get("role") == "user" and isinstance(m.get("content"), str)
        ]
        if not turns:
            raise WireError(422, "dual", "the request holds no words of a user's")
        report = await self.controller.run(turns, caller=self.identify(scope))
        said = report.answer or f"[{report.status.value}]"
        choice: strict.Json = {
            "index": 0,
            "message": {"role": "assistant", "content": said},
            "finish_reason": "stop",
        }
        answer: strict.Json = {
            "id": "chatcmpl-shield",
            "object": "chat.completion",
            "created": 0,
            "model": str(document.get("model", "")),
            "choices": [choice],
        }
        return _json(strict.encode(answer))


class _Held:
    """A response, held back."""

    def __init__(self) -> None:
        self.status = 500
        self.headers: tuple[tuple[bytes, bytes], ...] = ()
        self.body = bytearray()

    async def take(self, message: Message) -> None:
        """One message of the application's."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], tuple(message["headers"])
            if Headers(raw=list(self.headers)).get("content-encoding", "identity") != "identity":
                raise WireError(502, "dual", "the model's answer is encoded")
        elif message["type"] == "http.response.body":
            self.body += message.get("body", b"")


def _shape(guard: Guarding) -> strict.Shape:
    limits = guard.policy.document.limits
    return strict.Shape(limits.depth, limits.nodes)


def _json(body: bytes) -> Refusal:
    size = str(len(body)).encode()
    return Refusal(200, ((b"content-type", b"application/json"), (b"content-length", size)), body)


def _sized(scope: Scope, body: bytes) -> Scope:
    headers = [(k, v) for k, v in scope["headers"] if k.lower() != b"content-length"]
    return {**scope, "headers": [*headers, (b"content-length", str(len(body)).encode())]}


def _body(body: bytes, receive: Receive) -> Receive:
    return _once({"type": "http.request", "body": body, "more_body": False}, receive)


def _once(message: Message, receive: Receive) -> Receive:
    left = [message]

    async def replay() -> Message:
        return left.pop() if left else await receive()

    return replay


async def _send(answer: Refusal, send: Send) -> None:
    headers = list(answer.headers)
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
