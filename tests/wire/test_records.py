import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shield.guard import Guard
from shield.types import Decision, Outcome, SkipReason
from shield.wire.framing import EVENTS, LINES
from shield.wire.records import RecordStream
from shield.wire.strict import Shape
from tests.streams import SECRET, chunk, secret_policy, sliced

SHAPE = Shape(depth=32, nodes=2_000)
CUT = "[REDACTED:github-token]"
WORDS = "This is an honest sentence about the weather. "
PATIENT = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def stream(guard, framing=EVENTS, *, action=None, limit=4_000, held=100_000):
    def passes(call):
        return guard.exchange().output("fine")

    gate = guard.exchange().stream()
    return RecordStream(
        gate, action or passes, shape=SHAPE, limit=limit, held=held, framing=framing
    )


def run(of, raw, size=50):
    return b"".join([*(of.feed(piece) for piece in sliced(raw, size)), of.end()])


def events(*datas, name=""):
    head = f"event: {name}\n" if name else ""
    return "".join(f"{head}data: {data}\n\n" for data in datas).encode()


def lines(*documents):
    return "".join(json.dumps(d) + "\n" for d in documents).encode()


@pytest.mark.parametrize("size", [1, 17, 10_000])
@pytest.mark.parametrize(
    ("framing", "raw"),
    [
        (EVENTS, b": hi\n\n" + events("Hello", "there. ", '{"a": [1, "b"]}', "[DONE]", name="x")),
        (EVENTS, b"id: 7\r\ndata: two\r\ndata: lines\r\n\r\nretry: 5\r\n\r\n"),
        (EVENTS, events("{no json", '"a string"', "17", "", "null")),
        (LINES, b'{ "a" : "b" }\n\n[1, 2]\r\n"c"\n3\nnull'),
    ],
)
def test_a_clean_stream_passes_byte_for_byte(guard, framing, raw, size):
    of = stream(guard, framing)

    assert run(of, raw, size) == raw
    assert (of.over, of.cut) == (True, False)
    assert of.outcome.decision is Decision.ALLOW


tokens = st.lists(
    st.sampled_from([SECRET, SECRET[:20], SECRET[20:], "word ", WORDS, "é😀 ", "A1", ". "]),
    max_size=10,
)


@given(tokens, st.integers(1, 60), st.sampled_from(["data", "json", "lines"]))
@settings(max_examples=40, **PATIENT)
def test_any_slicing_gives_the_same(guard, parts, size, form):
    raw = {
        "data": lambda: events(*parts),
        "json": lambda: events(*(json.dumps({"type": "t", "d": p}) for p in parts)),
        "lines": lambda: lines(*({"d": {"text": p}} for p in parts)),
    }[form]()
    framing = LINES if form == "lines" else EVENTS
    one, other = stream(guard, framing), stream(guard, framing)

    assert run(one, raw, size) == run(other, raw, len(raw) or 1)
    assert one.outcome.decision is other.outcome.decision


@pytest.mark.parametrize("form", ["data", "json", "lines"])
def test_a_secret_split_over_two_records_at_any_offset_never_leaves(guard, form):
    for at in range(1, len(SECRET)):
        parts = ["It is ", SECRET[:at], SECRET[at:], " indeed. "]
        if form == "data":
            raw = events(*parts)
        elif form == "json":
            raw = events(*(json.dumps({"t": p}) for p in parts))
        else:
            raw = lines(*({"t": p} for p in parts))

        out = run(stream(guard, LINES if form == "lines" else EVENTS), raw)

        assert SECRET[:at].encode() not in out or at < 5, at
        assert SECRET[at:].encode() not in out or len(SECRET) - at < 5, at


@pytest.mark.parametrize("before", ["", "word", "x" * 30])
def test_a_secret_that_stands_by_itself_is_found_whatever_came_before(guard, before):
    raw = lines({"t": before}, {"t": SECRET}, {"t": " more"})

    assert [json.loads(line)["t"] for line in run(stream(guard, LINES), raw).splitlines()][1:] == [
        CUT,
        " more",
    ]


@pytest.mark.parametrize(
    "raw",
    [
        f": {SECRET}\n\n".encode(),
        events("x", name=SECRET),
        f"id: {SECRET}\ndata: x\n\n".encode(),
        f"other: {SECRET}\ndata: x\n\n".encode(),
        events(json.dumps({SECRET: 1})),
    ],
)
def test_nothing_leaves_by_a_side_door(guard, raw):
    out = run(stream(guard), events("before") + raw + events("after"))

    assert out == events("before") + events("after")


def test_kinds_of_events_are_texts_of_their_own(guard):
    half, rest = SECRET[:20], SECRET[20:]
    raw = events(
        json.dumps({"type": "token", "text": f"so {half}"}),
        json.dumps({"type": "status", "text": "busy. "}),
        json.dumps({"type": "token", "text": f"{rest} it is. "}),
    )

    out = run(stream(guard), raw).decode()

    assert half not in out
    assert rest not in out
    assert "busy. " in out


def test_names_that_are_repeated_are_not_joined(guard):
    raw = lines(*({"model": "ghp_", "id": SECRET[4:20], "t": "so. "} for _ in range(30)))

    assert run(stream(guard, LINES), raw) == raw


def refusing(guard):
    calls = []

    def action(call):
        calls.append(call.name)
        outcome = guard.exchange().output("fine")
        fields = {f: getattr(outcome.verdict, f) for f in outcome.verdict.__struct_fields__}
        return Outcome(type(outcome.verdict)(**{**fields, "decision": Decision.BLOCK}))

    return calls, action


def test_a_whole_tool_call_is_judged_before_it_leaves(guard):
    calls, action = refusing(guard)
    call = {"function": {"name": "look", "arguments": {"at": 1}}}
    raw = lines({"t": WORDS}, {"message": {"tool_calls": [call]}}, {"t": "unseen"})

    out = run(stream(guard, LINES, action=action), raw)

    assert calls == ["look"]
    assert b"look" not in out
    assert b"unseen" not in out
    assert json.loads(out.splitlines()[-1])["error"]["code"] == "content_filter"


def test_parts_of_a_call_in_no_known_dialect_cut_the_stream(guard):
    part = {"index": 0, "function": {"name": "look", "arguments": '{"a'}}
    of = stream(guard)

    run(of, events("hi") + chunk({"tool_calls": [part]}))

    assert of.cut
    assert of.outcome.verdict.coverage.skipped[0].reason is SkipReason.UNDECODABLE


@pytest.mark.parametrize(
    ("framing", "bad", "reason"),
    [
        (EVENTS, b"data: \xff\n\n", "undecodable"),
        (EVENTS, b'data: {"a": 1, "a": 2}\n\n', "undecodable"),
        (EVENTS, b"data: " + b"x" * 4_001, "limit"),
        (EVENTS, b"data: " + b"[" * 40 + b"]" * 40 + b"\n\n", "limit"),
        (LINES, b"{oops\n", "undecodable"),
        (LINES, b'"' + b"x" * 4_001, "limit"),
        (LINES, b"oops", "undecodable"),
    ],
)
def test_what_cannot_be_read_cuts_with_a_reason(guard, framing, bad, reason):
    good = events("hello. ") if framing is EVENTS else lines({"t": "hello. "})
    of = stream(guard, framing)

    out = run(of, good + bad)

    assert out.startswith(good) or not of.began
    assert b"content_filter" in out
    assert of.outcome.verdict.coverage.skipped[0].reason == reason
    assert of.feed(b"more") == of.end() == b""


def test_a_policy_may_let_pass_what_cannot_be_read():
    guard = Guard(secret_policy(on_incomplete={SkipReason.UNDECODABLE: Decision.ALLOW}))
    raw = lines({"t": "half"}) + b"{oops\n" + lines({"t": SECRET}) + b"rest"

    assert run(stream(guard, LINES), raw, 7) == raw
    guard.close()


def test_records_that_wait_are_bounded(guard):
    of = stream(guard, LINES, held=300)

    run(of, lines(*({"t": "word "} for _ in range(40))))

    assert of.outcome.verdict.coverage.skipped[0].reason == "limit"


def test_an_event_that_is_not_over_is_dropped(guard):
    assert run(stream(guard), events("one") + b"data: two") == events("one")
