"""An ASGI application without a server between: what was sent, and a client that stays or goes."""

import anyio
from msgspec import Struct

from shield.hosts.asgi import ShieldMiddleware


class Heard(Struct):
    """What a client was sent: the messages as they came."""

    messages: list[dict]

    @property
    def status(self):
        return self.messages[0]["status"]

    @property
    def headers(self):
        return {k.decode(): v.decode() for k, v in self.messages[0]["headers"]}

    @property
    def bodies(self):
        return [m["body"] for m in self.messages[1:]]

    @property
    def body(self):
        return b"".join(self.bodies)

    @property
    def ended(self):
        return bool(self.messages) and not self.messages[-1].get("more_body", False)


def answering(pieces, kind, *, headers=(), fail=None, after=None):
    """An application that sends pieces of a content type; raises `fail` where they are over."""

    async def app(scope, receive, send):
        await receive()
        head = [(b"content-type", kind.encode()), *headers]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for piece in pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if fail is not None:
            raise fail
        await send({"type": "http.response.body", "body": b""})
        if after is not None:
            await after()

    return app


def drive(app, guard, *, body=b"", gone=None, method="POST", notebook=None, **options):
    """What the client of `app` behind the middleware hears; `gone` sets when it goes."""
    heard = Heard([] if notebook is None else notebook)
    waiting = [{"type": "http.request", "body": body}]

    async def receive():
        if waiting:
            return waiting.pop()
        await (gone.wait() if gone else anyio.sleep_forever())
        return {"type": "http.disconnect"}

    async def send(message):
        heard.messages.append(message)

    scope = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": []}
    anyio.run(ShieldMiddleware(app, guard=guard, **options), scope, receive, send)
    return heard
