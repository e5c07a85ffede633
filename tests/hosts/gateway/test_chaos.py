"""What networks, upstreams and callers do on a bad day: a documented answer, nothing unjudged, nothing left behind."""

import contextlib
import gc
import json
import socket
import struct
import threading
import time
from pathlib import Path

import pytest

from shield.errors import SetupError
from shield.guard import Guard
from shield.hosts.app import create_app
from shield.hosts.serve import Server, listen
from shield.hosts.settings import Serve

from .conftest import chat

CHAT = "/v1/chat/completions"
SECRET = "ghp_" + "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2"
SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
JSON = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def event(text):
    chunk = {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]}
    return f"data: {json.dumps({'object': 'chat.completion.chunk', 'model': 'm', **chunk})}\n\n".encode()


def said(text):
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"object": "chat.completion", "model": "m", "choices": [choice]}).encode()


class Scripted:
    """An upstream whose every connection is handed to a function."""

    def __init__(self, behave):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = []
        self._behave = behave
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            try:
                taken, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._one, args=(taken,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def _one(self, taken):
        with taken, contextlib.suppress(OSError):
            taken.settimeout(60)
            taken.recv(65_536)
            self._behave(taken)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in (self._thread, *self._threads):
            thread.join(30)


@pytest.fixture
def behaving(sidecar):
    """A sidecar in front of a scripted upstream; gives its URL."""
    made = []

    def start(behave, **options):
        made.append(Scripted(behave))
        one = {"url": made[-1].url, "default": True, "retries": 0, **options}
        return sidecar(upstreams={"only": one})

    yield start
    for each in made:
        each.close()


def reset(taken):
    """Close with a reset in place of an end."""
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def code_of(answer):
    return answer.status_code, answer.json()["error"]["code"]


def test_an_upstream_that_resets_in_the_middle_of_an_answer(behaving, http):
    def behave(taken):
        taken.sendall(JSON + b"content-length: 900\r\n\r\n" + said(SECRET))
        reset(taken)

    assert code_of(http.post(behaving(behave) + CHAT, json=chat())) == (502, "upstream_broke_off")


def test_an_upstream_that_resets_in_the_middle_of_a_stream(behaving, http):
    def behave(taken):
        taken.sendall(SSE.replace(b"connection: close", b"transfer-encoding: chunked"))
        first = event("It is ") + event(SECRET[:12]) + event(SECRET[12:]) + event(". ")
        taken.sendall(f"{len(first):x}\r\n".encode() + first + b"\r\n")
        reset(taken)

    answer = http.post(behaving(behave) + CHAT, json=chat(stream=True))

    # A reset may overtake what was sent before it: then there was no stream yet.
    assert answer.status_code in {200, 502}
    assert "upstream_broke_off" in answer.text
    assert "ghp_" not in answer.text


def test_an_upstream_that_closes_its_half_and_waits(behaving, http):
    done = threading.Event()

    def behave(taken):
        taken.sendall(JSON + b"content-length: 900\r\n\r\n" + said("Good"))
        taken.shutdown(socket.SHUT_WR)
        while taken.recv(4_096):
            pass
        done.set()

    assert code_of(http.post(behaving(behave) + CHAT, json=chat())) == (502, "upstream_broke_off")
    assert done.wait(60)


@pytest.mark.parametrize("length", [b"5", b"99999"])
def test_an_upstream_that_lies_about_its_length(behaving, http, length):
    def behave(taken):
        taken.sendall(JSON + b"content-length: " + length + b"\r\n\r\n" + said(SECRET))

    status, code = code_of(http.post(behaving(behave) + CHAT, json=chat()))

    # What is too much is met with the body or after it, as the network cuts it.
    assert (status, code in {"upstream_broke_off", "upstream_invalid"}) == (502, True)


def test_what_follows_a_shorter_length_is_no_answer_to_the_next_request(behaving, http):
    body = said("Good morning.")

    def behave(taken):
        head = JSON + f"content-length: {len(body)}\r\n\r\n".encode()
        smuggled = said(SECRET)
        more = JSON + f"content-length: {len(smuggled)}\r\n\r\n".encode()
        taken.sendall(head + body + more + smuggled)
        while taken.recv(65_536):
            taken.sendall(head + body)

    url = behaving(behave) + CHAT
    answers = [http.post(url, json=chat()) for _ in range(3)]

    assert [a.status_code for a in answers] == [200] * 3
    assert all("Good morning." in a.text for a in answers)


def test_an_upstream_that_dribbles_is_read_to_its_end(behaving, http):
    whole = SSE + event("Good ") + event("morning.") + b"data: [DONE]\n\n"

    def behave(taken):
        taken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in whole:
            taken.sendall(bytes([byte]))

    answer = http.post(behaving(behave) + CHAT, json=chat(stream=True))

    assert answer.text.endswith("data: [DONE]\n\n")
    assert "Good " in answer.text
    assert "morning." in answer.text


def test_an_upstream_that_dribbles_without_end_is_left(behaving, http):
    left = threading.Event()

    def behave(taken):
        taken.sendall(JSON + b"content-length: 900000\r\n\r\n")
        try:
            while True:
                taken.sendall(b" ")
                time.sleep(0.01)
        except OSError:
            left.set()

    answer = http.post(behaving(behave, total_seconds=1) + CHAT, json=chat())

    assert code_of(answer) == (504, "upstream_timeout")
    assert left.wait(60)


def sent(url, raw):
    """A connection on which bytes were sent."""
    host, port = url.removeprefix("http://").split(":")
    made = socket.create_connection((host, int(port)), timeout=60)
    made.sendall(raw)
    return made


def request(body, **more):
    headers = {"host": "localhost", "content-type": "application/json", **more}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {CHAT} HTTP/1.1\r\n{lines}\r\n".encode() + body


def test_a_caller_that_never_reads_holds_up_nobody_and_is_let_go(sidecar, http, upstream):
    url = sidecar()
    body = json.dumps(chat(model="endless", stream=True)).encode()
    with sent(url, request(body, **{"content-length": len(body)})):
        for _ in range(5):
            assert http.post(url + CHAT, json=chat()).status_code == 200
    assert upstream.gone.wait(60)


@pytest.fixture
def hurried(running, settings, screen):
    """A sidecar that waits a second for what a caller sends, with one place for what is not judged."""

    def start(**changes):
        serve = {"receive_seconds": 1, "unjudged": 1, **changes}
        made = settings(serve=serve)
        shed = []
        url = running(Server(create_app(made, guard=screen, shed=shed.append), made.serve))
        return url, shed

    return start


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"POST ",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\nx-slow: ",
    ],
)
def test_a_head_that_never_ends_is_closed(hurried, http, raw):
    url, _ = hurried()
    with sent(url, raw) as slow:
        assert slow.recv(1_024) == b""
    assert http.get(f"{url}/livez").status_code == 200


def test_a_second_head_that_never_ends_is_closed(hurried):
    url, _ = hurried()
    with sent(url, b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n") as slow:
        assert b"200" in slow.recv(1_024)
        slow.sendall(b"GET /livez HTTP/1.1\r\nx-slow: ")
        assert slow.recv(1_024) == b""


def test_a_head_in_pieces_that_comes_in_time_is_served(hurried):
    url, _ = hurried(receive_seconds=60)
    with sent(url, b"GET /livez HT") as slow:
        slow.sendall(b"TP/1.1\r\nhost: local")
        slow.sendall(b"host\r\n\r\n")
        assert b"200" in slow.recv(1_024)


@pytest.mark.parametrize("path", [CHAT, "/v1/messages", "/v1/scan/input", "/v2/guard"])
def test_a_body_that_never_ends_is_told_and_gives_its_place_back(hurried, http, upstream, path):
    url, shed = hurried()
    raw = request(b'{"model": "any", ', **{"content-length": 500}).replace(
        CHAT.encode(), path.encode()
    )
    with sent(url, raw) as slow:
        heard = b""
        while piece := slow.recv(4_096):
            heard += piece
    assert heard.startswith(b"HTTP/1.1 408")
    assert b"not sent in time" in heard
    assert shed == ["request_timeout"]
    assert http.post(url + CHAT, json=chat()).status_code == 200
    assert len(upstream.asked) == 1


def test_a_caller_that_goes_in_the_middle_of_its_body_gives_its_place_back(hurried, http, upstream):
    url, _ = hurried(receive_seconds=60)
    with sent(url, request(b'{"model": ', **{"content-length": 500})) as slow:
        reset(slow)
    status = 503
    while status == 503:  # the place is free when the server has heard of it
        status = http.post(url + CHAT, json=chat()).status_code
    assert status == 200
    assert len(upstream.asked) == 1


def test_a_second_start_on_the_same_unix_socket_is_refused_and_the_first_serves_on(tmp_path):
    serve = Serve(socket=tmp_path / "s")
    with listen(serve) as first:
        with pytest.raises(SetupError, match="in use"):
            listen(serve)
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(serve.socket))
            first.accept()[0].close()


def kept_alive(http, url, count):
    for number in range(count):
        body = chat(f"Good morning, number {number}.")
        assert http.post(url + CHAT, json=body).status_code == 200


@pytest.mark.parametrize(
    "count", [100, pytest.param(10_000, marks=[pytest.mark.nightly, pytest.mark.timeout(1_700)])]
)
def test_many_small_requests_on_one_connection_leave_nothing_behind(
    running, settings, policy, http, count
):
    document = policy.document
    kept = {"injection_patterns": document.scanners["injection_patterns"]}
    guard = Guard(policy.with_document(document.model_copy(update={"scanners": kept})))
    app = create_app(settings(), guard=guard)
    url = running(Server(app, Serve()))

    def open_files():
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    kept_alive(http, url, 50)
    gc.collect()
    objects, files, threads = len(gc.get_objects()), open_files(), threading.active_count()
    kept_alive(http, url, count)
    gc.collect()

    assert len(guard.sessions) <= 1  # what the one principal has tried
    assert len(guard.escalations.all()) == 0
    assert open_files() <= files + 4
    assert threading.active_count() <= threads + 8
    # The fake upstream remembers each request, and caches fill; a leak would be many objects each.
    assert len(gc.get_objects()) - objects < 60 * count
    guard.close()
