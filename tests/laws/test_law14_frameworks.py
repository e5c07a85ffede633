"""Law 14 under real frameworks: what Starlette, FastAPI, Flask and Django show an application was scanned.

Bodies are drawn from a seed, so that thousands cost seconds; each is shown to one framework after
the other, through the host that it is mounted with.
"""

import contextlib
import io
import json
import re

import anyio
import django
import fastapi
import flask
import pytest
from django.conf import settings
from django.core.exceptions import BadRequest, SuspiciousOperation
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from shield.guard import Guard
from shield.hosts.asgi import ShieldMiddleware
from shield.hosts.wsgi import ShieldWSGI
from shield.pipeline import Detection
from shield.types import Coverage
from shield.wire import chat
from tests.hosts.drawn_requests import Draw

PROTOCOL = chat._TRUSTED_WORDS | chat.KNOWN_KEYS
IMAGE = re.compile(r"data:(image|audio|video)/[\w.+-]+;base64,[A-Za-z0-9+/=]*", re.ASCII)


class Recorder:
    """In place of the scanners: keeps every text that they would be shown, and finds nothing."""

    def __init__(self):
        self.texts = []

    def run(self, subject, *, complete):
        self.texts += [s.text for s in subject.segments]
        return Detection((), Coverage())


@pytest.fixture(scope="module")
def watched(policy):
    scanners = {"secrets": policy.document.scanners["secrets"]}
    made = Guard(policy.with_document(policy.document.model_copy(update={"scanners": scanners})))
    recorder = Recorder()
    made.pipeline.run = recorder.run
    yield made, recorder
    made.close()


def strings_of(document):
    stack, found = [document], []
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            found.append(node)
        elif isinstance(node, dict):
            found += node
            stack += node.values()
        elif isinstance(node, list):
            stack += node
    return found


def json_of(raw):
    with contextlib.suppress(ValueError, RecursionError):
        return strings_of(json.loads(raw))
    return []


def text_of(raw, kind):
    """What an application sees that believes a body to be text."""
    if not (kind or "").startswith("text/"):
        return []
    try:
        text = raw.decode()
        json.loads(raw)
    except UnicodeDecodeError:
        return []
    except (ValueError, RecursionError):
        return [text]
    return []


class Starlettes:
    """Starlette, or FastAPI over it."""

    def __init__(self, guard, make):
        self.strings, self.called, self.status = [], False, 0
        self.shield = ShieldMiddleware(make(self.endpoint), guard=guard)

    async def endpoint(self, request: Request):
        self.called = True
        raw = await request.body()
        kind = request.headers.get("content-type")
        found = [part for pair in request.query_params.multi_items() for part in pair]
        found += json_of(raw) + text_of(raw, kind)
        with contextlib.suppress(Exception):  # whatever a form parser raises, nothing is seen
            form = await request.form()
            found += [p for pair in form.multi_items() for p in pair if isinstance(p, str)]
        self.strings = found
        return Response(status_code=204)

    def show(self, raw, headers, query):
        self.strings, self.called = [], False
        waiting = [
            {"type": "http.request", "body": raw[i : i + 7], "more_body": True}
            for i in range(0, len(raw), 7)
        ]
        waiting.append({"type": "http.request"})

        async def receive():
            return waiting.pop(0) if waiting else await anyio.sleep_forever()

        async def send(message):
            self.status = message.get("status", self.status)

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "query_string": query,
            "headers": [(k.encode(), v) for k, v in headers],
        }
        anyio.run(self.shield, scope, receive, send)


def starlettes(endpoint):
    return Starlette(routes=[Route("/", endpoint, methods=["POST"])])


def fastapis(endpoint):
    app = fastapi.FastAPI()
    app.add_api_route("/", endpoint, methods=["POST"], response_model=None)
    return app


class Wsgi:
    """An application under WSGI that reads with one framework's request object."""

    def __init__(self, guard, read):
        self.strings, self.called, self.status, self.read = [], False, 0, read
        self.shield = ShieldWSGI(self.app, guard=guard)

    def app(self, environ, start_response):
        self.called = True
        self.strings = self.read(environ)
        start_response("204 No Content", [])
        return []

    def show(self, raw, headers, query):
        self.strings, self.called = [], False
        environ = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": "/",
            "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "QUERY_STRING": query.decode("latin-1"),
            "RAW_URI": "/?" + query.decode("latin-1"),
            "wsgi.input": io.BytesIO(raw),
            "wsgi.url_scheme": "http",
            "wsgi.errors": io.StringIO(),
            "CONTENT_LENGTH": str(len(raw)),
        }
        for key, value in headers:
            name = "CONTENT_TYPE" if key == "content-type" else f"HTTP_{key.upper()}"
            name = name.replace("-", "_")
            # Servers join repeated headers in one way or another.
            before = environ.get(name)
            environ[name] = (f"{before}," if before else "") + value.decode("latin-1")
        made = self.shield(environ, self.started)
        list(made)
        getattr(made, "close", lambda: None)()

    def started(self, status, headers, exc_info=None):
        self.status = int(status[:3])


def by_flask(environ):
    request = flask.Request(environ)
    raw = request.get_data(cache=True)
    found = [part for pair in request.args.items(multi=True) for part in pair]
    found += [part for pair in request.form.items(multi=True) for part in pair]
    return found + json_of(raw) + text_of(raw, request.content_type)


def by_django(environ):
    if not settings.configured:
        settings.configure(SECRET_KEY="k", ALLOWED_HOSTS=["*"], USE_TZ=True)
        django.setup()
    found = []
    unread = (BadRequest, SuspiciousOperation, UnreadablePostError, MultiPartParserError)
    with contextlib.suppress(*unread):
        request = WSGIRequest(environ)
        raw = request.body
        found += json_of(raw) + text_of(raw, request.content_type)
        for given in (request.GET, request.POST):
            assert isinstance(given, QueryDict)
            found += [part for name, values in given.lists() for part in (name, *values)]
    return found


FRAMEWORKS = {
    "starlette": lambda guard: Starlettes(guard, starlettes),
    "fastapi": lambda guard: Starlettes(guard, fastapis),
    "flask": lambda guard: Wsgi(guard, by_flask),
    "django": lambda guard: Wsgi(guard, by_django),
}


def unseen(app, recorder):
    """The strings that the application saw and no scanner did."""
    scanned = {line for text in recorder.texts for line in (text, *text.split("\n"))}
    scanned |= {s for text in recorder.texts for s in app.strings if "\n" in s and s in text}
    # Flask and Django drop line ends and NULs of nothing: a string is compared as it stands.
    found = [s for s in app.strings if s.strip() and s not in scanned | PROTOCOL]
    return [s for s in found if not IMAGE.fullmatch(s)]


def check(watched, name, seeds):
    guard, recorder = watched
    app, reached = FRAMEWORKS[name](guard), 0
    for seed in seeds:
        recorder.texts.clear()
        app.show(*Draw(seed).request())
        reached += app.called
        assert app.called or 400 <= app.status < 500, seed
        assert unseen(app, recorder) == [], seed
    return reached


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_string_that_an_application_sees_was_scanned(watched, name):
    at = list(FRAMEWORKS).index(name) * 750

    reached = check(watched, name, range(at, at + 750))

    assert 150 < reached < 700


@pytest.mark.nightly
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("name", FRAMEWORKS)
def test_every_string_that_an_application_sees_was_scanned_all_night(watched, name):
    at = 10_000 + list(FRAMEWORKS).index(name) * 25_000

    assert check(watched, name, range(at, at + 25_000)) > 5_000


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_this_law_sees_a_string_that_slips_through(watched, name):
    guard, recorder = watched
    app = FRAMEWORKS[name](guard)
    recorder.texts.clear()
    app.show(b'{"q": "slips through"}', [("content-type", b"application/json")], b"a=b%20c")
    assert sorted(app.strings) == ["a", "b c", "q", "slips through"]
    assert unseen(app, recorder) == []

    recorder.texts.remove("slips through")

    assert unseen(app, recorder) == ["slips through"]
