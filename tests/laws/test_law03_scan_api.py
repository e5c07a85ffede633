"""Law 3 for the scan API: one conversation gets the same verdicts as from the library."""

import pytest
from msgspec import convert
from msgspec.structs import replace
from starlette.testclient import TestClient

from shield.audit.corpus import load
from shield.audit.replay import verdicts
from shield.guard import Guard
from shield.hosts.scan_api import create
from shield.policy.schema import ScannerEntry
from shield.types import Caller, Checkpoint, Decision, Outcome, Verdict

PER_GROUP = 2
NAMES = ("hidden_text", "split_payload", "secrets", "tool_origin", "tool_flow", "banned_phrases")


@pytest.fixture(scope="module")
def cases(root):
    """A few conversations of each family, domain and near miss."""
    taken = {}
    for case in load(root / "attack_corpus").split("tune"):
        group = taken.setdefault((case.kind, case.group), [])
        length = sum(len(turn.text or "") for turn in case.line.turns)
        if len(group) < PER_GROUP and length < 4_000:
            group.append(case)
    return [case for group in taken.values() for case in group]


@pytest.fixture(scope="module")
def light(policy, root):
    """A guard without models, whose patterns decide by themselves."""
    document = policy.document
    scanners = {n: document.scanners[n] for n in NAMES if n in document.scanners}
    scanners["injection_patterns"] = ScannerEntry(decision=Decision.BLOCK)
    bare = policy.with_document(document.model_copy(update={"scanners": scanners}))
    made = Guard(bare.with_tools(load(root / "attack_corpus").tools))
    yield made
    made.close()


class Far:
    """The scan API with the surface of a guard, as a client in another process would build it."""

    def __init__(self, client):
        self.client = client

    def exchange(self, caller):
        return FarExchange(self.client, caller)


class FarExchange:
    def __init__(self, client, caller):
        self.client, self.caller, self.seen = client, caller, []

    def ask(self, checkpoint, body):
        sent = {**body, "session": self.caller.session}
        answer = self.client.post(
            f"/v1/scan/{checkpoint}", json=sent, headers={"x-who": self.caller.principal}
        )
        assert answer.status_code == 200, answer.text
        return Outcome(convert(answer.json()["verdict"], Verdict))

    def input(self, segments):
        self.seen = [
            {
                "text": s.text,
                "source": str(s.source),
                "name": next(o.name for o in s.label.origins),
                "path": s.path,
                "turn": s.turn,
            }
            for s in segments
        ]
        return self.ask("input", {"segments": self.seen})

    def action(self, call):
        arguments = {a.path: a.value for a in call.arguments}
        flat = {path[1:]: value for path, value in arguments.items() if "/" not in path[1:]}
        nested = len(flat) != len(arguments)
        sent = {"name": call.name, "arguments": self.tree(arguments) if nested else flat}
        return self.ask("action", {"call": {**sent, "id": call.id}, "context": self.seen})

    @staticmethod
    def tree(arguments):
        """The same leaves at the same pointers; the index of a list is as good as a key."""
        whole = {}
        for path, value in arguments.items():
            *parts, last = path[1:].split("/")
            node = whole
            for part in parts:
                node = node.setdefault(part, {})
            node[last] = value
        return whole

    def output(self, text):
        return self.ask("output", {"text": text, "context": self.seen})


def shown(found):
    """All but what differs from run to run, and what a cache has saved."""
    return [
        replace(
            v, id="", elapsed_ms=0.0, escalation="", coverage=replace(v.coverage, views=0, tokens=0)
        )
        for v in found
    ]


def test_library_and_scan_api_agree_on_every_verdict_of_a_conversation(light, cases):
    app = create(
        light,
        identify=lambda scope: Caller(
            tenant="far", principal=dict(scope["headers"])[b"x-who"].decode()
        ),
    )
    far, judged = Far(TestClient(app)), []

    for case in cases:
        library = shown(verdicts(light, case))
        assert (case.id, shown(verdicts(far, case))) == (case.id, library)
        judged += library

    assert len(cases) >= 60
    assert {v.checkpoint for v in judged} == set(Checkpoint)
    assert {v.decision for v in judged} >= {Decision.ALLOW, Decision.REDACT, Decision.BLOCK}
