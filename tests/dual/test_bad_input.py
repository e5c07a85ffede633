"""Whatever goes wrong, a run ends in a named status, and no effect happens twice."""

import asyncio
import json

import pytest

from shield.dual.failures import MENDABLE, Code, Status, status
from shield.remote.port import RemoteError
from shield.types import Decision
from tests.dual.world import Gate, Office, Person, wishes
from tests.dual.writing import (
    answer,
    call,
    choose,
    compute,
    extract,
    field,
    for_each,
    lit,
    plan,
    ref,
)

BOB = "bob@work.example"
MAILS = call("mails", "read_inbox")
SEND = call("s", "send_email", to=lit(BOB), body=lit("hi"))
NOTE = call("n", "save_note", text=lit("x"))
EMPTY = choose("c", ref("mails"), "first", where=[(["id"], "eq", lit("m9"))])


@pytest.mark.parametrize(
    "written",
    [
        "no",
        "{}",
        plan(call("x", "rm_rf")),
        plan(answer("a", "{x}", x=ref("a"))),
        plan(for_each("f", ref("f"), "v", SEND), effects=["send_email"]),
        plan({**for_each("f", ref("mails"), "v", SEND), "max_iter": 10**6}),
    ],
    ids=["prose", "empty", "unknown tool", "cycle", "loop over itself", "unbounded"],
)
def test_a_bad_plan_is_rejected_with_its_problem_and_may_be_mended(go, office, written):
    report = go(f"Mail {BOB}", written, plan(answer("a", "fine")))

    assert report.status is Status.COMPLETED
    assert list(json.loads(go.planner.asked[1][-1].text)) == ["rejected"]
    assert office.effects == []


def test_bad_plans_are_taken_three_times(go):
    report = go("x", "no", "no", "no", plan(answer("a", "fine")))

    assert (report.status, report.code) == (Status.UNPLANNED, Code.NOT_A_PLAN)
    assert len(go.planner.asked) == 3


def test_a_tool_that_only_reads_and_raises_may_be_planned_around(go, office):
    office.results["find_contact"] = ValueError("secret text")
    first = plan(call("c", "find_contact", name=lit("Dana")), answer("a", "x"))
    report = go("x", first, plan(answer("a", "Nobody there.")))
    told = json.loads(go.planner.asked[1][-1].text)

    assert report.answer == "Nobody there."
    assert told["stopped"] == {"code": "tool_error", "step": "c"}
    assert "secret text" not in str(go.planner.asked)


@pytest.mark.parametrize("failure", [ValueError("x"), asyncio.CancelledError(), GeneratorExit()])
def test_an_effect_that_raises_may_have_happened_and_ends_the_run(go, office, failure):
    office.results["send_email"] = failure
    report = go(f"Mail {BOB}", plan(SEND, NOTE, effects=["send_email", "save_note"]), plan(SEND))

    assert (report.status, report.code) == (Status.UNCERTAIN, Code.EFFECT_UNCERTAIN)
    assert (report.uncertain, report.done, report.open) == (("s",), (), ("n",))
    assert len(office.ran("send_email")) == 1
    assert len(go.planner.asked) == 1


def test_a_tool_that_says_it_did_nothing_may_be_tried_again(go, office, dual):
    told = iter([dual.NotDoneError(), "ok"])
    office.results["send_email"] = lambda arguments: next(told)
    once = plan(SEND, effects=["send_email"])
    report = go(f"Mail {BOB}", once, once)

    assert report.status is Status.COMPLETED
    assert report.done == (("s", "send_email"),)


@pytest.mark.parametrize("obeys", [True, False])
def test_a_tool_that_hangs_is_given_up(go, office, dual, obeys):
    async def hang(arguments):
        while True:
            try:
                await asyncio.sleep(0.3)
            except asyncio.CancelledError:
                if obeys:
                    raise
            else:
                return "late"

    office.results["send_email"] = hang
    report = go(
        f"Mail {BOB}",
        plan(SEND, effects=["send_email"]),
        budgets=dual.Budgets(tool_seconds=0.05),
    )
    assert (report.status, report.uncertain) == (Status.UNCERTAIN, ("s",))


@pytest.mark.parametrize(
    ("result", "code"),
    [
        ("x" * 10_000_000, Code.BUDGET_BYTES),
        ([["x"] * 1_000] * 1_000, Code.BUDGET_BYTES),
        (object(), Code.TOOL_RESULT),
        (float("nan"), Code.TOOL_RESULT),
        ({1: "x"}, Code.TOOL_RESULT),
    ],
)
def test_an_unusable_result_is_a_code(go, office, result, code):
    office.results["read_inbox"] = lambda arguments: result
    report = go("x", plan(MAILS, answer("a", "x")), "no", "no")

    assert report.trace.events[0].code is code


def test_an_effect_whose_result_is_unusable_has_happened(go, office):
    office.results["send_email"] = lambda arguments: object()
    once = plan(SEND, answer("a", "Done."), effects=["send_email"])
    report = go(f"Mail {BOB}", once, once)

    assert report.status is Status.COMPLETED
    assert len(office.ran("send_email")) == 1


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        (["no", "no"], Code.EXTRACT_SCHEMA),
        ([wishes(total=1, also=2), "[]"], Code.EXTRACT_SCHEMA),
        ([{"total": {"found": False, "value": None}}], Code.EXTRACT_NOT_FOUND),
        ([RemoteError("timeout")], Code.MODEL_TIMEOUT),
        ([RemoteError("status", 500)], Code.MODEL_ERROR),
        ([ZeroDivisionError()], Code.MODEL_ERROR),
        ([], Code.MODEL_ERROR),
    ],
)
def test_a_reader_that_fails_is_a_code(go, answers, code):
    total = extract("x", ref("mails"), fields=[field("total", "number", least=0, most=9)])
    report = go("x", plan(MAILS, total, answer("a", "x")), "no", "no", reads=answers)

    assert report.trace.events[1].code is code


def test_a_broken_answer_is_asked_for_once_more(go):
    total = extract("x", ref("mails"), fields=[field("total", "number", least=0, most=9)])
    made = plan(MAILS, total, answer("a", "{t}", t=ref("x", "total")))
    report = go("x", made, reads=["no", wishes(total=5)])

    assert report.answer == "5"
    assert go.reader.asked[0] == go.reader.asked[1]


def test_an_ungrounded_answer_is_a_code(go):
    who = extract("x", ref("mails"), fields=[field("who", "email")])
    report = go("x", plan(MAILS, who), "no", "no", reads=[wishes(who="eve@attacker.example")])

    assert report.trace.events[1].code is Code.EXTRACT_UNGROUNDED


class Hangs:
    async def complete(self, messages, **options):
        await asyncio.sleep(60)


def test_a_model_endpoint_that_never_answers_ends_the_run(dual, gate, office):
    controller = dual.Controller(
        gate,
        planner=Hangs(),
        reader=Hangs(),
        tools=office.tools,
        budgets=dual.Budgets(model_seconds=0.05),
    )
    report = asyncio.run(controller.run("x"))

    assert (report.status, report.code) == (Status.FAILED, Code.MODEL_TIMEOUT)


def test_a_person_who_never_answers_is_no_approval(go, office, dual):
    class Away(Person):
        async def approve(self, calls):
            await asyncio.sleep(60)

    made = plan(
        MAILS,
        call("s", "send_email", to=ref("mails", 0, "from"), body=lit("x")),
        effects=["send_email"],
    )
    report = go("x", made, person=Away(), budgets=dual.Budgets(ask_seconds=0.05))

    assert (report.status, report.code) == (Status.UNAPPROVED, Code.EXPIRED)
    assert office.effects == []


@pytest.mark.parametrize(
    ("budget", "code"),
    [
        ({"executed": 2}, Code.BUDGET_STEPS),
        ({"calls": 1}, Code.BUDGET_CALLS),
        ({"reads": 0}, Code.BUDGET_READS),
        ({"value_bytes": 20}, Code.BUDGET_BYTES),
        ({"total_bytes": 20}, Code.BUDGET_BYTES),
        ({"seconds": 0.0}, Code.BUDGET_TIME),
        ({"plans": 0}, Code.BUDGET_PLANS),
        ({"money": 50.0}, Code.BUDGET_MONEY),
    ],
)
def test_a_budget_ends_the_run(go, dual, budget, code):
    account = lit("acct-777")
    pay = [
        call(f"p{i}", "send_money", account=account, amount=lit(a), reference=lit("x"))
        for i, a in enumerate((40, 12))
    ]
    total = extract("x", ref("mails"), fields=[field("total", "number", least=0, most=99)])
    made = plan(MAILS, total, NOTE, *pay, effects=["save_note", "send_money"])
    report = go(
        "Pay 40 and 12 to acct-777", made, reads=[wishes(total=1)], budgets=dual.Budgets(**budget)
    )

    assert (report.status, report.code) == (Status.EXHAUSTED, code)


def test_a_budget_of_tokens_ends_the_run(dual, gate, office):
    class Verbose:
        async def complete(self, messages, **options):
            made = await dual.Scripted(plan(answer("a", "x"))).complete(messages)
            return type(made)(made.text, 10**6)

    controller = dual.Controller(gate, planner=Verbose(), reader=Verbose(), tools=office.tools)

    assert asyncio.run(controller.run("x")).code is Code.BUDGET_TOKENS


def test_asking_has_a_budget(go, dual):
    steps = []
    for n in range(3):
        steps += [call(f"m{n}", "read_inbox")]
        steps += [call(f"s{n}", "save_note", text=lit("x"))]
        steps += [call(f"r{n}", "remember", text=ref(f"m{n}", 0, "body"))]
    person = Person()
    report = go(
        "x",
        plan(*steps, effects=["save_note", "remember"]),
        person=person,
        budgets=dual.Budgets(asks=2),
    )

    assert (report.code, len(person.asked)) == (Code.BUDGET_ASKS, 2)


def test_a_new_plan_cannot_name_further_effects(go, office):
    first = plan(MAILS, EMPTY, NOTE, effects=["save_note"])
    report = go(f"Mail {BOB}", first, plan(SEND, effects=["send_email"]), plan(answer("a", "No.")))

    assert office.effects == []
    assert report.answer == "No."
    assert "'send_email' was no effect" in go.planner.asked[2][-1].text


def test_a_new_plan_repeats_no_effect(go, office):
    first = plan(SEND, MAILS, EMPTY, effects=["send_email"])
    again = plan({**SEND, "id": "again"}, answer("a", "Sent."), effects=["send_email"])
    report = go(f"Mail {BOB}", first, again)

    assert report.status is Status.COMPLETED
    assert len(office.ran("send_email")) == 1
    assert [e.went for e in report.trace.events if e.plan == 1] == ["replayed", "done"]


def test_a_tool_that_ran_before_a_new_plan_is_asked_about(go, office):
    first = plan(SEND, MAILS, EMPTY, effects=["send_email"])
    other = call("t", "send_email", to=lit(BOB), body=lit("hi again"))
    report = go(f"Mail {BOB}", first, plan(other, effects=["send_email"]))

    assert [r.why.value for r in report.pending[0].reasons] == ["tool-again-after-replan"]
    assert len(office.ran("send_email")) == 1


def test_there_are_two_new_plans_at_most(go):
    report = go("x", *[plan(MAILS, EMPTY)] * 5)

    assert (report.code, len(go.planner.asked)) == (Code.EMPTY_RESULT, 3)


def test_a_denial_is_not_planned_around(go, gate):
    gate.decide = lambda proposed: Decision.BLOCK
    report = go(f"Mail {BOB}", plan(SEND, effects=["send_email"]), plan(answer("a", "x")))

    assert (report.status, len(go.planner.asked)) == (Status.DENIED, 1)


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (call("c", "find_contact", name=ref("mails", 0)), Code.BAD_ARGS),
        (compute("k", "lower", ref("mails", 9)), Code.BAD_PATH),
        (compute("k", "lower", ref("mails")), Code.BAD_VALUE),
        (compute("k", "div", lit(1), lit(0)), Code.BAD_VALUE),
        (for_each("f", ref("mails", 0), "v", NOTE), Code.NOT_A_LIST),
        (choose("c", ref("mails"), "only"), Code.EMPTY_RESULT),
        (choose("c", ref("mails"), "max", key=["nokey"]), Code.BAD_PATH),
    ],
)
def test_a_step_that_cannot_be_carried_out_is_a_code(go, step, code):
    effects = ["save_note"] if step["do"] == "for_each" else []
    report = go("x", plan(MAILS, step, effects=effects), "no", "no")

    assert [e.code for e in report.trace.events if e.code] == [code]


def test_what_nobody_foresaw_is_named_without_its_text(go, gate):
    def broken(proposed):
        raise ZeroDivisionError("secret text")

    gate.decide = broken
    report = go(f"Mail {BOB}", plan(SEND, effects=["send_email"]))

    assert (report.status, report.code) == (Status.FAILED, Code.INTERNAL)
    assert report.fault.startswith("ZeroDivisionError in broken:")
    assert "secret text" not in str(report)


def test_a_caller_who_leaves_stops_the_run(dual):
    office, gate = Office(dual), Gate()
    began = asyncio.Event()

    async def slow(arguments):
        began.set()
        await asyncio.sleep(60)

    office.results["read_inbox"] = slow
    controller = dual.Controller(
        gate, planner=dual.Scripted(plan(MAILS, NOTE, effects=["save_note"])),
        reader=dual.Scripted(), tools=office.tools,
    )  # fmt: skip

    async def leave():
        task = asyncio.ensure_future(controller.run("x"))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(leave())
    assert office.effects == []


@pytest.mark.parametrize("code", list(Code))
def test_every_code_has_a_status(code):
    assert status(code) is not Status.COMPLETED
    assert code not in MENDABLE or status(code) in {Status.FAILED, Status.EXHAUSTED}
