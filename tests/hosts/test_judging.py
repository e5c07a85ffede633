"""What the APIs share: whole bodies, a bounded number of judgements, and whose they are."""

from types import SimpleNamespace

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.testclient import TestClient

from shield.errors import WireError
from shield.hosts import compat, scan_api
from shield.hosts.judging import Judging
from shield.policy.schema import Limits
from shield.types import Caller
from shield.wire.asked import Asked

LIMITS = Limits(body_bytes=100, concurrency=2)


def judging(identify=None, limits=LIMITS):
    policy = SimpleNamespace(document=SimpleNamespace(limits=limits))
    return Judging(SimpleNamespace(policy=policy, key=b"k"), identify)


def request(*chunks, headers=((b"content-type", b"application/json"),), gone=False):
    """A request whose body comes in these pieces; `read` counts those that were taken."""
    waiting = [{"type": "http.request", "body": c, "more_body": True} for c in chunks]
    waiting.append(
        {"type": "http.disconnect"}
        if gone
        else {"type": "http.request", "body": b"", "more_body": False}
    )
    total = len(waiting)

    async def receive():
        return waiting.pop(0)

    made = Request({"type": "http", "method": "POST", "headers": list(headers)}, receive)
    return made, lambda: total - len(waiting)


def test_a_body_is_put_together_from_its_pieces():
    made, _ = request(b'{"a"', b": 1", b"}")

    assert anyio.run(judging().body, made) == b'{"a": 1}'


def test_a_body_too_large_is_refused_before_all_of_it_has_come():
    made, read = request(*[b"x" * 60] * 50)

    with pytest.raises(WireError) as caught:
        anyio.run(judging().body, made)

    assert (caught.value.status, caught.value.code) == (413, "too_large")
    assert read() == 2


@pytest.mark.parametrize(
    "headers",
    [
        [(b"content-type", b"application/json"), (b"content-type", b"text/plain")],
        [(b"content-type", b"application/jsonp")],
        [(b"content-type", b"")],
        [(b"content-type", b"application/json"), (b"content-encoding", b"gzip")],
        [(b"content-type", b"application/json"), (b"content-encoding", b"identity, br")],
    ],
)
def test_what_may_be_read_as_something_else_is_not_read(headers):
    made, read = request(b"{}", headers=headers)

    with pytest.raises(WireError) as caught:
        anyio.run(judging().body, made)

    assert caught.value.status == 415
    assert read() == 0


@pytest.mark.parametrize("routes", [scan_api.routes, compat.routes])
def test_a_client_that_goes_away_is_no_error(routes):
    shared = judging()
    every = [r for r in routes(shared.guard, judging=shared) if "POST" in r.methods]

    async def leave(route):
        made, _ = request(b"{", gone=True)
        made.scope.update(path=route.path.replace("{p:path}", "x"), query_string=b"")
        return await route.endpoint(made)

    for route in every:
        assert anyio.run(leave, route).status_code == 400
    with shared.admitted():
        pass


def test_no_more_than_twice_the_concurrency_are_let_in_and_all_leave_again():
    shared = judging()

    def enter(depth):
        with shared.admitted():
            if depth:
                enter(depth - 1)
            else:
                raise ValueError

    with pytest.raises(WireError) as caught:
        enter(4)
    with pytest.raises(ValueError, match=r"^$"):
        enter(3)
    assert (caught.value.status, caught.value.code) == (503, "overloaded")


def test_every_endpoint_says_when_to_come_back():
    shared = judging()
    shared._inside = 4
    every = [*scan_api.routes(shared.guard, judging=shared), *compat.routes(shared.guard, judging=shared)]  # fmt: skip
    client = TestClient(Starlette(routes=every))

    posts = [r.path.replace("{p:path}", "x") for r in every if "POST" in r.methods]
    assert len(posts) == 12
    for path in posts:
        answer = client.post(path, json={})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1"), path


def who(identify, **asked):
    return judging(identify).caller({"type": "http", "headers": []}, Asked(**asked))


def test_a_body_divides_the_principal_of_its_connection_and_never_becomes_another():
    names = ["", "ann", "3:ann", "ann/bob", "bob"]
    found = {
        who(lambda _, p=principal: Caller(principal=p), behalf=behalf).principal
        for principal in names
        for behalf in names[1:]
    }

    assert len(found) == len(names) * (len(names) - 1)
    assert found.isdisjoint(names)
    assert not any("ann" in name for name in found)


def test_whoever_names_nobody_acts_for_the_connection():
    caller = Caller(tenant="t", principal="p", session="s", feature="f")

    assert who(lambda _: caller) == caller
    assert who(lambda _: caller, session="x") == Caller("t", "p", "x", "f")
