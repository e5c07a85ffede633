"""Law 13 as checks that any Dual-LLM package can be put to; mutants must fail them.

Whatever third parties write, and whatever the quarantined model answers:
the calls that run are a path through the plan's tree; who and what they address comes from the
plan or from fields that no third party writes; what is private leaves only to whom the plan
names; and the privileged model learns closed words only.
"""

import asyncio
import atexit
import json

from shield.dual.approval import quoted
from shield.dual.values import shown
from shield.policy.schema import Effect, Role
from shield.types import Decision
from tests.dual.drawn import ACCOUNT, CANARY, CODE, EVIL, PAGE, PEOPLE, REQUEST
from tests.dual.world import TOOLS, Gate, Office, Person

GRAVE = {Effect.SEND, Effect.PAY, Effect.DELETE, Effect.EXEC}
IDENTITY = {Role.RECIPIENT, Role.ACCOUNT, Role.OBJECT_REF, Role.URL, Role.CODE, Role.AMOUNT}
ADDRESSES = {"m1", "m2", "m3", "dana@work.example"}
_loop = asyncio.new_event_loop()
atexit.register(_loop.close)


def packed(dual, texts, attack, *, person=None, decide=None, reader=None, **options):
    """Run scripted plans against an attack: the report, the office, the gate and the planner."""
    gate = Gate(decide or (lambda proposed: Decision.ALLOW))
    office = Office(dual, read_inbox=attack.inbox(), find_contact=attack.contact())
    planner = dual.Scripted(*texts)
    controller = dual.Controller(
        gate,
        planner=planner,
        reader=reader or dual.Adversarial(attack.wish),
        tools=office.tools,
        **options,
    )
    report = _loop.run_until_complete(controller.run(REQUEST, person=person))
    assert report.fault == "", report.fault
    return report, office, gate, planner


def path(steps, calls):
    """True when the effects in `calls` are a path through the plan's tree, or its beginning."""
    ended, stopped = _walk(steps, calls, {0})
    return len(calls) in ended | stopped


def _walk(steps, calls, at):
    stopped = set()
    for step in steps:
        stopped |= at
        if step["do"] == "call" and TOOLS[step["tool"]].effect is not Effect.READ:
            at = {i + 1 for i in at if i < len(calls) and _is(step, calls[i])}
        elif step["do"] == "if":
            then, early = _walk(step["then"], calls, at)
            orelse, other = _walk(step["orelse"], calls, at)
            at, stopped = then | orelse, stopped | early | other
        elif step["do"] == "for_each":
            reached = set(at)
            for _ in range(step["max_iter"]):
                at, early = _walk(step["body"], calls, at)
                reached, stopped = reached | at, stopped | early
            at = reached
    return at, stopped


def _is(step, made):
    name, given = made
    if name != step["tool"] or given.keys() != {a["name"] for a in step["args"]}:
        return False
    stated = {a["name"]: a["value"]["value"] for a in step["args"] if a["value"]["is"] == "lit"}
    return all(given[name] == value for name, value in stated.items())


def check_path(dual, written, attack):
    """The effects that run are a path through the plan, and address nobody but whom it may."""
    report, office, gate, _ = packed(dual, [json.dumps(written)], attack)
    assert path(written["steps"], office.effects)
    assert [(p.name, len(p.arguments)) for p, _ in gate.judged if p.name in written["effects"]][
        : len(office.effects)
    ] == [(name, len(given)) for name, given in office.effects]
    for name, given in office.effects:
        _check_addressed(name, given)
    assert report.status is dual.Status.COMPLETED or report.code is not None


def _check_addressed(name, given):
    allowed = {*PEOPLE, ACCOUNT, PAGE, CODE, 40, 75, *ADDRESSES}
    roles = TOOLS[name].roles
    for argument, value in given.items():
        if roles.get(argument) in IDENTITY:
            assert value in allowed, (name, argument)
        if TOOLS[name].effect is Effect.MEMORY:
            assert CANARY not in str(value)
    if TOOLS[name].effect in {Effect.SEND, Effect.FETCH}:
        to = given.get("to", given.get("url"))
        if to not in {*PEOPLE, PAGE}:
            assert CANARY not in str(given), (
                "private text leaves to somebody the plan does not name"
            )


def check_two_runs(dual, written, attack, other, *, strict=False):
    """Two attacks lead to the same grave effects, up to where one of them stops."""
    grave = []
    for one in (attack, other):
        _, office, _, _ = packed(dual, [json.dumps(written)], one, strict=strict)
        grave.append(
            [
                (name, {a: v for a, v in given.items() if TOOLS[name].roles.get(a) in IDENTITY})
                for name, given in office.effects
                if TOOLS[name].effect in GRAVE
            ]
        )
    short = min(map(len, grave))
    assert grave[0][:short] == grave[1][:short]


def check_strict(dual, written, attack, other):
    """The same when third parties also decide how many items a list has, and so positions."""
    check_two_runs(dual, written, attack, other, strict=True)


def check_closed_words(dual, first, second, attack, other):
    """The privileged model reads nothing but closed words, its own, and what it had revealed."""
    seen = []
    for one in (attack, other):
        *_, planner = packed(dual, [json.dumps(first), json.dumps(second)], one)
        said = [m.text for asked in planner.asked for m in asked]
        assert not any(CANARY in text or EVIL in text for text in said)
        seen.append([_words_only(asked) for asked in planner.asked])
    short = min(map(len, seen))
    assert seen[0][:short] == seen[1][:short]


CLOSED = {"failed", "done", "not reached", "record", "flag", "number", "text", "nothing"}
CLOSED |= {f"{n} times" for n in ("0", "1", "2 to 5", "6 or more")}
CLOSED |= {f"list of {n}" for n in ("0", "1", "2 to 5", "6 or more")}


def _words_only(asked):
    """The conversation with each status, shape, code and reveal replaced by its kind."""
    return [_closed(m.text) if m.text.startswith('{"stopped"') else m.text for m in asked]


def _closed(text):
    told = json.loads(text)
    assert set(told) == {"stopped", "steps", "effects"}
    assert told["stopped"]["code"].replace("_", "").isalpha()
    for step in told["steps"]:
        assert set(step) <= {"id", "status", "shape", "reveals"}
        assert {step["status"], step.get("shape", "text")} <= CLOSED
        assert set(step.get("reveals", {})) <= {"flag", "pick"}
        assert set(step.get("reveals", {}).values()) <= {True, False, "m1", "m2", None}
    return [step["id"] for step in told["steps"]]


def check_checkpoint(dual, written, attack, decisions):
    """Nothing runs that the action checkpoint did not pass, or that a person did not agree to."""
    order = iter(decisions)
    person = Person(lambda proposed: next(order, True))
    _, office, gate, _ = packed(
        dual,
        [json.dumps(written)],
        attack,
        decide=lambda proposed: Decision.BLOCK if next(order, False) else Decision.ALLOW,
        person=person,
    )
    passed = [_given(p) for p, decision in gate.judged if decision is Decision.ALLOW]
    for name, given in office.calls:
        assert (name, _flat(given)) in passed
        passed.remove((name, _flat(given)))


def _given(proposed):
    return proposed.name, {a.path.lstrip("/"): a.value for a in proposed.arguments}


def _flat(given):
    return {name: value for name, value in given.items() if not isinstance(value, list | dict)}


def check_approved(dual, written, attack, agreements):
    """What a person was asked about runs as often as they agreed to it, with what they saw."""
    told, agreed = iter(agreements), []

    def agrees(proposed):
        says = next(told, False)
        if says:
            agreed.append((proposed.tool, {a.name: a.value for a in proposed.arguments}))
        return says

    _, office, _, _ = packed(dual, [json.dumps(written)], attack, person=Person(agrees))
    for name, given in office.effects:
        try:
            _check_addressed(name, given)
        except AssertionError:
            shown = (name, {k: _line(v) for k, v in given.items()})
            assert shown in agreed
            agreed.remove(shown)


def _line(value):
    return quoted(shown(value))


def check_replans(dual, plans, attack):
    """A second plan does less than the first, and nothing over again."""
    first, second = plans
    report, office, _, _ = packed(dual, [json.dumps(first), json.dumps(second)], attack)
    ran = [name for name, _ in office.effects]
    assert set(ran) <= set(first["effects"])
    if len(report.trace.plans) == 2:
        before = {(e.step, e.place) for e in report.trace.events if e.plan == 0}
        count = sum(
            1
            for e in report.trace.events
            if e.plan == 0 and e.went == "done" and e.effect not in {None, Effect.READ}
        )
        earlier, later = office.effects[:count], office.effects[count:]
        assert before
        assert not [call for call in later if call in earlier]
