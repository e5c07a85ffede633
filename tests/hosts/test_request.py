"""The request side by itself: what an application may read."""

import gzip
import json

import pytest

from shield.guard import Guard
from shield.hosts.mount import Mount, named
from shield.hosts.request import Message, RefusedError, screened, too_large
from shield.policy.schema import Limits
from tests.streams import SECRET, secret_policy

CUT = "[REDACTED:github-token]"


@pytest.fixture(scope="module")
def mount():
    guard = Guard(secret_policy(limits=Limits(body_bytes=2_000)))
    yield Mount(guard)
    guard.close()


def screen(mount, body=b"", kind=None, *more, query=b""):
    headers = [(b"content-type", kind), *more] if kind is not None else list(more)
    return screened(mount, mount.guard.exchange(), Message(query, headers, body))


def refusal(mount, *given, **more):
    with pytest.raises(RefusedError) as found:
        screen(mount, *given, **more)
    return found.value.answer


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (b"image/png; charset=cp037", b"image/png"),
        (b"image/png; charset*=utf-8''cp037", b"image/png"),
        (b"image/png; charset*0=cp; charset*1=037", b"image/png"),
        (b'image/png; Charset = "utf-7"; x=1', b"image/png; x=1"),
        (b"image/png; charset=utf-8; charset=cp037", b"image/png"),
        (b"image/png", b"image/png"),
    ],
)
def test_no_charset_goes_along_that_nothing_was_read_in(mount, kind, shown):
    # Django reads the query string in the charset of the content type.
    found = screen(mount, b"\x89PNG", kind, query=b"q=a")

    assert named(found.headers, b"content-type") == [shown.decode()]


@pytest.mark.parametrize(
    ("kind", "body", "shown"),
    [
        (b"application/json; charset=utf-16", b'{"a": 1}', b"application/json"),
        (
            b"application/x-www-form-urlencoded; charset=utf-16",
            b"a=b",
            b"application/x-www-form-urlencoded",
        ),
        (b"text/plain; charset=latin-1", b"caf\xe9", b"text/plain; charset=iso8859-1"),
        (b"text/plain; charset=UTF-8; charset=utf-16", b"hi", b"text/plain; charset=utf-8"),
        (b"text/plain", b"hi", b"text/plain"),
        (b"text/plain; charset=utf-16", b"", b"text/plain"),
    ],
)
def test_the_charset_is_the_one_that_was_read(mount, kind, body, shown):
    assert named(screen(mount, body, kind).headers, b"content-type") == [shown.decode()]


def test_a_query_string_beside_a_text_in_another_charset_is_a_415(mount):
    latin = (b"caf\xe9", b"text/plain; charset=latin-1")

    assert refusal(mount, *latin, query=b"q=a").status == 415
    assert screen(mount, *latin).body == b"caf\xe9"
    assert screen(mount, b"cafe", b"text/plain; charset=ascii", query=b"q=a").query == b"q=a"


def test_headers_fit_the_body(mount):
    length = (b"Content-Length", b"999")
    chunked = (b"transfer-encoding", b"chunked")
    found = screen(mount, b'{ "a" : 1 }', b"application/json", length, chunked, (b"x-a", b"1"))

    assert found.headers == [
        (b"content-type", b"application/json"),
        (b"x-a", b"1"),
        (b"content-length", b"7"),
    ]
    assert screen(mount).headers == []


def test_a_compressed_body_arrives_plain_and_bounded(mount):
    encoding = (b"content-encoding", b"gzip")
    raw = gzip.compress(json.dumps({"t": SECRET}).encode())

    found = screen(mount, raw, b"application/json", encoding)

    assert found.body == f'{{"t":"{CUT}"}}'.encode()
    assert named(found.headers, b"content-encoding") == []
    bomb = gzip.compress(b"a " * 1_001)
    assert refusal(mount, bomb, b"text/plain", encoding).status == 413


@pytest.mark.parametrize(
    ("body", "kind", "query", "status"),
    [
        (b"{", b"application/json", b"", 400),
        (b"\xff", b"text/plain", b"", 400),
        (b"hi", b"text/plain; charset=cp037", b"", 415),
        (b"\x00\x01", b"application/x-unheard-of", b"", 400),
        (json.dumps({SECRET: 1}).encode(), b"application/json", b"", 400),
        (b"", None, b"q=%ff", 400),
    ],
)
def test_what_cannot_be_read_or_written_is_refused(mount, body, kind, query, status):
    assert refusal(mount, body, kind, query=query).status == status


def test_one_request_has_one_content_type(mount):
    again = (b"Content-Type", b"text/plain")

    assert refusal(mount, b"hi", b"text/plain", again).status == 415


def test_the_query_string_is_sent_on_as_it_was_unless_something_was_cut(mount):
    assert screen(mount, query=b"a=b%20c&d").query == b"a=b%20c&d"
    assert screen(mount, query="a=é".encode()).query == b"a=%C3%A9"
    assert screen(mount, query=f"a={SECRET}".encode()).query == b"a=%5BREDACTED%3Agithub-token%5D"


def test_a_refusal_holds_no_text_of_the_request(mount):
    answer = refusal(mount, json.dumps({SECRET: 1}).encode(), b"application/json")

    assert SECRET.encode() not in answer.body
    assert SECRET not in str(RefusedError(answer))
    assert too_large(5).answer.status == 413
