"""A sidecar over a real socket, in front of a fake upstream over a real socket."""

import json
import socket
import threading
import time
from contextlib import contextmanager

import httpx2
import pytest
import uvicorn

from shield.guard import Guard
from shield.hosts.app import create_app
from shield.hosts.serve import Server
from shield.hosts.settings import Serve, Settings

from .fake import KEY, FakeUpstream, RawUpstream

SCANNERS = ("injection_patterns", "secrets")


@pytest.fixture(scope="session")
def screen(policy):
    """The shipped policy without its models."""
    document = policy.document
    kept = {name: document.scanners[name] for name in SCANNERS}
    # The first judgement loads tables, for which a busy machine takes its time.
    changes = {"response_bytes": 16_384, "deadline_ms": 60_000}
    limits = document.limits.model_copy(update=changes)
    made = Guard(
        policy.with_document(document.model_copy(update={"scanners": kept, "limits": limits}))
    )
    yield made
    made.close()


@pytest.fixture
def running():
    """Serves applications on loopback; gives their URLs."""
    served = []

    def start(server):
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        served.append((server, thread))
        while not server.started:
            time.sleep(0.005)
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for server, _ in served:
        server.should_exit = True
    for server, thread in reversed(served):
        thread.join(60)
        for opened in server.servers:
            opened.close()


@pytest.fixture
def upstream(running):
    made = FakeUpstream()
    config = uvicorn.Config(made.app, log_level="error", ws="none", lifespan="off")
    made.url = running(uvicorn.Server(config))
    return made


@pytest.fixture
def raw():
    made = []

    def start(answer, **options):
        made.append(RawUpstream(answer, **options))
        return made[-1].url

    yield start
    for one in made:
        one.close()


@pytest.fixture
def settings(upstream, monkeypatch):
    """Settings with one default upstream for each dialect; changes go on top."""
    monkeypatch.setenv("FAKE_KEY", KEY)
    common = {"url": upstream.url, "key_env": "FAKE_KEY", "default": True, "retries": 0}

    def make(**changes):
        upstreams = {"fake": common, "claude": {**common, "family": "anthropic"}}
        return Settings.model_validate({"upstreams": upstreams, **changes})

    return make


@pytest.fixture
def sidecar(running, settings, screen):
    """Starts a sidecar; gives its URL."""

    def start(**changes):
        guard = changes.pop("guard", screen)
        return running(Server(create_app(settings(**changes), guard=guard), Serve()))

    return start


@pytest.fixture
def http():
    with httpx2.Client(trust_env=False, timeout=60) as client:
        yield client


@contextmanager
def waiting(url, upstream):
    """A client whose request a slow model holds; it goes away at the end of the context."""
    host, port = url.removeprefix("http://").split(":")
    body = json.dumps(chat(model="slow")).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: {host}\r\ncontent-length: {len(body)}"
    before = len(upstream.asked)
    with socket.create_connection((host, int(port))) as client:
        client.sendall(head.encode() + b"\r\ncontent-type: application/json\r\n\r\n" + body)
        while len(upstream.asked) == before:
            time.sleep(0.005)
        yield


def chat(text="Good morning", model="any", **more):
    return {"model": model, "messages": [{"role": "user", "content": text}], **more}
