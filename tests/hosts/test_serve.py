"""The process: its socket, its leaving, and what it says when it cannot start."""

import signal
import socket
import stat
import subprocess
import sys
import threading
import time

import httpx2
import pytest
from typer.testing import CliRunner

from shield.cli import app
from shield.errors import SetupError
from shield.hosts.serve import listen
from shield.hosts.settings import Serve
from shield.ops.ledger import Ledger, Use

QUICK = """
[serve]
port = 0
linger_seconds = {linger}
drain_seconds = 60
"""
# The whole process without the seconds that the models take.
PROGRAM = """
import socket, sys
from pathlib import Path
from shield.guard import Guard
from shield.hosts import settings
from shield.hosts.app import create_app
from shield.hosts.serve import Server, listen
from shield.policy.load import load

found = settings.load(Path(sys.argv[1]))
policy = load()
document = policy.document
kept = {"injection_patterns": document.scanners["injection_patterns"]}
guard = Guard(policy.with_document(document.model_copy(update={"scanners": kept})))
listener = listen(found.serve)
print(listener.getsockname()[1], flush=True)
Server(create_app(found, guard=guard), found.serve).run(sockets=[listener])
"""


@pytest.fixture
def process(tmp_path):
    """Starts the sidecar as a process of its own; gives it and its URL."""
    started = []

    def start(linger):
        path = tmp_path / "sidecar.toml"
        path.write_text(QUICK.format(linger=linger))
        made = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(path)], stdout=subprocess.PIPE, text=True
        )
        started.append(made)
        return made, f"http://127.0.0.1:{made.stdout.readline().strip()}"

    yield start
    for made in started:
        made.kill()
        made.wait(10)
        made.stdout.close()


def ready(http, url):
    for _ in range(2_000):
        try:
            return http.get(f"{url}/readyz")
        except httpx2.TransportError:
            time.sleep(0.05)
    pytest.fail("the process did not answer")


def test_told_to_end_it_says_so_answers_on_and_leaves(process):
    made, url = process(linger=5)
    with httpx2.Client(trust_env=False, timeout=60) as http:
        assert ready(http, url).text == "ready"
        made.send_signal(signal.SIGTERM)
        states = []
        while not states or states[-1] == 200:
            states.append(http.get(f"{url}/readyz").status_code)
        assert states[-1] == 503
        assert http.get(f"{url}/livez").status_code == 200

    assert made.wait(60) == -signal.SIGTERM


def test_a_second_start_on_the_same_port_fails_at_once_and_says_why():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = CliRunner().invoke(app, ["serve", "--port", str(port)])

    assert done.exit_code == 2
    assert f"127.0.0.1:{port} is in use by another process" in done.stderr
    assert "mend: " in done.stderr


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (["--host", "0.0.0.0"], "needs a token"),
        (["--port", "70000"], "port"),
        (["--config", "none.toml"], "none.toml"),
        (["--upstream", "ftp://x"], "no http or https"),
    ],
)
def test_a_start_that_cannot_be_meant_is_a_usage_error(flags, says):
    done = CliRunner().invoke(app, ["serve", *flags])

    assert done.exit_code == 2
    assert says in done.stderr


def test_an_upstream_key_that_is_missing_ends_the_start_before_the_models_load(monkeypatch):
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    given = ["--port", "0", "--upstream", "https://api.example", "--key-env", "NO_SUCH_KEY"]

    done = CliRunner().invoke(app, ["serve", *given])

    assert done.exit_code == 2
    assert "NO_SUCH_KEY" in done.stderr


def test_a_unix_socket_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "shield.sock"
    made = listen(Serve(socket=path))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(SetupError, match="in use"):
        listen(Serve(socket=path))
    made.close()
    listen(Serve(socket=path)).close()  # a dead one is replaced


def test_a_file_in_the_place_of_the_socket_is_not_taken_away(tmp_path):
    path = tmp_path / "precious"
    path.write_text("data")

    with pytest.raises(SetupError, match="precious"):
        listen(Serve(socket=path))

    assert path.read_text() == "data"


def test_an_address_that_is_not_ours_is_no_internal_error():
    with pytest.raises(SetupError, match="cannot listen"):
        listen(Serve(host="203.0.113.7", port=0))


def test_a_socket_serves(tmp_path, small_policy):
    from shield.guard import Guard
    from shield.hosts.app import create_app
    from shield.hosts.serve import Server
    from shield.hosts.settings import Settings

    settings = Settings(serve=Serve(socket=tmp_path / "s"))
    guard = Guard(small_policy("injection_patterns"))
    server = Server(create_app(settings, guard=guard), settings.serve)
    thread = threading.Thread(target=server.run, args=([listen(settings.serve)],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    transport = httpx2.HTTPTransport(uds=str(tmp_path / "s"))

    with httpx2.Client(transport=transport, base_url="http://localhost", timeout=60) as http:
        assert http.get("/readyz").status_code == 200
        assert http.get("/v1/models").json() == {"object": "list", "data": []}
    server.should_exit = True
    thread.join(10)
    guard.close()


@pytest.fixture
def used(tmp_path):
    ledger = Ledger(tmp_path / "used.db")
    ledger.add("acme", "draw", "large", "token:one", Use(2, 100, 50, unpriced=1, micros=1_250_000))
    ledger.add("acme", "chat", "small", "token:one", Use(1, 10, 5, micros=1_000))
    ledger.close()
    return tmp_path / "used.db"


def test_usage_prints_the_ledger_and_marks_what_is_not_whole(used):
    done = CliRunner().invoke(app, ["usage", "--ledger", str(used), "--by", "model"])

    assert done.exit_code == 0
    assert "1.2500+" in done.stdout
    assert "0.0010 " in done.stdout


def test_usage_as_json_and_by_the_settings_ledger(used):
    config = used.parent / "sidecar.toml"
    config.write_text('[ledger]\npath = "used.db"')

    done = CliRunner().invoke(app, ["usage", "--config", str(config), "--json"])

    assert '"micros": 1250000' in done.stdout


@pytest.mark.parametrize(
    "flags", [[], ["--ledger", "none.db"], ["--ledger", "none.db", "--by", "colour"]]
)
def test_usage_of_nothing_is_a_usage_error(flags):
    assert CliRunner().invoke(app, ["usage", *flags]).exit_code == 2
