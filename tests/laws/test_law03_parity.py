"""Law 3: one conversation gives the same verdict whichever way it comes in."""

import json

import anyio
import pytest
from starlette.responses import Response

from shield.audit.corpus import load
from shield.audit.replay import verdicts
from shield.hosts.asgi import ShieldMiddleware
from shield.label import segment
from shield.memory.local import LocalSessions
from shield.types import Caller, Checkpoint, Source

PER_FAMILY = 4
ROLES = {Source.SYSTEM: "system", Source.USER: "user", Source.ASSISTANT: "assistant"}


def conversations(folder):
    """Chats of text that end with the user, a few of each family of attacks."""
    taken = {}
    for case in load(folder).split("tune"):
        turns = case.line.turns
        is_chat = all(t.text and t.source in ROLES and not t.name for t in turns)
        family = taken.setdefault(case.group, [])
        is_asked = turns[-1].source is Source.USER
        if case.kind == "attacks" and is_chat and is_asked and len(family) < PER_FAMILY:
            family.append(case)
    return [case for family in taken.values() for case in family]


def requests(case):
    """The histories that a client sends: up to each answer, and the whole."""
    turns = case.line.turns
    ends = [i for i in range(1, len(turns)) if turns[i].source is Source.ASSISTANT]
    return [turns[:end] for end in (*ends, len(turns))]


def shown(given):
    return [(v.checkpoint, v.decision, v.score, sorted(f.rule for f in v.findings)) for v in given]


class Notebook:
    """An observer that writes everything down."""

    def __init__(self):
        self.verdicts = []

    def verdict(self, verdict, caller):
        self.verdicts.append(verdict)


def by_library(guard, case):
    caller = Caller(principal=f"library {case.id}", session="s")
    return [
        guard.exchange(caller)
        .input(segment(t.text, t.source, turn=i) for i, t in enumerate(turns))
        .verdict
        for turns in requests(case)
    ]


def by_asgi(guard, case, notebook):
    shield = ShieldMiddleware(
        Response(status_code=204),
        guard=guard,
        trust_system=True,
        identify=lambda scope: Caller(principal=f"asgi {case.id}", session="s"),
    )

    async def post(document):
        body = json.dumps(document).encode()

        async def receive():
            return {"type": "http.request", "body": body}

        async def send(message): ...

        scope = {"type": "http", "method": "POST", "path": "/", "headers": []}
        await shield(scope, receive, send)

    before = len(notebook.verdicts)
    for turns in requests(case):
        messages = [{"role": ROLES[t.source], "content": t.text} for t in turns]
        anyio.run(post, {"messages": messages})
    return notebook.verdicts[before:]


@pytest.fixture(autouse=True)
def notebook(guard, monkeypatch):
    """Sessions of other tests would be remembered by the shared guard."""
    made = Notebook()
    monkeypatch.setattr(guard, "observers", (made,))
    sessions = LocalSessions(seconds=600, most=10_000, per_principal=10)
    monkeypatch.setattr(guard, "sessions", sessions)
    return made


def test_library_asgi_and_audit_agree_on_every_verdict_of_a_conversation(guard, root, notebook):
    cases = conversations(root / "attack_corpus")
    assert len(cases) >= 40

    for case in cases:
        library = shown(by_library(guard, case))
        assert (case.id, shown(by_asgi(guard, case, notebook))) == (case.id, library)
        assert (case.id, shown(verdicts(guard, case))) == (case.id, library)


def test_the_conversations_of_this_law_are_judged_in_more_than_one_way(guard, root):
    found = [v for c in conversations(root / "attack_corpus") for v in by_library(guard, c)]

    assert len({v.decision for v in found}) > 1
    assert {v.checkpoint for v in found} == {Checkpoint.INPUT}
    assert len({f.scanner for v in found for f in v.findings}) > 3
