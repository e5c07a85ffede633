import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.hosts.app import create_app
from shield.hosts.gateway import answers
from shield.hosts.gateway.accounts import Accounts
from shield.hosts.gateway.limits import Allowances, Places
from shield.hosts.gateway.routing import Leg
from shield.hosts.gateway.table import Tables
from shield.hosts.gateway.usage import Usage
from shield.hosts.serve import Server
from shield.hosts.settings import Limits, Serve, Settings
from shield.ops.ledger import Ledger, read
from shield.types import Caller

from .conftest import chat, waiting

ALICE, BOB = Caller(tenant="a", principal="alice"), Caller(tenant="a", principal="bob")


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_a_minutes_worth_may_come_at_once_then_only_as_it_refills(clock):
    allowed = Allowances(Limits(requests_per_minute=3), clock)

    assert [allowed.ask(ALICE) for _ in range(4)] == [0, 0, 0, 20]
    assert allowed.ask(BOB) == 0
    clock.now = 19.0
    assert allowed.ask(ALICE) == 1
    clock.now = 20.0
    assert allowed.ask(ALICE) == 0


def test_tokens_are_charged_afterwards_and_waited_for(clock):
    allowed = Allowances(Limits(tokens_per_minute=60), clock)

    assert allowed.ask(ALICE) == 0
    allowed.charge(ALICE, 90)
    assert allowed.ask(ALICE) == 31
    clock.now = 31.0
    assert allowed.ask(ALICE) == 0


def test_without_limits_nothing_is_refused(clock):
    allowed = Allowances(Limits(), clock)
    allowed.charge(ALICE, 10**9)

    assert {allowed.ask(ALICE) for _ in range(100)} == {0}


def test_tenants_do_not_share_an_allowance(clock):
    allowed = Allowances(Limits(requests_per_minute=1), clock)

    assert allowed.ask(ALICE) == 0
    assert allowed.ask(Caller(tenant="b", principal="alice")) == 0
    assert allowed.ask(ALICE) == 60


def test_the_table_is_bounded_and_forgets_whom_it_saw_longest_ago(clock):
    allowed = Allowances(Limits(requests_per_minute=1, principals=2), clock)

    allowed.ask(ALICE)
    for n in range(50):
        allowed.ask(Caller(principal=str(n)))

    assert len(allowed._kept) == 2
    assert allowed.ask(ALICE) == 0


@given(st.lists(st.floats(0, 30), max_size=40))
def test_no_schedule_gets_more_than_the_burst_and_the_rate(gaps):
    clock = Clock()
    allowed = Allowances(Limits(requests_per_minute=6), clock)
    passed = 0
    for gap in gaps:
        clock.now += gap
        passed += allowed.ask(ALICE) == 0

    assert passed <= 6 + clock.now / 10 + 1e-6


def test_a_clock_that_runs_backwards_gives_nothing_away(clock):
    allowed = Allowances(Limits(requests_per_minute=1), clock)
    clock.now = 100.0
    allowed.ask(ALICE)
    clock.now = 0.0

    assert allowed.ask(ALICE) == 60


def test_places_are_given_back_and_one_more_is_refused_at_once():
    places = Places(2)

    with places.one() as first, places.one() as second, places.one() as third:
        assert first
        assert second
        assert third is None
        first.leave()
        first.leave()
        assert places.taken == 1
        with places.one() as again:
            assert again
    with pytest.raises(ValueError, match="x"), places.one():
        raise ValueError("x")

    assert places.taken == 0


@pytest.fixture
def accounts(clock, tmp_path):
    def make(**settings):
        found = Settings.model_validate(settings)
        ledger = Ledger(tmp_path / "used.db", clock=clock)
        return Accounts(Tables(found), ledger, Allowances(found.limits, clock)), ledger

    return make


def line(ledger, path, *by):
    ledger.flush()
    return {x.key: x.use for x in read(path / "used.db", by, days=1, now=0.0)}


def test_a_price_is_per_million_tokens_and_an_unknown_one_is_counted_not_guessed(
    accounts, tmp_path
):
    made, ledger = accounts(prices={"large": {"input": 2.5, "output": 10}})

    made.book(ALICE, Leg("u", "large"), "best", Usage(1_000, 200), 0)
    made.book(ALICE, Leg("u"), "a name that only the caller knows", Usage(5, 5), 0)
    made.book(ALICE, Leg("u", "large"), "best", Usage(), 0)
    found = line(ledger, tmp_path, "model")

    assert found["large",].micros == 4_500
    assert (found["large",].requests, found["large",].unmetered) == (2, 1)
    assert (found["other",].unpriced, found["other",].micros) == (1, 0)
    assert set(found) == {("large",), ("other",)}


def test_a_stream_that_was_given_up_is_charged_to_the_rate_and_not_to_the_ledger(
    accounts, tmp_path
):
    made, ledger = accounts(limits={"tokens_per_minute": 60}, prices={"m": {"input": 1}})

    made.book(ALICE, Leg("u"), "m", Usage(), 90)

    assert made.ask(ALICE).wait == 31
    assert line(ledger, tmp_path)["all",].input == 0


def test_a_spent_budget_refuses_its_tenant_and_feature_alone(accounts):
    made, _ = accounts(
        prices={"m": {"input": 1_000_000}},
        budgets=[
            {"tenant": "a", "feature": "draw", "dollars_per_day": 2},
            {"tenant": "a", "dollars_per_day": 3},
        ],
    )
    draw = Caller(tenant="a", principal="p", feature="draw")

    assert made.ask(draw) is None
    made.book(draw, Leg("u"), "m", Usage(2, 0), 0)
    assert made.ask(draw) is answers.SPENT
    assert made.ask(ALICE) is None
    made.book(ALICE, Leg("u"), "m", Usage(1, 0), 0)
    assert made.ask(ALICE) is answers.SPENT
    assert made.ask(Caller(tenant="b")) is None


def test_every_request_that_is_shed_is_told_by_its_code(running, settings, screen, http):
    told = []
    made = create_app(settings(limits={"requests_per_minute": 1}), guard=screen, shed=told.append)
    url = running(Server(made, Serve())) + "/v1/chat/completions"

    for _ in range(3):
        http.post(url, json=chat())

    assert told == ["rate_limited"] * 2


def test_a_caller_over_its_rate_is_told_when_to_come_back(sidecar, http):
    url = sidecar(limits={"requests_per_minute": 1}) + "/v1/chat/completions"

    first, second = http.post(url, json=chat()), http.post(url, json=chat())

    assert (first.status_code, second.status_code) == (200, 429)
    assert second.json()["error"]["code"] == "rate_limited"
    assert 1 <= int(second.headers["retry-after"]) <= 60


def test_a_tenant_over_its_budget_is_refused_before_anything_is_forwarded(
    sidecar, http, upstream, monkeypatch
):
    monkeypatch.setenv("TOKEN", "a-token-of-the-caller")
    url = sidecar(
        tokens=[{"name": "one", "env": "TOKEN", "tenant": "acme"}],
        prices={"any": {"input": 1_000_000}},
        budgets=[{"tenant": "acme", "dollars_per_day": 1}],
    )
    headers = {"authorization": "Bearer a-token-of-the-caller"}

    codes = [
        http.post(f"{url}/v1/chat/completions", json=chat(), headers=headers).status_code
        for _ in range(2)
    ]

    assert codes == [200, 429]
    assert len(upstream.asked) == 1


def test_a_full_house_refuses_at_once_and_keeps_the_probes_open(sidecar, http, upstream):
    url = sidecar(serve={"in_flight": 1})

    with waiting(url, upstream):
        refused = http.post(f"{url}/v1/messages", json=chat())

    assert refused.status_code == 503
    assert refused.json()["error"]["type"] == "overloaded_error"
    assert refused.headers["retry-after"] == "1"
    assert http.get(f"{url}/readyz").status_code == 200


def test_what_waits_for_its_model_leaves_room_for_what_is_to_be_judged(sidecar, http, upstream):
    url = sidecar(serve={"unjudged": 1})

    with waiting(url, upstream):
        codes = [http.post(f"{url}/v1/chat/completions", json=chat()).status_code for _ in range(2)]

    assert codes == [200, 200]


def test_what_is_still_being_sent_takes_the_room_of_one(sidecar, http):
    url = sidecar(serve={"unjudged": 1})
    host, port = url.removeprefix("http://").split(":")
    head = "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99\r\n\r\n{"
    with socket.create_connection((host, int(port))) as half:
        half.sendall(head.encode())
        codes = []
        while codes[-1:] != [503]:
            codes.append(http.post(f"{url}/v1/chat/completions", json=chat()).status_code)
    while http.post(f"{url}/v1/chat/completions", json=chat()).status_code == 503:
        time.sleep(0.005)

    assert set(codes) <= {200, 503}
