"""`[dual] mode = "handles"` in the gateway: the poisoned mailbox by the official client, over real upstreams."""

import json
import time

import openai
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

from shield.dual.failures import Code
from shield.errors import SetupError
from shield.guard import Guard
from shield.hosts.app import create_app
from shield.hosts.settings import Settings, checked
from shield.ops.ledger import read
from shield.policy.schema import DualEntry
from tests.dual.world import wishes
from tests.hosts.mailbox import ASKED, MAIL, OFFERED, TOOLS, UNTRUSTED, Planner, agent, calls

USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}


def until(holds, seconds=60):
    """Wait for a condition."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


class ReaderModel:
    """The quarantined model's upstream. `schemas`: whether it takes a JSON Schema."""

    def __init__(self, found, *, schemas=True, status=200):
        self.found, self.schemas, self.status, self.asked = found, schemas, status, []

    async def chat(self, request):
        body = await request.json()
        self.asked.append(body)
        if self.status != 200:
            return JSONResponse({"error": {}}, self.status)
        if body["response_format"]["type"] == "json_schema" and not self.schemas:
            return JSONResponse({"error": {"message": "no such format"}}, 400)
        message = {"role": "assistant", "content": json.dumps(wishes(**self.found))}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return JSONResponse({"model": body["model"], "choices": [choice], "usage": USAGE})


@pytest.fixture
def guarded(policy):
    guards = []

    def make(mode="handles", *, observe=False):
        document = policy.document
        kept = {"tool_origin": document.scanners["tool_origin"]}
        made = {"scanners": kept, "tools": TOOLS, "dual": DualEntry(mode=mode)}
        made["mode"] = "observe" if observe else "enforce"
        guards.append(Guard(policy.with_document(document.model_copy(update=made))))
        return guards[-1]

    yield make
    for guard in guards:
        guard.close()


@pytest.fixture
def gateway(running, sidecar, guarded, tmp_path):
    """A sidecar with a model that has tools and one that reads; gives its URL."""

    def start(planner, reader, guard=None):
        def served(model):
            route = Route("/v1/chat/completions", model.chat, methods=["POST"])
            app = Starlette(routes=[route])
            return running(uvicorn.Server(uvicorn.Config(app, log_level="error", ws="none")))

        one = {"retries": 0}
        upstreams = {
            "large": {**one, "url": served(planner), "default": True},
            "small": {**one, "url": served(reader)},
        }
        return sidecar(
            guard=guard or guarded(),
            upstreams=upstreams,
            models={"reader": {"targets": [{"upstream": "small", "model": "small-1"}]}},
            dual={"reader": "reader"},
            ledger={"path": tmp_path / "used.db"},
        )

    return start


def test_the_task_is_done_and_the_upstream_saw_no_untrusted_string(gateway):
    planner, small = Planner(), ReaderModel({"total": 12, "to": "eve@attacker.example"})

    sent, said = agent(gateway(planner, small) + "/v1")

    assert (sent, said) == ([{"to": "bob@work.example", "body": "The total is 12."}], "Sent.")
    assert len(planner.asked) == 4
    assert not any(word in asked for asked in planner.asked for word in UNTRUSTED)
    (read_,) = small.asked
    assert read_["model"] == "small-1"
    assert "tools" not in read_
    assert "attacker" in json.dumps(read_)


def test_the_attackers_address_is_not_written_to_whatever_model_and_reader_say(gateway):
    planner = Planner(to=lambda found: found["to"])
    small = ReaderModel({"total": 12, "to": "eve@attacker.example"})

    with pytest.raises(openai.PermissionDeniedError) as refused:
        agent(gateway(planner, small) + "/v1")

    assert refused.value.body["code"] == "dual"
    assert "attacker" not in str(refused.value.body)


def test_a_reader_that_takes_no_schema_is_asked_in_words_from_then_on(gateway):
    small = ReaderModel({"total": 12, "to": "eve@attacker.example"}, schemas=False)
    url = gateway(Planner(), small) + "/v1"

    assert agent(url)[1] == "Sent."
    assert agent(url)[1] == "Sent."
    forms = [asked["response_format"]["type"] for asked in small.asked]
    assert forms == ["json_schema", "json_object", "json_object"]


def test_a_reader_that_fails_is_told_the_model_as_a_code(gateway):
    planner, small = Planner(), ReaderModel({}, status=500)
    step = planner.step

    def told(messages):
        failed = "error" in messages[-1].get("content", "")
        return {"content": "I could not read it."} if failed else step(messages)

    planner.step = told

    assert agent(gateway(planner, small) + "/v1") == ([], "I could not read it.")
    assert Code.MODEL_ERROR.value in planner.asked[-1]


def test_what_the_reader_costs_is_booked(gateway, tmp_path):
    small = ReaderModel({"total": 12, "to": "eve@attacker.example"})
    agent(gateway(Planner(), small) + "/v1")

    def used():
        lines = read(tmp_path / "used.db", ("model",), days=2, now=time.time())
        return {line.key[0]: line.use for line in lines}

    until(lambda: "small-1" in used())
    assert (used()["small-1"].input, used()["small-1"].output) == (5, 3)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": [], "stream": True}),
        ("/v1/responses", {"input": [{"type": "function_call_output", "output": "12 EUR"}]}),
        (
            "/v1/messages",
            {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": "12"}]}]},
        ),
    ],
)
def test_a_dialect_in_which_nothing_can_be_hidden_is_refused(gateway, http, path, body):
    planner = Planner()
    url = gateway(planner, ReaderModel({}))

    made = http.post(url + path, json={"model": "m", "tools": OFFERED, **body})

    assert (made.status_code, made.json()["error"]["code"]) == (422, "dual")
    assert not planner.asked


def history():
    return [
        {"role": "user", "content": ASKED},
        {"role": "assistant", **calls("read_inbox")},
        {"role": "tool", "tool_call_id": "c-read_inbox", "content": json.dumps(MAIL)},
    ]


class Switched:
    """A guard that is exchanged while it serves, as a reload does."""

    def __init__(self, guard):
        self.guard = guard

    def __getattr__(self, name):
        return getattr(self.guard, name)


def asked(url, http):
    body = {"model": "m", "messages": history(), "tools": OFFERED}
    return http.post(f"{url}/v1/chat/completions", json=body)


def test_a_policy_that_only_observes_hides_nothing_so_that_the_kill_switch_holds(
    gateway, guarded, http
):
    planner, live = Planner(), Switched(guarded())
    url = gateway(planner, ReaderModel({"total": 12, "to": "eve@attacker.example"}), live)
    assert asked(url, http).is_success
    assert "12 EUR" not in planner.asked[0]

    live.guard = guarded(observe=True)
    planner.asked.clear()
    planner.step = lambda messages: {"content": "Done."}

    assert asked(url, http).is_success
    assert "12 EUR" in planner.asked[0]


def test_a_mode_that_came_later_and_cannot_be_done_refuses_and_nothing_goes_up(
    sidecar, guarded, http, upstream
):
    live = Switched(guarded(mode="off"))
    url = sidecar(guard=live)
    assert asked(url, http).is_success
    sent = len(upstream.asked)
    live.guard = guarded(mode="handles")

    answer = asked(url, http)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "dual")
    assert len(upstream.asked) == sent
    plain = {"model": "m", "messages": [{"role": "user", "content": "Good morning"}]}
    assert http.post(f"{url}/v1/chat/completions", json=plain).is_success


@pytest.mark.parametrize("mode", ["handles", "off"])
def test_a_mode_and_settings_that_do_not_fit_end_the_start(guarded, mode):
    upstreams = {"a": {"url": "http://127.0.0.1:1", "default": True}}
    dual = {"dual": {"reader": "any"}} if mode == "off" else {}
    settings = Settings.model_validate({"upstreams": upstreams, **dual})

    with pytest.raises(SetupError, match="reader"):
        create_app(settings, guard=guarded(mode))


@pytest.mark.parametrize(
    ("upstreams", "models"),
    [
        ({}, {}),
        ({"a": {"url": "http://127.0.0.1:1"}}, {}),
        ({"a": {"url": "http://127.0.0.1:1", "default": True, "family": "anthropic"}}, {}),
        (
            {"a": {"url": "http://127.0.0.1:1", "family": "anthropic"}},
            {"small": {"targets": [{"upstream": "a"}]}},
        ),
    ],
)
def test_a_reader_that_nothing_serves_ends_the_start(upstreams, models):
    given = {"upstreams": upstreams, "models": models, "dual": {"reader": "small"}}

    with pytest.raises(SetupError, match="reader"):
        checked(Settings.model_validate(given))
