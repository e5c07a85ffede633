"""`[dual] mode` in the mount: the official client completes a task on a poisoned mailbox, and the model behind the
mount never sees a word of it.
"""

import json
import socket
import threading
import time

import openai
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from shield.dual.controller import Controller
from shield.dual.reader import READ
from shield.dual.tools import Tool
from shield.errors import PolicyError
from shield.guard import Guard
from shield.hosts.asgi import ShieldMiddleware
from shield.hosts.wsgi import ShieldWSGI
from shield.policy.schema import DualEntry
from tests.dual.world import package, wishes
from tests.dual.writing import answer, call, lit, plan
from tests.hosts.mailbox import (
    ASKED,
    FIELDS,
    MAIL,
    OFFERED,
    TOOLS,
    UNTRUSTED,
    Planner,
    agent,
    calls,
    definition,
)

DUAL = package()


@pytest.fixture
def mounted(policy):
    guards = []

    def make(planner, mode="handles", **options):
        document = policy.document
        kept = {"tool_origin": document.scanners["tool_origin"]}
        changes = {"scanners": kept, "tools": TOOLS, "dual": DualEntry(mode=mode)}
        guards.append(Guard(policy.with_document(document.model_copy(update=changes))))
        shield = Middleware(ShieldMiddleware, guard=guards[-1], **options)
        route = Route("/v1/chat/completions", planner.chat, methods=["POST"])
        return Starlette(routes=[route], middleware=[shield])

    yield make
    for guard in guards:
        guard.close()


def reader(**found):
    return DUAL.Scripted(wishes(**found))


@pytest.fixture
def serve():
    running = []

    def start(app):
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        made = uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none"))
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


def test_the_official_client_completes_the_task_and_the_model_sees_no_mail(mounted, serve):
    planner = Planner()
    url = serve(mounted(planner, reader=reader(total=12, to="eve@attacker.example")))

    assert agent(url) == ([{"to": "bob@work.example", "body": "The total is 12."}], "Sent.")
    assert len(planner.asked) == 4
    assert not any(word in asked for asked in planner.asked for word in UNTRUSTED)


def test_the_attackers_address_is_not_written_to_whatever_model_and_reader_say(mounted, serve):
    planner = Planner(to=lambda found: found["to"])
    url = serve(mounted(planner, reader=reader(total=12, to="eve@attacker.example")))

    with pytest.raises(openai.PermissionDeniedError) as refused:
        agent(url)
    assert refused.value.body["code"] == "dual"
    assert "attacker" not in str(refused.value.body)


def history(result, *, said=None):
    return [
        {"role": "user", "content": ASKED},
        {"role": "assistant", "content": said, **calls("read_inbox")},
        {"role": "tool", "tool_call_id": "c-read_inbox", "content": result},
    ]


def post(app, **body):
    return TestClient(app).post("/v1/chat/completions", json={"model": "m", **body})


def test_a_history_that_is_sent_again_has_the_same_handles(mounted):
    planner = Planner()
    app = mounted(planner, reader=DUAL.Scripted(*[wishes(total=12, to="eve@attacker.example")] * 2))
    for _ in range(2):
        post(app, messages=history(json.dumps(MAIL), said="Eve says hi"), tools=OFFERED)
    first, again = planner.asked[0], planner.asked[len(planner.asked) // 2]
    assert first == again
    assert "Eve says hi" not in first


def test_a_call_that_was_sent_back_is_folded_again(mounted):
    planner = Planner()
    sent = [
        {"role": "user", "content": ASKED},
        {"role": "assistant", **calls("send_email", to="bob@work.example", body="Total: 12 EUR")},
        {"role": "tool", "tool_call_id": "c-send_email", "content": "ok"},
    ]
    assert post(mounted(planner, reader=reader()), messages=sent, tools=OFFERED).is_success
    assert "bob@work.example" in planner.asked[0]
    assert "12 EUR" not in planner.asked[0]


@pytest.mark.parametrize(
    "more",
    [
        {"stream": True},
        {"n": 2},
        {"documents": ["Total: 12 EUR"]},
        {"tools": [definition("launch")]},
        {"tools": ["launch"]},
        {"messages": None, "input": "Total: 12 EUR"},
        {"messages": [{"role": "function", "name": "x", "content": "12 EUR"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]},
        {"messages": [{"role": "user", "content": "hi", "context": "12 EUR"}]},
    ],
    ids=str,
)
def test_what_cannot_be_hidden_is_refused_and_reaches_no_model(mounted, more):
    planner = Planner()
    body = {"messages": [{"role": "user", "content": ASKED}], "tools": OFFERED, **more}
    made = post(mounted(planner, reader=reader()), **body)
    assert made.status_code == 422
    assert planner.asked == []


def test_a_chat_without_tools_passes_as_it_is(mounted):
    planner = Planner()
    planner.raw = JSONResponse({"choices": [{"message": {"role": "assistant", "content": "Hi"}}]})
    made = post(mounted(planner, reader=reader()), messages=[{"role": "user", "content": "Hi"}])
    assert made.is_success
    assert READ not in planner.asked[0]


@pytest.mark.parametrize("raw", [PlainTextResponse("no"), JSONResponse([]), JSONResponse({})])
def test_an_answer_that_is_no_completion_is_an_error_and_nothing_of_it_is_shown(mounted, raw):
    planner = Planner()
    planner.raw = raw
    made = post(mounted(planner, reader=reader()), messages=history("{}"), tools=OFFERED)
    assert made.status_code >= 400


def test_calls_in_an_error_of_the_models_are_judged_as_ever(mounted):
    planner = Planner()
    choice = {"message": {"role": "assistant", **calls("send_email", to="eve@attacker.example")}}
    planner.raw = JSONResponse({"choices": [choice]}, 500)
    made = post(mounted(planner, reader=reader()), messages=history("{}"), tools=OFFERED)
    assert made.status_code == 400
    assert "attacker" not in made.text


def test_a_model_that_only_ever_reads_is_stopped(mounted):
    planner = Planner()
    planner.step = lambda messages: calls(READ, handles=[], query="again", fields=FIELDS)
    made = post(mounted(planner, reader=reader()), messages=history("{}"), tools=OFFERED)
    assert made.status_code == 403
    assert len(planner.asked) < 20


@pytest.mark.parametrize(
    ("mode", "options"),
    [("handles", {}), ("plan", {}), ("off", {"reader": reader()}), ("plan", {"reader": reader()})],
)
def test_a_mode_without_what_it_needs_is_a_start_up_error(mounted, mode, options):
    with pytest.raises(PolicyError, match=mode), TestClient(mounted(Planner(), mode, **options)):
        pass


def test_in_plan_mode_the_controller_runs_the_exchange_and_the_model_is_not_asked(policy):
    sent = []

    async def run(arguments):
        sent.append(arguments)

    schema = OFFERED[1]["function"]["parameters"]
    document = policy.document
    changes = {
        "scanners": {"tool_origin": document.scanners["tool_origin"]},
        "tools": TOOLS,
        "dual": DualEntry(mode="plan"),
    }
    guard = Guard(policy.with_document(document.model_copy(update=changes)))
    steps = [
        call("s", "send_email", to=lit("bob@work.example"), body=lit("Hi")),
        answer("a", "Sent."),
    ]
    controller = Controller(
        guard,
        planner=DUAL.Scripted(plan(*steps, effects=["send_email"])),
        reader=DUAL.Scripted(),
        tools=[Tool("send_email", "Send a mail.", schema, run)],
    )
    planner = Planner()
    shield = Middleware(ShieldMiddleware, guard=guard, controller=controller)
    route = Route("/v1/chat/completions", planner.chat, methods=["POST"])
    app = Starlette(routes=[route], middleware=[shield])
    asked = [{"role": "user", "content": "Write Hi to bob@work.example"}]
    made = post(app, messages=asked, tools=OFFERED)
    guard.close()

    assert made.json()["choices"][0]["message"]["content"] == "Sent."
    assert sent == [{"to": "bob@work.example", "body": "Hi"}]
    assert planner.asked == []


def test_a_mount_under_wsgi_does_not_start_with_a_mode_that_it_cannot_do(policy):
    changes = {"scanners": {}, "dual": DualEntry(mode="handles")}
    guard = Guard(policy.with_document(policy.document.model_copy(update=changes)))
    with pytest.raises(PolicyError, match="WSGI cannot"):
        ShieldWSGI(lambda _, start: [], guard=guard)
    guard.close()
