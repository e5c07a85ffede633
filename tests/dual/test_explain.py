"""`shield dual`: plans explained before they run, runs drawn after."""

import asyncio
import json
import re
import xml.dom.minidom as dom

import msgspec
import pytest
from hypothesis import given, settings
from typer.testing import CliRunner

from shield.dual.approval import Resolved
from shield.dual.commands import app
from shield.dual.explain import explain
from shield.dual.graph import svg
from shield.dual.outline import outline
from shield.dual.plan import decode
from shield.dual.stated import Stated
from shield.dual.tools import bind
from shield.errors import SetupError
from tests.dual import drawn
from tests.dual.world import TOOLS, Gate, Office, package, wishes
from tests.dual.writing import (
    answer,
    branch,
    call,
    choose,
    extract,
    field,
    fmt,
    for_each,
    lit,
    plan,
    ref,
)

DUAL = package()
BILL = extract("bill", ref("mails"), fields=[field("iban", "iban"), field("late", "bool")])
PAY = plan(
    call("mails", "read_inbox"),
    BILL,
    branch(
        "b",
        ref("bill", "late"),
        [call("pay", "send_money", account=ref("bill", "iban"), amount=lit(12), reference=lit("x"))],
    ),
    for_each("f", ref("mails"), "m", call("note", "save_note", text=ref("m", "body"))),
    call("tell", "send_email", to=lit("bob@work.example"), body=fmt("See {x}", x=ref("mails", 0, "body"))),
    answer("a", "Done {x}.", x=ref("bill", "iban")),
    effects=["send_money", "save_note", "send_email"],
)  # fmt: skip


@pytest.fixture
def written(tmp_path):
    def write(data, name="plan.json"):
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return path

    return write


def explained(path, tools=None, request=None):
    lines, valid = explain(path, TOOLS, tools, request)
    return "\n".join(lines), valid


def test_a_plan_is_explained_with_its_flows_and_questions(written):
    said, valid = explained(written(PAY))

    assert valid
    for line in (
        "mails = read_inbox()",
        "bill = read iban (iban), late (flag) out of mails",
        "if bill.late:",
        '  pay = send_money(account: bill.iban, amount: 12, reference: "x")',
        "      account ← read out of read_inbox",
        "      ? asked: who gets it is not from your request (account)",
        "      ? asked: whether it happens was decided by untrusted text",
        "for m in mails, 5 at most:",
        "    to ← from your request",
        "    ? perhaps asked: if the text holds an address or link that is not yours (body)",
        "answer “Done {x}.” with x = bill.iban",
        "a person would be asked",
    ):
        assert line in said.splitlines(), line


def test_a_plan_that_asks_nobody_says_so(written):
    made = plan(call("n", "save_note", text=lit("x")), effects=["save_note"])

    assert explained(written(made))[0].endswith("\nno person would be asked")


def test_problems_are_listed(written):
    said, valid = explained(written(plan(call("n", "save_note", text=lit("x")))))

    assert not valid
    assert said == "not valid: effects lacks 'save_note'"


def test_literals_are_held_against_the_request_when_it_is_given(written):
    path = written(PAY)

    assert explained(path, request="Pay 12 and write to bob@work.example")[1]
    assert "nobody who is trusted" in explained(path, request="Pay the bill")[0]


def test_arguments_are_held_against_definitions_when_they_are_given(written):
    office = [
        {"name": t.name, "parameters": t.parameters, "authoritative": list(t.authoritative)}
        for t in Office(DUAL).tools
    ]
    tools = written(office, "tools.json")
    wrong = plan(call("n", "save_note", text=lit(5)), effects=["save_note"])

    assert explained(written(PAY), tools)[1]
    assert "wrong type" in explained(written(wrong), tools)[0]


@pytest.mark.parametrize("text", ["no", "{}", '{"version": 1}'])
def test_what_is_no_plan_is_a_set_up_error(written, text):
    with pytest.raises(SetupError):
        explained(written(text))


@pytest.mark.parametrize("text", ["no", "{}", '[{"name": 1}, 5]', "[{}]"])
def test_what_are_no_definitions_is_a_set_up_error(written, text):
    with pytest.raises(SetupError):
        explained(written(PAY), written(text, "tools.json"))


@settings(max_examples=150, deadline=None)
@given(drawn.plans(), drawn.attacks())
def test_what_is_asked_in_a_run_was_foretold(made, attack):
    """The outline knows labels at their worst: a run asks for no reason that it does not name."""
    office = Office(DUAL, read_inbox=attack.inbox(), find_contact=attack.contact())
    kit = bind(office.tools, TOOLS)
    foretold = {}
    for line in outline(decode(json.dumps(made)).steps, kit, Stated([drawn.REQUEST])):
        if isinstance(line.call, Resolved):
            foretold[line.call.step] = {r.why for r in line.reasons} | {"identifier-in-content"}
    controller = DUAL.Controller(
        Gate(),
        planner=DUAL.Scripted(json.dumps(made)),
        reader=DUAL.Adversarial(attack.wish),
        tools=office.tools,
    )
    report = asyncio.run(controller.run(drawn.REQUEST))
    for pending in report.pending:
        missing = {r.why for r in pending.reasons} - foretold[pending.step]
        assert {why for why in missing if why != "untrusted-amount"} == set()


@pytest.fixture
def trace(dual, gate, office):
    planner = dual.Scripted(PAY, "no", "no")
    reader = dual.Scripted(wishes(iban="DE89370400440532013000", late=False))
    office.results["read_inbox"] = [{"id": "m1", "body": "DE89370400440532013000 & <b>"}]
    controller = dual.Controller(gate, planner=planner, reader=reader, tools=office.tools)
    return asyncio.run(controller.run("12, bob@work.example")).trace


def test_a_run_is_drawn_with_its_flow_and_trust(trace):
    drawn_run = svg(trace)
    page = dom.parseString(drawn_run)
    texts = [node.firstChild.data for node in page.getElementsByTagName("text")]

    assert {"mails", "bill", "b", "note", "written by anybody", "read_inbox, read"} <= set(texts)
    assert len(page.getElementsByTagName("path")) > 2
    assert "DE89" not in drawn_run


def test_a_trace_survives_its_file(trace):
    assert msgspec.json.decode(msgspec.json.encode(trace), type=type(trace)) == trace


def test_an_empty_run_is_a_picture_too(trace):
    assert dom.parseString(svg(msgspec.structs.replace(trace, events=())))


def test_the_command_draws(trace, tmp_path, written):
    run = written(msgspec.json.encode(trace).decode(), "run.json")
    made = CliRunner().invoke(app, ["graph", str(run), "-o", str(tmp_path / "run.svg")])

    assert made.exit_code == 0
    assert (tmp_path / "run.svg").read_text(encoding="utf-8").startswith("<svg ")


@pytest.mark.parametrize(
    "arguments", [["graph", "none.json", "-o", "x.svg"], ["explain", "none.json"]]
)
def test_a_file_that_is_not_there_is_exit_2(arguments):
    assert CliRunner().invoke(app, arguments).exit_code == 2


def test_the_command_explains(written):
    path = written(plan(answer("a", "Hello")))
    made = CliRunner().invoke(app, ["explain", str(path)])
    bad = CliRunner().invoke(app, ["explain", str(written(plan(call("x", "rm_rf"))))])

    assert (made.exit_code, bad.exit_code) == (0, 1)
    assert "answer “Hello”" in made.output
    assert "there is no tool 'rm_rf'" in bad.output


def test_the_command_prints_the_schema():
    made = CliRunner().invoke(app, ["schema"])

    assert json.loads(made.output)["title"] == "Plan"


def test_choices_are_read_out(written):
    step = choose("c", ref("mails"), "max", key=["size"], where=[(["id"], "eq", lit("m1"))])
    said, _ = explained(written(plan(call("mails", "read_inbox"), step)))

    assert re.search(r'^c = max of mails where \.id eq "m1"$', said, re.MULTILINE)
