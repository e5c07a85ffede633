"""Runs: what happens, what is asked, what is refused, and how each ends."""

import asyncio
import json

import msgspec
import pytest

from shield.dual.admit import Why
from shield.dual.failures import Code, Status
from shield.remote.port import RemoteError
from shield.types import Caller, Decision
from tests.dual.world import Gate, Office, Person, wishes
from tests.dual.writing import (
    answer,
    ask,
    branch,
    call,
    choose,
    compute,
    extract,
    field,
    fmt,
    for_each,
    lit,
    plan,
    ref,
)
from tests.growth import assert_linear

BOB = "bob@work.example"
MAILS = call("mails", "read_inbox")
TOTAL = extract("x", ref("mails"), fields=[field("total", "number", least=0, most=100)])


def send(step, to=None, body=None):
    return call(step, "send_email", to=to or lit(BOB), body=body or lit("hi"))


def pay(step, account, amount):
    return call(step, "send_money", account=account, amount=amount, reference=lit("rent"))


def test_a_task_is_planned_run_and_answered(go, office):
    body = fmt("The total is {t}.", t=ref("x", "total"))
    made = plan(
        MAILS, TOTAL, send("s", body=body), answer("a", "Sent {t}.", t=ref("x", "total")),
        effects=["send_email"],
    )  # fmt: skip
    report = go(f"Send the total to {BOB}", made, reads=[wishes(total=12)])

    assert (report.status, report.code) == (Status.COMPLETED, None)
    assert office.effects == [("send_email", {"to": BOB, "body": "The total is 12."})]
    assert report.answer == "Sent 12."
    assert report.done == (("s", "send_email"),)
    assert report.open == ()


def test_the_planner_sees_neither_results_nor_extractions(go):
    made = plan(MAILS, TOTAL, answer("a", "{t}", t=ref("x", "total")))
    go("Sum up", made, reads=[wishes(total=12)])
    said = json.dumps([m.text for asked in go.planner.asked for m in asked])

    assert "Sum up" in said
    assert "vendor@shop.example" not in said
    assert "12 EUR" not in said


def test_the_reader_sees_the_data_and_no_tool_nor_request(go):
    made = plan(MAILS, TOTAL, answer("a", "x"))
    go("Sum up for me", made, reads=[wishes(total=12)])
    (asked,) = go.reader.asked
    said = "".join(message.text for message in asked)

    assert "The total is 12 EUR." in said
    assert "Sum up for me" not in said
    assert "send_email" not in said


def test_two_readings_share_nothing(go):
    other = {**TOTAL, "id": "y"}
    go("x", plan(MAILS, TOTAL, other, answer("a", "x")), reads=[wishes(total=1), wishes(total=2)])
    first, second = go.reader.asked

    assert [len(first), len(second)] == [2, 2]
    assert first[1].text != second[1].text  # the marks around the data differ


def test_an_untrusted_recipient_is_asked_about_and_runs_when_agreed(go, office):
    person = Person()
    made = plan(MAILS, send("s", to=ref("mails", 0, "from")), effects=["send_email"])
    report = go("Reply to the first mail", made, person=person)

    assert report.status is Status.COMPLETED
    assert office.effects == [("send_email", {"to": "vendor@shop.example", "body": "hi"})]
    ((one,),) = person.asked
    assert [r.why for r in one.reasons] == [Why.IDENTITY]
    assert "“vendor@shop.example” – text of read_inbox" in str(one)


def test_a_refusal_ends_the_run_and_nothing_happens(go, office):
    made = plan(MAILS, send("s", to=ref("mails", 0, "from")), effects=["send_email"])
    report = go("Reply", made, person=Person(lambda one: False))

    assert (report.status, report.code, report.step) == (Status.UNAPPROVED, Code.REJECTED, "s")
    assert office.effects == []
    assert report.open == ("s",)


def test_without_a_person_the_run_ends_and_says_what_is_pending(go, office):
    made = plan(MAILS, send("s", to=ref("mails", 0, "from")), effects=["send_email"])
    report = go("Reply", made)

    assert (report.status, report.code) == (Status.UNAPPROVED, Code.UNAPPROVED)
    assert [p.step for p in report.pending] == ["s"]
    assert office.effects == []


def test_one_question_covers_all_that_can_be_known(go, office):
    person = Person()
    made = plan(
        MAILS,
        send("s", to=ref("mails", 0, "from")),
        for_each("f", ref("mails"), "m", call("d", "delete_mail", id=ref("m", "id"))),
        effects=["send_email", "delete_mail"],
    )
    report = go("Reply and delete all", made, person=person)

    assert report.status is Status.COMPLETED
    assert [[p.step for p in asked] for asked in person.asked] == [["s", "d", "d"]]
    assert [name for name, _ in office.effects] == ["send_email", "delete_mail", "delete_mail"]


def test_what_can_be_worked_out_before_an_effect_is_so_that_one_question_is_enough(go, office):
    person = Person()
    second = extract("y", ref("mails", 1), fields=[field("who", "email")])
    made = plan(
        MAILS,
        send("s", to=ref("mails", 0, "from")),
        second,
        send("t", to=ref("y", "who")),
        effects=["send_email"],
    )
    report = go("Reply", made, person=person, reads=[wishes(who="carl@home.example")])

    assert report.status is Status.COMPLETED
    assert [[p.step for p in asked] for asked in person.asked] == [["s", "t"]]
    assert [e.step for e in report.trace.events] == ["mails", "y", "s", "t"]


def test_a_tool_is_not_called_before_an_effect_that_stands_in_front_of_it(go, office):
    made = plan(
        call("n", "save_note", text=lit("x")), MAILS, answer("a", "x"), effects=["save_note"]
    )
    go("x", made)

    assert [name for name, _ in office.calls] == ["save_note", "read_inbox"]


def test_what_was_refused_together_is_not_asked_again(go, office):
    person = Person(lambda one: one.step == "s")
    made = plan(
        MAILS, send("s", to=ref("mails", 0, "from")), send("t", to=ref("mails", 1, "from")),
        effects=["send_email"],
    )  # fmt: skip
    report = go("Reply to both", made, person=person)

    assert (report.code, report.step) == (Code.REJECTED, "t")
    assert len(person.asked) == 1
    assert len(office.effects) == 1


def test_an_approval_is_for_one_call_with_these_values(go, office):
    """A person who answers with another call's digest has approved nothing."""

    class Confused(Person):
        async def approve(self, calls):
            self.asked.append(calls)
            return frozenset({"0" * 64, calls[0].step, calls[0].tool})

    made = plan(MAILS, send("s", to=ref("mails", 0, "from")), effects=["send_email"])
    report = go("Reply", made, person=Confused())

    assert report.code is Code.REJECTED
    assert office.effects == []


def test_approvals_of_equal_calls_differ_by_step_and_iteration(go):
    person = Person()
    two = [send("s", to=ref("mails", 0, "from")), send("t", to=ref("mails", 0, "from"))]
    loop = for_each("f", ref("mails"), "m", send("u", to=ref("mails", 0, "from")))
    go("x", plan(MAILS, *two, loop, effects=["send_email"]), person=person)
    digests = [p.digest for asked in person.asked for p in asked]

    assert len(digests) == len(set(digests)) == 4


@pytest.mark.parametrize(
    ("step", "why"),
    [
        (pay("s", ref("mails", 0, "from"), lit(12)), Why.IDENTITY),
        (pay("s", lit("acct-777"), ref("x", "total")), Why.AMOUNT),
        (pay("s", lit("acct-777"), lit(99)), Why.AMOUNT),
        (call("s", "delete_mail", id=ref("mails", 0, "body")), Why.OBJECT),
        (call("s", "fetch_page", url=ref("mails", 0, "from")), Why.ADDRESS),
        (call("s", "remember", text=ref("mails", 0, "body")), Why.MEMORY),
        (send("s", body=ref("mails", 0, "from")), Why.IDENTIFIER),
        (send("s", to=ref("card", "address"), body=ref("mails", 0, "body")), Why.READERS),
    ],
)
def test_why_a_person_is_asked(go, office, step, why):
    steps = [MAILS, TOTAL, call("card", "find_contact", name=lit("Dana")), step]
    made = plan(*steps, effects=[step["tool"]])
    request = f"{BOB} acct-777 12"
    report = go(request, made, reads=[wishes(total=50)])

    assert why in {reason.why for pending in report.pending for reason in pending.reasons}
    assert office.effects == []


@pytest.mark.parametrize("code", [ref("mails", 0, "body"), fmt("{b}", b=ref("mails", 0, "body"))])
def test_untrusted_code_is_refused_whatever_a_person_says(go, office, code):
    made = plan(MAILS, call("s", "run_code", code=code), effects=["run_code"])
    report = go("Run it", made, person=Person())

    assert (report.status, report.code) == (Status.DENIED, Code.POLICY_DENY)
    assert office.effects == []


@pytest.mark.parametrize(
    "step",
    [
        send("s", body=ref("mails", 0, "body")),
        send("s", to=ref("card", "address")),
        call("s", "delete_mail", id=ref("mails", 1, "id")),
        pay("s", lit("acct-777"), lit(12)),
        call("s", "fetch_page", url=lit("https://wiki.example/x")),
        call("s", "save_note", text=ref("mails", 0, "body")),
        call("s", "run_code", code=lit("make all")),
    ],
)
def test_what_the_caller_stated_or_a_system_attests_needs_no_person(go, office, step):
    steps = [MAILS, call("card", "find_contact", name=lit("Dana")), step]
    request = f"{BOB} acct-777 12 https://wiki.example/x `make all`"
    report = go(request, plan(*steps, effects=[step["tool"]]))

    assert report.status is Status.COMPLETED
    assert [name for name, _ in office.effects] == [step["tool"]]


def test_a_condition_of_strangers_guards_no_grave_effect(go, office):
    flag = extract("x", ref("mails"), fields=[field("urgent", "bool")])
    made = plan(MAILS, flag, branch("b", ref("x", "urgent"), [send("s")]), effects=["send_email"])
    report = go(f"Mail {BOB} if urgent", made, reads=[wishes(urgent=True)])

    assert report.code is Code.UNAPPROVED
    assert [r.why for r in report.pending[0].reasons] == [Why.CONDITION]
    assert office.effects == []


@pytest.mark.parametrize(("flag", "notes"), [(True, 1), (False, 2)])
def test_one_branch_runs(go, office, flag, notes):
    then, orelse = ([call(f"n{i}", "save_note", text=lit(str(i)))] for i in (1, 2))
    cond = extract("x", ref("mails"), fields=[field("urgent", "bool")])
    made = plan(MAILS, cond, branch("b", ref("x", "urgent"), then, orelse), effects=["save_note"])
    go("Note", made, reads=[wishes(urgent=flag)])

    assert office.effects == [("save_note", {"text": str(notes)})]


def test_a_condition_must_be_a_flag(go):
    made = plan(MAILS, branch("b", ref("mails", 0, "id"), [answer("a", "x")]))

    assert go("x", made, answer_later := made, made).code is Code.NOT_A_FLAG
    assert answer_later


def test_a_loop_over_more_than_its_bound_does_nothing(go, office):
    loop = for_each("f", ref("mails"), "m", call("n", "save_note", text=ref("m", "id")), max_iter=1)
    report = go("x", plan(MAILS, loop, effects=["save_note"]), "nonsense", "nonsense")

    assert report.trace.events[-1].code is Code.BUDGET_LOOP
    assert office.effects == []


def test_a_loop_collects(go):
    body = extract("y", ref("m", "body"), fields=[field("n", "number", least=0, most=100)])
    steps = [
        MAILS,
        for_each("f", ref("mails"), "m", body, max_iter=5, collect="y"),
        choose("best", ref("mails"), "max", key=["n"], keys=ref("f")),
        answer("a", "{id}", id=ref("best", "id")),
    ]
    report = go("x", plan(*steps), reads=[wishes(n=1), wishes(n=7)])

    assert report.answer == "m2"


def test_what_a_choice_looked_at_is_in_what_it_chose(go, office):
    steps = [
        MAILS,
        choose("one", ref("mails"), "first", where=[(["body"], "contains", lit("total"))]),
        call("d", "delete_mail", id=ref("one", "id")),
    ]
    report = go("Delete the bill", plan(*steps, effects=["delete_mail"]))

    assert [r.why for r in report.pending[0].reasons] == [Why.OBJECT]
    assert office.effects == []


def test_a_choice_in_an_attested_list_is_as_good_as_it_is(dual, gate, office):
    office.tools[0] = msgspec.structs.replace(office.tools[0], authoritative=("",))
    steps = [
        MAILS,
        choose("one", ref("mails"), "max", key=["size"]),
        call("d", "delete_mail", id=ref("one", "id")),
    ]
    planner = dual.Scripted(plan(*steps, effects=["delete_mail"]))
    controller = dual.Controller(gate, planner=planner, reader=planner, tools=office.tools)
    asyncio.run(controller.run("Delete the largest"))

    assert office.effects == [("delete_mail", {"id": "m2"})]


def test_the_answer_of_a_person_is_trusted(go, office):
    person = Person(says="carol@home.example")
    steps = [ask("q", "To whom?"), send("s", to=ref("q"))]
    report = go("Mail hi", plan(*steps, effects=["send_email"]), person=person)

    assert report.status is Status.COMPLETED
    assert person.questions == ["To whom?"]
    assert office.effects == [("send_email", {"to": "carol@home.example", "body": "hi"})]


def test_a_question_that_nobody_answers_ends_the_run(go):
    made = plan(ask("q", "Who?"), answer("a", "x"))

    assert go("x", made).code is Code.UNAPPROVED
    assert go("x", made, person=Person(says=None)).code is Code.REJECTED


def test_reads_that_do_not_need_each_other_run_together(go, office):
    inside, all_in = [], asyncio.Event()

    async def slow(arguments):
        inside.append(+1)
        if len(inside) == 4:
            all_in.set()
        await all_in.wait()
        inside.append(-1)
        return {"address": "x"}

    office.results["find_contact"] = slow
    reads = [call(f"c{i}", "find_contact", name=lit(str(i))) for i in range(4)]
    go("x", plan(*reads, answer("a", "x")))

    assert inside == [1, 1, 1, 1, -1, -1, -1, -1]


def test_effects_run_one_after_the_other_in_order(go, office):
    async def slow(arguments):
        await asyncio.sleep(0.01 if arguments["text"] == "0" else 0)
        inside.append(arguments["text"])

    inside = []
    office.results["save_note"] = slow
    notes = [call(f"n{i}", "save_note", text=lit(str(i))) for i in range(3)]
    go("x", plan(*notes, effects=["save_note"]))

    assert inside == ["0", "1", "2"]


def test_a_read_waits_for_what_it_names(go, office):
    first = call("c", "find_contact", name=lit("Dana"))
    second = call("d", "find_contact", name=ref("c", "note"))
    go("x", plan(first, second, answer("a", "x")))

    assert office.ran("find_contact") == [{"name": "Dana"}, {"name": "prefers mail"}]


def test_the_checkpoint_judges_every_call_with_its_labels(go, gate):
    made = plan(MAILS, send("s", body=ref("mails", 0, "body")), effects=["send_email"])
    go(f"Forward to {BOB}", made, caller=Caller(principal="ann"))
    (read, _), (sent, _) = gate.judged
    to, body = sent.arguments

    assert (read.name, sent.name, sent.id) == ("read_inbox", "send_email", "s")
    assert (to.path, to.value, to.label.integrity.name) == ("/to", BOB, "USER")
    assert (body.path, body.label.integrity.name) == ("/body", "UNTRUSTED")
    assert body.label.readers == {"ann"}


def test_the_checkpoint_is_told_what_was_read(go, gate):
    go("x", plan(MAILS, answer("a", "x")))
    (noted,) = gate.noted

    assert noted.source == "tool"
    assert "The total is 12 EUR." in noted.text


@pytest.mark.parametrize("decision", [Decision.BLOCK, Decision.REDACT])
def test_a_blocked_call_does_not_run(go, gate, office, decision):
    gate.decide = lambda proposed: decision
    report = go(f"Mail {BOB}", plan(send("s"), effects=["send_email"]), person=Person())

    expected = decision is Decision.REDACT  # nothing is cut: the call stands as it was judged
    assert (len(office.effects), report.code is Code.POLICY_DENY) == (expected, not expected)


@pytest.mark.parametrize("decision", [Decision.ESCALATE, Decision.QUARANTINE])
def test_an_escalated_call_runs_when_a_person_agrees(go, gate, office, decision):
    gate.decide = lambda proposed: decision
    person = Person()
    report = go(f"Mail {BOB}", plan(send("s"), effects=["send_email"]), person=person)

    assert report.status is Status.COMPLETED
    assert [(r.why, r.rule) for r in person.asked[0][0].reasons] == [(Why.POLICY, "test/rule")]


def test_a_refused_request_is_not_planned(go, gate):
    gate.refuse_input = True
    report = go("x", plan(MAILS))

    assert (report.status, report.code) == (Status.REFUSED, Code.INPUT_REFUSED)
    assert go.planner.asked == []


def test_a_refused_answer_is_withheld_and_says_what_was_done(go, gate):
    gate.refuse_output = True
    report = go(f"Mail {BOB}", plan(send("s"), answer("a", "Done."), effects=["send_email"]))

    assert (report.status, report.answer, report.parts) == (Status.WITHHELD, "", ())
    assert report.done == (("s", "send_email"),)


def test_fifty_runs_at_once_do_not_touch(dual):
    gate, office = Gate(), Office(dual)
    people = [f"p{n}@work.example" for n in range(50)]

    class Planner:
        async def complete(self, messages, **options):
            await asyncio.sleep(0)
            to = messages[-1].text.split()[-1]
            made = plan(
                MAILS, send("s", to=lit(to), body=ref("mails", 0, "id")),
                answer("a", "Sent to {t}.", t=ref("x")),
                effects=["send_email"],
            )  # fmt: skip
            made["steps"].insert(0, compute("x", "lower", lit(to)))
            return dual.Scripted(made)._left and (await dual.Scripted(made).complete(messages))

    controller = dual.Controller(gate, planner=Planner(), reader=Planner(), tools=office.tools)

    async def all_of_them():
        return await asyncio.gather(*[controller.run(f"Mail {one}") for one in people])

    reports = asyncio.run(all_of_them())
    assert [r.answer for r in reports] == [f"Sent to {one}." for one in people]
    assert sorted(a["to"] for a in office.ran("send_email")) == sorted(people)
    assert all(len(r.done) == 1 and len(r.trace.events) == 4 for r in reports)


def test_turns_of_before_are_shown_but_not_their_answers(go):
    go(["First question", "Second question"], plan(answer("a", "x")))
    (asked,) = go.planner.asked

    assert [(m.role, m.text) for m in asked[1:]] == [
        ("user", "First question"),
        ("assistant", "⟨answer 1, not shown⟩"),
        ("user", "Second question"),
    ]


def test_observers_are_told_and_a_trace_holds_no_value(dual, gate, office):
    told = []

    class Observer:
        def run(self, trace, caller):
            told.append((trace, caller))

    made = plan(
        MAILS, TOTAL, send("s", body=ref("mails", 0, "body")),
        answer("a", "{b}", b=ref("mails", 0, "body")), effects=["send_email"],
    )  # fmt: skip
    controller = dual.Controller(
        gate,
        planner=dual.Scripted(made),
        reader=dual.Scripted(wishes(total=12)),
        tools=office.tools,
        observers=[Observer()],
    )
    asyncio.run(controller.run(f"Mail {BOB}", caller=Caller(principal="ann")))
    ((trace, caller),) = told

    assert caller.principal == "ann"
    assert [e.step for e in trace.events] == ["mails", "x", "s", "a"]
    assert not any(text in str(trace) for text in ("EUR", "vendor", BOB, "Mail "))


def test_a_step_costs_the_same_however_many_there_are(dual, gate, office):
    """Overhead alone: no scanner, no model, no tool that takes time."""

    def work(count):
        steps = [compute(f"k{i}", "add", lit(1), lit(2)) for i in range(count // 2)]
        notes = [call(f"n{i}", "save_note", text=lit("x")) for i in range(count // 2)]
        written = json.dumps(plan(*steps, *notes, effects=["save_note"]))

        def run():
            planner = dual.Scripted(written)
            made = dual.Controller(gate, planner=planner, reader=planner, tools=office.tools)
            assert asyncio.run(made.run("x")).status is Status.COMPLETED

        return run

    assert_linear(work, 10, 40)


def test_a_remote_error_is_no_raw_exception(go):
    report = go("x", RemoteError("unreachable"))

    assert (report.status, report.code) == (Status.FAILED, Code.MODEL_ERROR)
