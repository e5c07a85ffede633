"""A live guard in the middleware, beside its control endpoints: one application from end to end."""

import json

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from shield.hosts.asgi import ShieldMiddleware
from shield.hosts.control import routes
from shield.ops.operated import operated
from tests.ops.conftest import banning, house, settle

__all__ = ["house"]


async def _echo(request):
    return JSONResponse({"said": (await request.json())["text"]})


@pytest.fixture
def lines():
    return []


@pytest.fixture
def client(house, lines):
    made = operated(house.path, folder=house.state, write=lines.append)
    made.live._orders._clock = lambda: float("inf")
    inner = Starlette(routes=[Route("/chat", _echo, methods=["POST"])])
    shield = ShieldMiddleware(inner, guard=made.live)
    app = Starlette(
        routes=[*routes(made.live, made.metrics), Route("/chat", shield, methods=["POST"])]
    )
    with TestClient(app) as found:
        found.live = made.live
        yield found
    made.live.close()


def _chat(client, text):
    return client.post("/chat", json={"text": text})


def test_a_reload_a_kill_switch_and_the_metrics_meet_in_one_application(client, house, lines):
    assert _chat(client, "a tulip").status_code == 400
    assert _chat(client, "a rose").json() == {"said": "a rose"}
    house.put(banning("rose"))
    settle(client.live)
    assert _chat(client, "a rose").status_code == 400
    order = {"mode": "off", "reason": "incident 7"}
    assert client.post("/shield/mode", json=order).json()["standing"]["mode"] == "off"
    assert _chat(client, "a rose").json() == {"said": "a rose"}
    assert client.post("/shield/mode", json={"mode": "enforce"}).status_code == 200
    assert _chat(client, "a rose").status_code == 400
    shown = client.get("/metrics").text
    assert (
        'shield_decisions_total{checkpoint="input",decision="block",enforced="true"} 3.0' in shown
    )
    assert 'shield_coverage_gaps_total{reason="switched_off"} 2.0' in shown
    decided = [x["policy"]["digest"] for x in map(json.loads, lines) if x["event"] == "decision"]
    assert len(set(decided)) == 2


def test_nothing_of_a_request_is_in_metrics_or_events(client, lines):
    _chat(client, "zanzibarcanary tulip")
    client.post(
        "/chat?q=zanzibarcanary",
        json={"text": "hello"},
        headers={"x-shield-session": "zanzibarcanary"},
    )
    assert "zanzibar" not in client.get("/metrics").text
    assert b"zanzibar" not in b"".join(lines)
