"""Laws 1 and 2 at the hosts: any pieces, the same bytes; and no byte that was not judged."""

import re

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from shield.guard import Guard
from shield.hosts.answer import Answer, Head
from shield.hosts.mount import Mount
from shield.hosts.wsgi import ShieldWSGI
from tests import blocks
from tests.hosts.driven import answering, drive
from tests.items import Script
from tests.streams import DONE, SECRET, chunk, content, said, secret_policy, sliced

PATIENT = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
SSE, TEXT, LINES = "text/event-stream", "text/plain", "application/x-ndjson"
IDENTITY = re.compile(rb"[0-9a-f]{32}")
CUT = "[REDACTED:github-token]"


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def leaves(guard, pieces, kind):
    """Status, and what left at each step."""
    answer = Answer(Mount(guard), guard.exchange(), None, "POST")
    answer.start(Head(200, [(b"content-type", kind.encode())]))
    steps = [*(answer.feed(piece) for piece in pieces), answer.end()]
    heads = [s.head for s in steps if s.head]
    assert len(heads) == 1
    assert [s.over for s in steps].count(True) == 1
    return heads[0].status, [s.body for s in steps]


def by_answer(guard, pieces, kind):
    status, bodies = leaves(guard, pieces, kind)
    return status, b"".join(bodies)


def by_asgi(guard, pieces, kind):
    heard = drive(answering(pieces, kind), guard)
    return heard.status, heard.body


def by_wsgi(guard, pieces, kind):
    told = []

    def app(environ, start_response):
        start_response("200 OK", [("content-type", kind)])
        return iter(pieces)

    made = ShieldWSGI(app, guard=guard)(
        EnvironBuilder().get_environ(), lambda *given: told.append(given)
    )
    body = b"".join(made)
    made.close()
    return int(told[0][0][:3]), body


def same(found, expected):
    """Equal but for the ids of verdicts."""
    (status, body), (other, others) = found, expected
    assert status == other
    assert IDENTITY.sub(b"", body) == IDENTITY.sub(b"", others)


parts = st.sampled_from(
    [SECRET, SECRET[:20], SECRET[20:], "An honest sentence. ", "word ", "é😀", "\n", "x" * 90]
)
texts = st.lists(parts, max_size=10).map("".join)
endings = st.sampled_from([b"", DONE, b"data: {\n\n", b"\xff\n\n"])
sizes = st.lists(st.integers(1, 80), min_size=1, max_size=4)


def cut(raw, steps):
    found, at, turn = [], 0, 0
    while at < len(raw):
        found.append(raw[at : at + steps[turn % len(steps)]])
        at, turn = at + len(found[-1]), turn + 1
    return found


streams = st.one_of(
    st.tuples(
        st.just(SSE), st.builds(lambda t, n: b"".join(said(t, n)), texts, st.integers(1, 40))
    ),
    st.tuples(st.just(SSE), texts.map(lambda t: blocks.message(blocks.said(t, 7)))),
    st.tuples(st.just(SSE), texts.map(lambda t: Script().begin().message(t).end().bytes)),
    st.tuples(st.sampled_from([TEXT, LINES]), texts.map(str.encode)),
)


@given(streams, endings, sizes)
@settings(max_examples=50, **PATIENT)
def test_any_pieces_give_the_same_bytes_and_status(guard, stream, end, steps):
    kind, raw = stream[0], stream[1] + end

    same(by_answer(guard, cut(raw, steps), kind), by_answer(guard, [raw], kind))


@given(st.lists(parts, max_size=4).map("".join), st.integers(9, 40), endings, sizes)
@settings(max_examples=10, **PATIENT)
def test_both_hosts_send_what_the_answer_lets_leave(guard, text, size, end, steps):
    raw = b"".join(said(text, size)) + end
    pieces = cut(raw, steps)
    expected = by_answer(guard, [raw], SSE)

    same(by_asgi(guard, pieces, SSE), expected)
    same(by_wsgi(guard, pieces, SSE), expected)


@given(texts, st.integers(3, 40), st.lists(st.integers(20, 300), min_size=1, max_size=3))
@settings(max_examples=25, **PATIENT)
def test_what_has_left_is_at_each_step_a_prefix_of_the_redacted_whole(guard, text, size, steps):
    expected = guard.exchange().output(text).segments[0].text
    raw = b"".join(said(text, size)) + DONE

    _, bodies = leaves(guard, cut(raw, steps), SSE)

    sent = b""
    for body in filter(None, bodies):
        sent += body
        assert expected.startswith(content(sent[: sent.rfind(b"\n\n") + 2]))
    assert content(sent) == expected


@pytest.mark.parametrize("host", [by_asgi, by_wsgi], ids=["asgi", "wsgi"])
def test_a_secret_split_at_every_offset_over_four_choices_never_leaves(guard, host):
    for at in range(1, len(SECRET)):
        split = at % 4
        texts = [["Some words. ", "and more. "] for _ in range(4)]
        texts[split] = [f"It is {SECRET[:at]}", f"{SECRET[at:]} indeed. "]
        raw = b"".join(chunk({"content": texts[n][turn]}, n) for turn in (0, 1) for n in range(4))
        raw += b"".join(chunk({}, n, "stop") for n in range(4)) + DONE

        status, out = host(guard, sliced(raw, 97 + at), SSE)

        assert status == 200
        assert content(out, split) == f"It is {CUT} indeed. "
        assert all(content(out, n) == "Some words. and more. " for n in range(4) if n != split)


@pytest.mark.parametrize("kind", [SSE, TEXT])
@pytest.mark.parametrize("host", [by_answer, by_asgi, by_wsgi], ids=["answer", "asgi", "wsgi"])
def test_bytes_split_at_any_offset_give_the_same(guard, host, kind):
    text = f"Grüße 😀, it is {SECRET} and more words. "
    raw = b"".join(said(text, 9)) + DONE if kind == SSE else text.encode()
    expected = by_answer(guard, [raw], kind)
    step = 1 if kind == TEXT else 41

    for at in range(1, len(raw), step):
        same(host(guard, [raw[:at], raw[at:]], kind), expected)
