"""An application behind the middleware, served on loopback."""

import socket
import threading
import time
from contextlib import contextmanager

import uvicorn

from shield.policy.schema import Effect, Role, ToolEntry
from tests.conftest import ROOT
from tests.streams import secret_policy

TOOLS = {
    "look": ToolEntry(effect=Effect.READ),
    "send_email": ToolEntry(effect=Effect.SEND, roles={"to": Role.RECIPIENT}),
}


@contextmanager
def serving(app):
    """The URL of an application."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{held.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def tool_policy():
    """Secrets are cut out, and tools may be called with what the user named."""
    from shield.policy.load import load

    policy = secret_policy(tools=TOOLS)
    shipped = load(ROOT / "policies" / "default.toml", locked=False).document.scanners
    kept = {**policy.document.scanners, "tool_origin": shipped["tool_origin"]}
    return policy.with_document(policy.document.model_copy(update={"scanners": kept}))
