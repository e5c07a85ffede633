"""A small office for plans to run in: tools that remember, a checkpoint and a person that decide
as told. `dual` is the package under test, so that mutants of it can be run in the same office."""

import asyncio
import importlib
import uuid
from types import SimpleNamespace

from shield.label import segment
from shield.policy.schema import Effect, Role, ToolEntry
from shield.types import Checkpoint, Coverage, Decision, Finding, Outcome, Severity, Source, Verdict

TOOLS = {
    "read_inbox": ToolEntry(effect=Effect.READ),
    "find_contact": ToolEntry(effect=Effect.READ),
    "send_email": ToolEntry(effect=Effect.SEND, roles={"to": Role.RECIPIENT, "body": Role.CONTENT}),
    "send_money": ToolEntry(
        effect=Effect.PAY,
        roles={"account": Role.ACCOUNT, "amount": Role.AMOUNT, "reference": Role.CONTENT},
    ),
    "delete_mail": ToolEntry(effect=Effect.DELETE, roles={"id": Role.OBJECT_REF}),
    "fetch_page": ToolEntry(effect=Effect.FETCH, roles={"url": Role.URL}),
    "save_note": ToolEntry(effect=Effect.WRITE, roles={"text": Role.CONTENT}),
    "remember": ToolEntry(effect=Effect.MEMORY, roles={"text": Role.CONTENT}),
    "run_code": ToolEntry(effect=Effect.EXEC, roles={"code": Role.CODE}),
}
_STRING = {"type": "string"}
PARAMETERS = {
    "read_inbox": {},
    "find_contact": {"name": _STRING},
    "send_email": {"to": _STRING, "body": _STRING},
    "send_money": {"account": _STRING, "amount": {"type": "number"}, "reference": _STRING},
    "delete_mail": {"id": _STRING},
    "fetch_page": {"url": _STRING},
    "save_note": {"text": _STRING},
    "remember": {"text": _STRING},
    "run_code": {"code": _STRING},
}
AUTHORITATIVE = {"read_inbox": ("/*/id", "/*/size"), "find_contact": ("/address",)}
INBOX = [
    {"id": "m1", "size": 10, "from": "vendor@shop.example", "body": "The total is 12 EUR."},
    {"id": "m2", "size": 30, "from": "carl@home.example", "body": "See you on 2026-11-21."},
]
CONTACT = {"address": "dana@work.example", "note": "prefers mail"}


class Office:
    """The tools, and every call that reached one."""

    def __init__(self, dual, **results):
        self.results = {"read_inbox": INBOX, "find_contact": CONTACT, **results}
        self.calls = []
        self.tools = [self._tool(dual, name) for name in TOOLS]

    def _tool(self, dual, name):
        async def run(arguments):
            self.calls.append((name, arguments))
            result = self.results.get(name, "ok")
            result = result(arguments) if callable(result) else result
            if asyncio.iscoroutine(result):
                result = await result
            if isinstance(result, BaseException):
                raise result
            return result

        schema = {
            "type": "object",
            "properties": PARAMETERS[name],
            "required": sorted(PARAMETERS[name]),
        }
        return dual.Tool(name, f"{name}.", schema, run, AUTHORITATIVE.get(name, ()))

    def ran(self, *names):
        return [given for name, given in self.calls if name in names]

    @property
    def effects(self):
        return [(n, a) for n, a in self.calls if TOOLS[n].effect is not Effect.READ]


class Gate:
    """A guard without scanners: decides actions as told and remembers them."""

    def __init__(self, decide=lambda call: Decision.ALLOW, tools=TOOLS):
        self.decide, self.judged, self.noted = decide, [], []
        self.inputs, self.outputs = [], []
        self.refuse_input = self.refuse_output = False
        self.policy = SimpleNamespace(document=SimpleNamespace(tools=dict(tools)))

    def exchange(self, caller=None):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def note(self, segments):
        self.noted += segments

    def input(self, segments):
        self.inputs.append(tuple(segments))
        refused = self.refuse_input and any(s.source is Source.USER for s in segments)
        return _outcome(Decision.BLOCK if refused else Decision.ALLOW, tuple(segments))

    def action(self, proposed):
        decision = self.decide(proposed)
        self.judged.append((proposed, decision))
        return _outcome(decision)

    def output(self, text):
        self.outputs.append(text)
        given = (segment(text, Source.ASSISTANT),)
        return _outcome(Decision.BLOCK if self.refuse_output else Decision.ALLOW, given)


def _outcome(decision, segments=()):
    found = Finding("test/rule", "test", Severity.ERROR, 1.0, "As told.")
    findings = () if decision is Decision.ALLOW else (found,)
    verdict = Verdict(
        id=uuid.uuid4().hex,
        checkpoint=Checkpoint.ACTION,
        decision=decision,
        enforced=True,
        score=0,
        findings=findings,
        shadow=(),
        edits=(),
        coverage=Coverage(),
        policy="",
        elapsed_ms=0.0,
    )
    return Outcome(verdict, segments)


class Person:
    """Agrees to what `agrees` says, and remembers what was asked."""

    def __init__(self, agrees=lambda proposed: True, says="yes"):
        self.agrees, self.says, self.asked, self.questions = agrees, says, [], []

    async def approve(self, calls):
        self.asked.append(calls)
        return frozenset(one.digest for one in calls if self.agrees(one))

    async def answer(self, question):
        self.questions.append(question)
        return self.says


def package(name="shield.dual"):
    """The parts of a Dual-LLM package that tests use."""
    modules = {
        part: importlib.import_module(f"{name}.{part}")
        for part in ("controller", "ports", "tools", "budget", "failures")
    }
    return SimpleNamespace(
        Controller=modules["controller"].Controller,
        Scripted=modules["ports"].Scripted,
        Adversarial=modules["ports"].Adversarial,
        Tool=modules["tools"].Tool,
        NotDoneError=modules["tools"].NotDoneError,
        Budgets=modules["budget"].Budgets,
        Code=modules["failures"].Code,
        Status=modules["failures"].Status,
    )


def wishes(**values):
    """An answer of the quarantined model: each field found, with the given value."""
    return {name: {"found": True, "value": value} for name, value in values.items()}
