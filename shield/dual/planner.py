"""The privileged model: what it is shown, and how its plan is taken.

It sees the application's prompt, the caller's turns, tool definitions, its own plans, and words
of closed lists about how they went. Nothing that a tool or the quarantined model said.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct

from shield.dual.failures import Code
from shield.dual.plan import Plan, schema, walk
from shield.dual.tools import Kit
from shield.dual.trace import Event, Went
from shield.dual.validate import Problem
from shield.dual.values import bucket
from shield.remote.port import Message

PLAN_SCHEMA = schema()
_INSTRUCTIONS = """\
You plan; you do not act. Write one JSON object, a plan, that does what the user asks with the \
tools below. You will never see what a tool returns: results are named by the id of their step \
and passed on by reference.

Plan: {"version": 1, "goal": what the user wants, "effects": names of all tools in the plan \
whose effect is not "read", "steps": [...]}
Values: {"is": "lit", "value": ...} a value of yours; addresses, accounts and links only as the \
user wrote them. {"is": "ref", "name": step id, "path": [keys and positions]} a result or a part \
of it. {"is": "fmt", "template": "Dear {who}", "parts": [{"name": "who", "value": a ref}]} a text.
Steps, each with "do" and a unique "id":
- call: "tool", "args": [{"name", "value"}].
- extract: has a reader find "fields" in the texts named by "inputs" (refs), guided by "query". \
The result is a record. Field: {"name", "kind", "about", "optional"}. Kinds: {"type": "bool"}, \
{"type": "enum", "values": [...]}, {"type": "number", "least", "most", "whole"}, {"type": "date", \
"time"}, {"type": "email"}, {"type": "url"}, {"type": "iban"}, {"type": "phone"}, {"type": "id", \
"pattern"}, {"type": "text", "max_chars", "verbatim"}, {"type": "list", "of": a kind, "most"}. \
Prefer the narrowest kind. "reveal": false unless you must know a flag to plan again.
- for_each: "over" (ref to a list), "var", "body": steps, "max_iter", "collect": id of a body \
step whose results become the list that this step results in, or null.
- choose: "over", "pick": "all", "first", "only", "max" or "min", "where": [{"path", "op": "eq", \
"ne", "lt", "le", "gt", "ge" or "contains", "value"}], "key": path that max and min compare, \
"keys": ref to a list as long as "over" that is looked at instead, or null.
- compute: "fn": add, sub, mul, div, round, date_add, len, sort, unique, join, list, concat, \
lower, eq, lt, contains, and, or, not, record (keys and values in turn); "args".
- if: "cond": ref to a flag, "then": steps, "orelse": steps.
- ask: "question" to the user; the answer is a text.
- answer: "text": a fmt that tells the user the result.
Ids and names: small letters, digits, underscores. Use a result only after its step, and what is \
made inside a loop or branch only there. End with an answer."""


class Turn(Struct, frozen=True):
    """A plan that did not come to its end, as its author sees it."""

    plan: str
    outcome: str


def conversation(
    prompt: str, turns: Sequence[str], kit: Kit, before: Iterable[Turn] = ()
) -> tuple[Message, ...]:
    """The messages that the privileged model is given."""
    tools = "\n".join(json.dumps(_shown(kit, name), ensure_ascii=False) for name in sorted(kit))
    head = "\n\n".join(filter(None, [prompt, _INSTRUCTIONS, f"Tools:\n{tools}"]))
    said: list[Message] = []
    for number, turn in enumerate(turns):
        if number:
            said.append(Message("assistant", f"⟨answer {number}, not shown⟩"))
        said.append(Message("user", turn))
    for past in before:
        said += Message("assistant", past.plan), Message("user", past.outcome)
    return Message("system", head), *said


def _shown(kit: Kit, name: str) -> dict[str, Any]:
    bound = kit[name]
    return {
        "name": name,
        "description": bound.tool.description,
        "effect": bound.effect.value,
        "parameters": bound.tool.parameters,
        **({"result": bound.tool.result} if bound.tool.result else {}),
    }


def rejected(problems: Sequence[Problem]) -> str:
    """What is wrong with a plan that has not run; it holds the planner's own words only."""
    said = [{"step": p.step, "problem": p.message} for p in problems[:20]]
    return json.dumps({"rejected": said}, ensure_ascii=False)


def stopped(plan: Plan, number: int, code: Code, step: str, events: Sequence[Event]) -> str:
    """How a plan went that stopped: closed words, the planner's own names, bucketed counts.

    `number` is the plan's place in the run.
    """
    own = [event for event in events if event.plan == number]
    steps = [_summary(s.id, [e for e in own if e.step == s.id]) for s in walk(plan.steps)]
    said = {"stopped": {"code": code.value, "step": step}, "steps": steps, "effects": _RULE}
    return json.dumps(said, ensure_ascii=False)


_RULE = "done effects stay done and are not repeated; a new plan may name no further effect"


def _summary(step: str, events: Sequence[Event]) -> dict[str, Any]:
    went = {event.went for event in events}
    last = "not reached" if not went else "failed" if Went.FAILED in went else "done"
    summary: dict[str, Any] = {"id": step, "status": last}
    if last == "done" and len(events) > 1:
        summary["shape"] = f"{bucket(len(events))} times"
    elif last == "done" and events[0].shape:
        summary["shape"] = events[0].shape
    if revealed := {name: value for event in events[:1] for name, value in event.reveals}:
        summary["reveals"] = revealed
    return summary
