"""Law 3 at the hosts: library, ASGI and WSGI give the same verdicts on two hundred conversations.

The policy has no models, so that many conversations are judged in little time; the law is about
the ways in.
"""

import json

import anyio
import pytest
from werkzeug.test import EnvironBuilder

from shield.audit.corpus import load
from shield.guard import Guard
from shield.hosts.asgi import ShieldMiddleware
from shield.hosts.wsgi import ShieldWSGI
from shield.label import segment
from shield.memory.local import LocalSessions
from shield.types import Caller, Checkpoint, Source
from tests.streams import SECRET

SCANNERS = ("injection_patterns", "split_payload", "hidden_text", "secrets")
ROLES = {Source.SYSTEM: "system", Source.USER: "user", Source.ASSISTANT: "assistant"}
ENOUGH = 210


class Notebook:
    """An observer that writes everything down."""

    def __init__(self):
        self.verdicts = []

    def verdict(self, verdict, caller):
        self.verdicts.append(verdict)

    def taken(self):
        found, self.verdicts = self.verdicts, []
        return [
            (v.checkpoint, v.decision, v.score, sorted((f.rule, f.score) for f in v.findings))
            for v in found
        ]


@pytest.fixture(scope="module")
def judged(policy):
    document = policy.document
    kept = {name: document.scanners[name] for name in SCANNERS}
    notebook = Notebook()
    made = Guard(
        policy.with_document(document.model_copy(update={"scanners": kept})),
        observers=(notebook,),
        sessions=LocalSessions(seconds=600, most=10_000, per_principal=10),
    )
    yield made, notebook
    made.close()


@pytest.fixture(scope="module")
def conversations(root):
    """Chats of text that end with the user: some of each family and domain."""
    taken = {}
    for case in load(root / "attack_corpus").split("tune"):
        turns = case.line.turns
        is_chat = all(t.text and t.source in ROLES and not t.name for t in turns)
        if is_chat and turns[-1].source is Source.USER:
            taken.setdefault(case.group, []).append(case)
    rows = [found[at] for at in range(40) for found in taken.values() if at < len(found)]
    return rows[:ENOUGH]


def requests(case):
    """The histories that a client sends, each with the answer that it gets."""
    turns = case.line.turns
    ends = [i for i in range(1, len(turns)) if turns[i].source is Source.ASSISTANT]
    answers = [turns[i].text for i in ends]
    last = f"It is {SECRET}." if len(turns[-1].text) % 3 else "Gladly."
    return zip([turns[:end] for end in (*ends, len(turns))], [*answers, last], strict=True)


def body(turns):
    messages = [{"role": ROLES[t.source], "content": t.text} for t in turns]
    return json.dumps({"messages": messages}).encode()


def by_library(guard, case):
    caller = Caller(principal=f"library {case.id}", session="s")
    for turns, answer in requests(case):
        with guard.exchange(caller) as exchange:
            given = (segment(t.text, t.source, turn=i) for i, t in enumerate(turns))
            if exchange.input(given).passes:
                exchange.output(answer)


def by_asgi(guard, case, *, streamed):
    answers = []

    async def app(scope, receive, send):
        raw = answers[-1].encode()
        head = [(b"content-type", b"text/plain")]
        head += [] if streamed else [(b"content-length", str(len(raw)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        for at in range(0, len(raw), 50):
            part = raw[at : at + 50]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    def identify(scope):
        return Caller(principal=f"asgi {streamed} {case.id}", session="s")

    shield = ShieldMiddleware(app, guard=guard, trust_system=True, identify=identify)

    async def post(raw):
        waiting = [{"type": "http.request", "body": raw}]

        async def receive():
            return waiting.pop() if waiting else await anyio.sleep_forever()

        async def send(message): ...

        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        await shield(scope, receive, send)

    for turns, answer in requests(case):
        answers.append(answer)
        anyio.run(post, body(turns))


def by_wsgi(guard, case):
    answers = []

    def app(environ, start_response):
        raw = answers[-1].encode()
        start_response(
            "200 OK", [("content-type", "text/plain"), ("content-length", str(len(raw)))]
        )
        return [raw]

    def identify(scope):
        return Caller(principal=f"wsgi {case.id}", session="s")

    shield = ShieldWSGI(app, guard=guard, trust_system=True, identify=identify)
    for turns, answer in requests(case):
        answers.append(answer)
        environ = EnvironBuilder(method="POST", data=body(turns)).get_environ()
        made = shield(environ, lambda *given: None)
        list(made)
        getattr(made, "close", lambda: None)()


def test_library_asgi_and_wsgi_agree_on_every_verdict(judged, conversations):
    guard, notebook = judged
    assert len(conversations) >= 200
    seen = []

    for case in conversations:
        by_library(guard, case)
        expected = notebook.taken()
        seen += expected
        by_asgi(guard, case, streamed=False)
        assert (case.id, notebook.taken()) == (case.id, expected)
        by_wsgi(guard, case)
        assert (case.id, notebook.taken()) == (case.id, expected)

    # The law would hold of verdicts that are all alike.
    assert {c for c, *_ in seen} == {Checkpoint.INPUT, Checkpoint.OUTPUT}
    assert len({d for _, d, *_ in seen}) >= 3


def test_a_streamed_answer_has_the_verdict_of_a_whole_one(judged, conversations):
    guard, notebook = judged

    for case in conversations[::10]:
        by_library(guard, case)
        expected = notebook.taken()
        by_asgi(guard, case, streamed=True)
        assert (case.id, notebook.taken()) == (case.id, expected)
