"""Clients that go, and applications that go on: who is told, who is stopped, who may finish."""

import contextvars

import anyio
import pytest

from shield.guard import Guard
from shield.hosts.asgi import ShieldMiddleware
from shield.policy.schema import Limits
from tests.hosts.driven import answering, drive
from tests.streams import DONE, said, secret_policy

WORDS = "This is an honest sentence about the weather. "
SSE, TEXT = "text/event-stream", "text/plain"


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


class Notes:
    """An observer."""

    def __init__(self, told):
        self.told = told

    def verdict(self, verdict, caller):
        self.told.append(verdict)


def test_a_client_that_goes_stops_the_application_and_what_came_is_judged(guard):
    told, reached = [], []
    guard.observers = (Notes(told),)

    async def main():
        gone = anyio.Event()

        async def app(scope, receive, send):
            head = [(b"content-type", SSE.encode())]
            await send({"type": "http.response.start", "status": 200, "headers": head})
            for piece in said(WORDS * 3)[:-1]:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            gone.set()
            reached.append("gone")
            await anyio.sleep_forever()

        return app, gone

    run_gone(guard, main)
    guard.observers = ()

    assert reached == ["gone"]
    (verdict,) = told
    assert verdict.coverage.chars >= 3 * len(WORDS)


def run_gone(guard, main):
    """Run an application whose client goes when it says so."""

    async def run():
        app, gone = await main()
        waiting = [{"type": "http.request", "body": b""}]

        async def receive():
            if waiting:
                return waiting.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message): ...

        scope = {"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": []}
        with anyio.fail_after(60):
            await ShieldMiddleware(app, guard=guard)(scope, receive, send)

    anyio.run(run)


def test_an_application_that_listens_is_told_and_not_cancelled(guard):
    ended = []

    async def main():
        gone = anyio.Event()

        async def app(scope, receive, send):
            await receive()
            gone.set()
            ended.append((await receive())["type"])
            await anyio.lowlevel.checkpoint()
            ended.append("tidied up")

        return app, gone

    run_gone(guard, main)

    assert ended == ["http.disconnect", "tidied up"]


def test_background_tasks_outlive_the_answer_and_the_client(guard):
    ended = []

    async def main():
        gone = anyio.Event()

        async def later():
            gone.set()
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            ended.append("done")

        return answering([WORDS.encode()], TEXT, after=later), gone

    run_gone(guard, main)

    assert ended == ["done"]


def test_what_an_application_does_after_the_end_of_its_dialect_is_not_cut_off(guard):
    # A server says that the client has gone as soon as the answer is complete.
    ended = []

    async def main():
        gone = anyio.Event()

        async def app(scope, receive, send):
            async def sent(message):
                await send(message)
                if b"[DONE]" in message.get("body", b""):
                    gone.set()
                    for _ in range(9):
                        await anyio.lowlevel.checkpoint()

            async def later():
                ended.append("saved")

            pieces = [*said(WORDS), DONE, b": more\n\n"]
            await answering(pieces, SSE, after=later)(scope, receive, sent)

        return app, gone

    run_gone(guard, main)

    assert ended == ["saved"]


def test_an_application_whose_answer_is_too_large_is_stopped():
    guard = Guard(secret_policy(limits=Limits(response_bytes=2_000)))
    made = []

    async def app(scope, receive, send):
        head = [(b"content-type", b"text/html")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for at in range(10_000):
            made.append(at)
            await send({"type": "http.response.body", "body": b"a " * 50, "more_body": True})
            await anyio.lowlevel.checkpoint()

    heard = drive(app, guard)
    guard.close()

    assert heard.status == 502
    assert len(made) < 100


seen_by = contextvars.ContextVar("seen_by", default="nobody")


def test_what_the_application_sets_in_its_context_is_seen_outside(guard):
    async def app(scope, receive, send):
        seen_by.set("the application")
        await answering([WORDS.encode()] * 3, TEXT)(scope, receive, send)

    found = []

    async def outer(scope, receive, send):
        await ShieldMiddleware(app, guard=guard)(scope, receive, send)
        found.append(seen_by.get())

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(message): ...

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": []}
    anyio.run(outer, scope, receive, send)

    assert found == ["the application"]
