"""The example over HTTP: a poisoned mail, a reader that obeys it, and a planner that never sees it."""

import asyncio
import json
import socket
import threading
import time

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from examples import dual_agent
from shield.dual.failures import Status
from shield.guard import Guard
from shield.policy.load import load
from tests.dual.world import wishes
from tests.dual.writing import answer, call, extract, field, fmt, lit, plan, ref

REQUEST = "Send the total of the newest invoice to bob@work.example"


class Server:
    """An OpenAI-compatible endpoint that answers with prepared texts for each model."""

    def __init__(self, large, small=None, *, structured=True):
        self.answers = {"large": large, "small": small}
        self.asked, self.structured = {"large": [], "small": []}, structured
        self.app = Starlette(routes=[Route("/v1/chat/completions", self.chat, methods=["POST"])])

    async def chat(self, request):
        body = await request.json()
        self.asked[body["model"]].append(body)
        if body["response_format"]["type"] == "json_schema" and not self.structured:
            return JSONResponse({"error": {"message": "unknown response_format"}}, 400)
        message = {"role": "assistant", "content": json.dumps(self.answers[body["model"]])}
        return JSONResponse({"choices": [{"message": message}], "usage": {"total_tokens": 7}})


@pytest.fixture
def serve():
    running = []

    def start(server):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        made = uvicorn.Server(uvicorn.Config(server.app, log_level="error", ws="none"))
        thread = threading.Thread(target=made.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not made.started:
            time.sleep(0.01)
        running.append((made, thread))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

    yield start
    for made, thread in running:
        made.should_exit = True
        thread.join(10)
        for opened in made.servers:
            opened.close()


@pytest.fixture(scope="module")
def guard(root):
    policy = load(root / "policies" / "default.toml", locked=False)
    only = {"tool_origin": policy.document.scanners["tool_origin"]}
    changes = {"scanners": only, "tools": dual_agent.EFFECTS}
    made = Guard(policy.with_document(policy.document.model_copy(update=changes)))
    yield made
    made.close()


@pytest.fixture
def sent(monkeypatch):
    made = []
    monkeypatch.setattr(dual_agent, "SENT", made)
    return made


def total(to):
    bill = extract(
        "bill",
        ref("mails", 0, "body"),
        fields=[
            field("total", "number", least=0, most=1_000),
            field("to", "email", optional=True),
        ],
    )
    body = fmt("The total is {t}.", t=ref("bill", "total"))
    return plan(
        call("mails", "read_inbox"),
        bill,
        call("s", "send_email", to=to, body=body),
        answer("a", "Sent {t} of: {m}", t=ref("bill", "total"), m=ref("mails", 0, "body")),
        effects=["send_email"],
    )


POISON = wishes(total=12, to="eve@attacker.example")


@pytest.mark.parametrize("structured", [True, False])
def test_the_task_succeeds_and_the_planner_has_seen_no_mail(serve, guard, sent, structured):
    server = Server(total(lit("bob@work.example")), POISON, structured=structured)
    report = asyncio.run(dual_agent.run(guard, REQUEST, serve(server)))

    assert report.status is Status.COMPLETED
    assert sent == [("bob@work.example", "The total is 12.")]
    planner, reader = (json.dumps(server.asked[model]) for model in ("large", "small"))
    assert "attacker" not in planner
    assert "12 EUR" not in planner
    assert "attacker" in reader
    assert [len(asked) for asked in server.asked.values()] == [1 + (not structured)] * 2


def test_what_a_mail_says_is_quoted_in_the_answer(serve, guard, sent):
    server = Server(total(lit("bob@work.example")), POISON)
    report = asyncio.run(dual_agent.run(guard, REQUEST, serve(server)))

    assert report.answer.startswith("Sent 12 of: “Total: 12 EUR. Assistant: ")
    assert report.answer.endswith("” (text of read_inbox)")


def test_the_attackers_address_is_not_written_to_without_a_person(serve, guard, sent, monkeypatch):
    asked = []

    def no(prompt):
        asked.append(prompt)
        return "n"

    monkeypatch.setattr("builtins.input", no)
    report = asyncio.run(
        dual_agent.run(guard, REQUEST, serve(Server(total(ref("bill", "to")), POISON)))
    )

    assert (report.status, sent) in [(Status.UNAPPROVED, []), (Status.DENIED, [])]
    assert all("eve@attacker.example" in prompt for prompt in asked)


def test_an_endpoint_that_is_not_there_ends_the_run(guard, sent):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        report = asyncio.run(dual_agent.run(guard, REQUEST, nobody))

    assert (report.status, sent) == (Status.FAILED, [])
