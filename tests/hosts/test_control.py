"""Metrics, status and orders over HTTP."""

import anyio
import httpx2
import pytest
from starlette.applications import Starlette

from shield.hosts.control import OPERATORS, ROLES, routes
from shield.ops.live import LiveGuard
from shield.ops.metrics import CONTENT_TYPE, Metrics
from tests.ops.conftest import banning, house, say, settle

__all__ = ["house"]


@pytest.fixture
def live(house):
    return house.worker()


@pytest.fixture
def ask(live):
    metrics = Metrics()
    metrics.follow(live.standing)
    app = Starlette(routes=routes(live, metrics))

    def request(method, path, **more):
        async def send():
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
                return await client.request(method, path, **more)

        return anyio.run(send)

    return request


def test_metrics_are_shown_in_the_format_of_prometheus(ask):
    answer = ask("GET", "/metrics")
    assert answer.headers["content-type"] == CONTENT_TYPE
    assert 'shield_mode{mode="enforce"} 1.0' in answer.text


def test_the_status_says_what_serves(ask, live):
    shown = ask("GET", "/shield/status").json()
    assert shown["standing"]["digest"] == live.policy.digest
    assert (shown["order"]["mode"], shown["rollout"]["candidate"]) == ("enforce", "")
    assert [v["digest"] for v in shown["versions"]] == [live.policy.digest]


def test_the_kill_switch_holds_when_it_is_answered(ask, live):
    answer = ask("POST", "/shield/mode", json={"mode": "off", "reason": "incident 7"})
    assert (answer.status_code, answer.json()["standing"]["mode"]) == (200, "off")
    assert say(live, "a tulip").passes
    assert 'shield_mode{mode="off"} 1.0' in ask("GET", "/metrics").text


def test_a_rollback_holds_when_it_is_answered_and_can_be_taken_back(ask, live, house):
    first = live.policy.digest
    house.put(banning("rose"))
    settle(live)
    shown = ask("POST", "/shield/rollback", json={"reason": "roses"}).json()
    assert (shown["standing"]["digest"], shown["standing"]["pinned"]) == (first, True)
    shown = ask("POST", "/shield/rollback", json={"undo": True}).json()
    assert not shown["standing"]["pinned"]


@pytest.mark.parametrize(
    ("path", "order", "why"),
    [
        ("mode", {"mode": "off"}, "mode off needs a reason"),
        (
            "mode",
            {"mode": "off", "reason": "a\nb"},
            "a reason is one line of at most 200 characters",
        ),
        ("rollback", {}, "no earlier version has served"),
        ("rollout/stop", {}, "no rollout is under way"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused_and_changes_nothing(
    ask, live, path, order, why
):
    answer = ask("POST", f"/shield/{path}", json=order)
    assert (answer.status_code, answer.json()["error"]["message"]) == (409, why)
    assert not say(live, "a tulip").passes


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b'{"mode": "sideways"}',
        b'{"mod": "off"}',
        b"\xff",
        b'{"mode":"off","reason":"' + b"x" * 9_000,
    ],
)
def test_an_order_that_cannot_be_read_changes_nothing(ask, live, content):
    answer = ask("POST", "/shield/mode", content=content)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "unreadable")
    assert not say(live, "a tulip").passes


def test_a_state_folder_that_cannot_be_written_is_told(ask, live, monkeypatch):
    def full(*args):
        raise OSError("disk full")

    monkeypatch.setattr("shield.ops.orders.put", full)
    answer = ask("POST", "/shield/mode", json={"mode": "off", "reason": "drill"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (507, "not_written")


def test_an_order_that_was_garbled_in_its_file_is_told(ask, live, house):
    (house.state / "order.json").write_text("{")
    answer = ask("GET", "/shield/status")
    assert (answer.status_code, answer.json()["error"]["code"]) == (500, "state_unreadable")
    assert str(house.state) not in answer.text


@pytest.mark.parametrize(("method", "path"), list(ROLES))
def test_every_route_has_its_roles_and_no_other_method(ask, method, path):
    other = "POST" if method == "GET" else "GET"
    assert ask(other, path).status_code == 405
    assert (ROLES[method, path] == OPERATORS) is (method == "POST")


def test_the_routes_are_those_of_the_table(live):
    assert isinstance(live, LiveGuard)
    assert {r.path for r in routes(live, Metrics())} == {path for _, path in ROLES}
