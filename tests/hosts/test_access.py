"""Every endpoint and every role; Host, Origin and tokens."""

import pytest
from starlette.responses import JSONResponse
from starlette.testclient import TestClient

from shield.errors import SetupError
from shield.hosts.access import ENDPOINTS, Access
from shield.hosts.gateway.proxy import CALLER
from shield.hosts.settings import Serve, Settings, Token

ROLES = ("caller", "auditor", "reviewer", "operator")
SECRETS = {role: f"token-of-the-{role}-0123456789" for role in ROLES}
# What each role may do, written down apart from the table that is tested.
MATRIX = {
    ("GET", "/livez"): {"nobody", *ROLES},
    ("GET", "/readyz"): {"nobody", *ROLES},
    ("GET", "/metrics"): {"auditor", "operator"},
    ("GET", "/openapi.json"): {*ROLES},
    ("GET", "/shield/reviews"): {"reviewer"},
    ("POST", "/shield/reviews/7"): {"reviewer"},
    ("GET", "/shield/mode"): {"auditor", "operator"},
    ("POST", "/shield/mode"): {"operator"},
    ("GET", "/v1/models"): {"caller"},
    ("GET", "/v1/models/best"): {"caller"},
    ("POST", "/v1/chat/completions"): {"caller"},
    ("POST", "/v1/scan/input"): {"caller"},
    ("POST", "/v2/guard"): {"caller"},
    ("POST", "/analyze/prompt"): {"caller"},
    ("POST", "/scan/output"): {"caller"},
    ("POST", "/beta/litellm_basic_guardrail_api"): {"caller"},
    ("PUT", "/envoy/ext_authz/any"): {"caller"},
}
HOME = "http://127.0.0.1:8321"


async def shown(scope, receive, send):
    caller = scope[CALLER]
    seen = {"principal": caller.principal, "tenant": caller.tenant, "session": caller.session}
    await JSONResponse(seen)(scope, receive, send)


@pytest.fixture
def client(monkeypatch):
    """A client of what stands behind the access of some settings."""
    for role, value in SECRETS.items():
        monkeypatch.setenv(f"TOKEN_{role.upper()}", value)

    def make(*roles, app=shown, base=HOME, **serve):
        tokens = tuple(
            Token(name=role, roles=(role,), env=f"TOKEN_{role.upper()}", tenant="acme")
            for role in roles
        )
        settings = Settings(tokens=tokens, serve=Serve(**serve))
        return TestClient(Access(app, settings, b"key"), base_url=base)

    return make


def bearer(role):
    return {"authorization": f"Bearer {SECRETS[role]}"} if role in SECRETS else {}


@pytest.mark.parametrize("role", ["nobody", *ROLES])
@pytest.mark.parametrize(("method", "path"), MATRIX)
def test_each_endpoint_takes_the_roles_of_its_line_and_no_other(client, method, path, role):
    answer = client(*ROLES).request(method, path, headers=bearer(role))

    refused = 401 if role == "nobody" else 403
    assert answer.status_code == (200 if role in MATRIX[method, path] else refused)


def test_the_matrix_covers_every_line_of_the_table():
    for line in ENDPOINTS:
        assert any(m in line.methods and line.covers(p) for m, p in MATRIX), line.path


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/v1/chat/completions", 405),
        ("POST", "/livez", 405),
        ("GET", "/elsewhere", 404),
        ("POST", "/metrics/", 404),
        ("OPTIONS", "/v1/chat/completions", 405),
    ],
)
def test_what_stands_in_no_line_is_refused(client, method, path, status):
    assert client(*ROLES).request(method, path, headers=bearer("caller")).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer wrong-token-0123456789"},
        {"authorization": SECRETS["caller"]},
        {"authorization": f"Basic {SECRETS['caller']}"},
        {"authorization": f"Bearer {SECRETS['caller'][:-1]}"},
        {"authorization": "Bearer "},
        {"x-api-key": "Ünknown".encode("latin-1")},
        {"authorization": f"Bearer {SECRETS['caller']}", "x-api-key": "another"},
    ],
)
def test_a_wrong_token_is_refused_and_not_repeated(client, headers):
    answer = client(*ROLES).post("/v1/chat/completions", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert SECRETS["caller"] not in answer.text


def test_the_token_names_the_caller_and_nothing_else_does(client):
    headers = {"x-api-key": SECRETS["caller"], "x-shield-session": "u42", "x-tenant": "other"}

    seen = client(*ROLES).post("/v1/messages", headers=headers).json()

    assert seen == {"principal": "token:caller", "tenant": "acme", "session": "u42"}


def test_without_tokens_this_machine_may_call_and_look_but_not_steer(client):
    nameless = client()

    assert nameless.post("/v1/chat/completions").status_code == 200
    assert nameless.get("/metrics").status_code == 200
    assert nameless.post("/shield/mode").status_code == 403
    assert nameless.get("/shield/reviews").status_code == 403


def test_without_tokens_callers_are_told_apart_by_what_they_send(client):
    nameless = client()

    one, two = (nameless.post("/v1/x", headers={"x-api-key": k}).json() for k in ("a", "b"))

    assert one["principal"] != two["principal"]
    assert one["principal"] != "a"


def test_without_tokens_another_machine_may_not_call_whatever_server_runs_this(client):
    answer = client(base="http://10.0.0.7:8321", hosts=("10.0.0.7",)).post("/v1/x")

    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "no_tokens"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8321", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8321", 200),
        ("shield.internal", 200),
        ("shield.internal:8321", 200),
        ("rebound.example", 421),
        ("rebound.example:8321", 421),
        ("localhost.example", 421),
        ("127.0.0.1.example:80", 421),
        ("", 421),
    ],
)
def test_only_our_own_names_are_served(client, host, status):
    answer = client(hosts=("shield.internal",)).post("/v1/x", headers={"host": host})

    assert answer.status_code == status


def test_two_hosts_are_none(client):
    sent = [("host", "127.0.0.1"), ("host", "rebound.example")]

    assert client().post("/v1/x", headers=sent).status_code == 421


def test_probes_come_by_address_and_are_answered(client):
    assert client().get("/readyz", headers={"host": "10.1.2.3:8321"}).status_code == 200


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://app.example", 200), ("https://evil.example", 403), ("null", 403)],
)
def test_web_pages_may_call_only_from_listed_origins(client, origin, status):
    known = client(origins=("https://app.example",))

    answer = known.post("/v1/x", headers={"origin": origin})

    assert answer.status_code == status
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_socket_is_not_opened(client):
    from starlette.websockets import WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect) as closed, client().websocket_connect("/v1/realtime"):
        pass

    assert closed.value.code == 1008


def test_an_unforeseen_error_is_told_by_its_type_alone(client, caplog):
    async def broken(scope, receive, send):
        raise ValueError("the text of the traffic")

    answer = client(app=broken).post("/v1/messages")

    assert answer.status_code == 500
    assert answer.json()["error"]["type"] == "api_error"
    assert "ValueError" in caplog.text
    assert "traffic" not in caplog.text + answer.text


def test_an_error_after_the_start_breaks_the_answer_off_without_repeating_it(client):
    async def broken(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("the text of the traffic")

    with pytest.raises(RuntimeError, match="broke off") as error:
        client(app=broken).post("/v1/x")
    assert error.value.__suppress_context__


@pytest.mark.parametrize("value", ["", "tiny", "with a space in it 123"])
def test_a_token_that_is_missing_or_weak_is_refused_at_the_start(monkeypatch, value):
    monkeypatch.setenv("WEAK", value)
    settings = Settings(tokens=(Token(name="one", env="WEAK"),))

    with pytest.raises(SetupError, match="one") as refused:
        Access(shown, settings, b"key")
    assert not value or value not in str(refused.value)
