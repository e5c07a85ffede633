import json

import pytest

from shield.guard import Guard
from shield.types import Decision, Outcome, SkipReason
from shield.wire.deltas import ChatStream
from shield.wire.strict import Shape
from tests.streams import (
    DONE,
    HEAD,
    SECRET,
    chunk,
    content,
    documents,
    event,
    reasons,
    said,
    secret_policy,
    sliced,
)

SHAPE = Shape(depth=64, nodes=20_000)
WORDS = "This is an honest sentence about the weather. "
CUT = "[REDACTED:github-token]"


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


class Tools:
    """An action checkpoint that writes down what it is asked; it refuses what is named `refused`."""

    def __init__(self, guard):
        self.calls, self._guard = [], guard

    def __call__(self, call):
        self.calls.append(call)
        outcome = self._guard.exchange().output("fine")
        if call.name != "refused":
            return outcome
        return Outcome(_with(outcome.verdict, decision=Decision.BLOCK))


def _with(value, **changes):
    return type(value)(**{f: getattr(value, f) for f in value.__struct_fields__} | changes)


def stream(guard, tools=None, mode="hold", limit=100_000):
    gate = guard.exchange().stream(mode)
    return ChatStream(gate, tools or Tools(guard), shape=SHAPE, limit=limit)


def run(of, raw, size=50):
    return b"".join([*(of.feed(piece) for piece in sliced(raw, size)), of.end()])


def call_chunks(name="look", arguments='{"to": "bob"}', index=0, number=0):
    function = {"name": name, "arguments": ""}
    first = {"index": number, "id": f"c{number}", "type": "function", "function": function}
    parts = [{"index": number, "function": {"arguments": p}} for p in sliced(arguments, 4)]
    return [chunk({"tool_calls": [p]}, index) for p in [first, *parts]]


@pytest.mark.parametrize("size", [1, 17, 100_000])
@pytest.mark.parametrize("mode", ["hold", "buffer"])
def test_a_clean_stream_passes_byte_for_byte(guard, size, mode):
    usage = event({**HEAD, "choices": [], "usage": {"total_tokens": 5}})
    raw = b": warm\n\n" + b"".join(said(WORDS * 6)) + usage + DONE
    of = stream(guard, mode=mode)

    assert run(of, raw, size) == raw
    assert of.over
    assert of.outcome.decision is Decision.ALLOW


def test_other_line_ends_and_names_survive_too(guard):
    raw = b"event: delta\r\nid: 4\r\n" + said("Hi there.")[1].replace(b"\n", b"\r\n") + DONE

    assert run(stream(guard), raw, 3) == raw


def test_most_of_an_answer_is_sent_before_its_end(guard):
    of = stream(guard)

    early = b"".join(of.feed(c) for c in said(WORDS * 20)[:-1])

    assert len(content(early)) > 20 * len(WORDS) - 160


@pytest.mark.parametrize("size", [1, 3, 10, 200])
def test_a_secret_over_several_deltas_is_cut_out(guard, size):
    text = f"{WORDS * 2}The token is {SECRET} and it works. {WORDS * 2}"
    raw = b"".join(said(text, size)) + DONE

    out = run(stream(guard), raw)

    assert content(out) == text.replace(SECRET, CUT)
    assert reasons(out) == {0: "stop"}
    assert SECRET[:8].encode() not in out


def test_interleaved_choices_are_judged_apart(guard):
    texts = [f"{WORDS}number {n} {SECRET if n == 2 else 'x'} {WORDS}" for n in range(4)]
    columns = [said(text, 5, n) for n, text in enumerate(texts)]
    rows = max(map(len, columns))
    raw = b"".join(c[i] for i in range(rows) for c in columns if i < len(c)) + DONE

    out = run(stream(guard), raw)

    assert [content(out, n) for n in range(4)] == [t.replace(SECRET, CUT) for t in texts]
    assert set(reasons(out).values()) == {"stop"}


@pytest.mark.parametrize("field", ["refusal", "reasoning_content", "reasoning", "something_new"])
def test_every_field_of_a_delta_is_judged(guard, field):
    pieces = [chunk({field: p}) for p in sliced(f"so {SECRET} it is. ", 6)]

    out = run(stream(guard), b"".join(pieces) + DONE)

    assert content(out, field=field) == f"so {CUT} it is. "


@pytest.mark.parametrize(
    "bad",
    [
        event({**HEAD, "model": SECRET, "choices": []}),
        event({**HEAD, "choices": [], SECRET: 1}),
        event({**HEAD, "choices": [{"index": 0, "delta": {SECRET: 1}}]}),
        f": {SECRET}\n\n".encode(),
        f"event: {SECRET}\ndata: {{}}\n\n".encode(),
        f"id: {SECRET}\ndata: {{}}\n\n".encode(),
        f"unknown: {SECRET}\ndata: {{}}\n\n".encode(),
        event({"error": {"message": f"with {SECRET} in it"}}),
        event({**HEAD, "choices": [{"index": 0, "delta": {}, "logprobs": {"x": [SECRET]}}]}),
        event({**HEAD, "choices": [], "obfuscation": SECRET}),
    ],
)
def test_nothing_leaves_by_a_side_door(guard, bad):
    raw = b"".join(said(WORDS)[:-1]) + bad * 2 + chunk({}, finish="stop") + DONE

    out = run(stream(guard), raw)

    assert SECRET.encode() not in out
    assert content(out) == WORDS


def test_log_probabilities_are_taken_out_and_padding_says_nothing(guard):
    choice = {"index": 0, "delta": {"content": "Hi. "}, "logprobs": {"content": [{"bytes": [72]}]}}
    raw = event({**HEAD, "choices": [choice], "obfuscation": "aX9"}) + DONE

    (document, _) = documents(run(stream(guard), raw))

    assert document["choices"][0]["logprobs"] is None
    assert document["choices"][0]["delta"] == {"content": "Hi. "}
    assert document["obfuscation"] == "xxx"


def test_a_tool_call_is_judged_whole_before_any_of_it_leaves(guard):
    tools = Tools(guard)
    of = stream(guard, tools)
    parts = call_chunks(arguments='{"to": "bob", "n": [1, true]}')

    early = b"".join(of.feed(c) for c in parts)
    assert (early, tools.calls) == (b"", [])
    late = chunk({}, finish="tool_calls") + DONE

    assert early + of.feed(late) == b"".join(parts) + late
    (call,) = tools.calls
    assert (call.id, call.name) == ("c0", "look")
    assert [(a.path, a.value) for a in call.arguments] == [
        ("/to", "bob"),
        ("/n/0", 1),
        ("/n/1", True),
    ]


def test_parallel_calls_of_several_choices_are_put_together_apart(guard):
    tools = Tools(guard)
    columns = [call_chunks(f"t{c}{n}", f'{{"v": "{c}{n}"}}', c, n) for c in (0, 1) for n in (0, 1)]
    rows = [part for row in zip(*columns, strict=True) for part in row]
    ends = [chunk({}, c, "tool_calls") for c in (1, 0)]
    raw = b"".join([*rows, *ends]) + DONE

    assert run(stream(guard, tools), raw) == raw
    said_of = [(c.name, c.arguments[0].value) for c in tools.calls]
    assert said_of == [("t10", "10"), ("t11", "11"), ("t00", "00"), ("t01", "01")]


def test_a_refused_call_cuts_the_stream_and_nothing_of_it_leaves(guard):
    parts = [*said(WORDS)[:-1], *call_chunks("refused")]
    of = stream(guard, Tools(guard))

    out = run(of, b"".join(parts) + chunk({}, finish="tool_calls") + DONE)

    assert b"refused" not in out
    assert b"tool_calls" not in out
    assert reasons(out) == {0: "content_filter"}
    assert out.endswith(DONE)
    assert of.outcome.decision is Decision.BLOCK


@pytest.mark.parametrize(
    ("delta", "name", "value"),
    [
        ({"function_call": {"name": "old", "arguments": '{"a": 1}'}}, "old", 1),
        ({"tool_calls": [{"index": 0, "custom": {"name": "sh", "input": "ls"}}]}, "sh", "ls"),
        ({"tool_calls": [{"function": {"name": "bad", "arguments": "{no"}}]}, "bad", "{no"),
    ],
)
def test_other_forms_of_calls_are_judged_too(guard, delta, name, value):
    tools = Tools(guard)

    run(stream(guard, tools), chunk(delta) + chunk({}, finish="stop") + DONE)

    (call,) = tools.calls
    assert (call.name, call.arguments[0].value) == (name, value)


def test_a_call_without_a_finish_reason_is_judged_at_the_end(guard):
    tools = Tools(guard)
    raw = b"".join(call_chunks()) + DONE

    assert run(stream(guard, tools), raw) == raw
    assert len(tools.calls) == 1


def test_a_call_that_goes_on_after_its_finish_cuts(guard):
    late = call_chunks()[1]
    raw = b"".join(call_chunks()) + chunk({}, finish="tool_calls") + late + DONE

    of = stream(guard)
    out = run(of, raw)

    assert out.endswith(DONE)
    assert reasons(out).get(0) in {"content_filter", "tool_calls"}
    assert of.outcome.verdict.coverage.skipped[0].reason is SkipReason.UNDECODABLE


def test_a_block_ends_every_open_choice_in_the_dialect(guard):
    first = said(WORDS, 9, 0)
    second = said(WORDS, 9, 1)[:-1]
    out = run(stream(guard), b"".join([*first, *second]) + b"data: {oops\n\n" + DONE)

    last, done = documents(out)[-2:]
    assert done == "[DONE]"
    assert {c["finish_reason"] for c in last["choices"]} == {"content_filter"}
    assert last["id"] == HEAD["id"]
    assert last["model"] == HEAD["model"]
    assert last["verdict"]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b"data: {oops\n\n", SkipReason.UNDECODABLE),
        (b"data: hello\n\n", SkipReason.UNDECODABLE),
        (b"data: [1]\n\n", SkipReason.UNDECODABLE),
        (b'data: {"a": 1, "a": 2}\n\n', SkipReason.UNDECODABLE),
        (b'data: {"a": NaN}\n\n', SkipReason.UNDECODABLE),
        (b'data: {"a": "\\ud800"}\n\n', SkipReason.UNDECODABLE),
        (b'data: {"choices": 3}\n\n', SkipReason.UNDECODABLE),
        (b'data: {"choices": [3]}\n\n', SkipReason.UNDECODABLE),
        (b'data: {"choices": [{"index": "0"}]}\n\n', SkipReason.UNDECODABLE),
        (b'data: {"choices": [{"index": true}]}\n\n', SkipReason.UNDECODABLE),
        (b'data: {"choices": [{"delta": "x"}]}\n\n', SkipReason.UNDECODABLE),
        (chunk({"tool_calls": {"a": 1}}), SkipReason.UNDECODABLE),
        (chunk({"tool_calls": [{"index": -1}]}), SkipReason.UNDECODABLE),
        (chunk({"tool_calls": [{"function": "x"}]}), SkipReason.UNDECODABLE),
        (chunk({"tool_calls": [{"function": {"arguments": {}}}]}), SkipReason.UNDECODABLE),
        (b"data: \xff\xfe\n\n", SkipReason.UNDECODABLE),
        (b"data: " + b"[" * 90 + b"]" * 90 + b"\n\n", SkipReason.LIMIT),
        (b"data: " + b"x" * 5_000, SkipReason.LIMIT),
        (b": x\n" * 2_000, SkipReason.LIMIT),
    ],
)
@pytest.mark.parametrize("size", [7, 100_000])
def test_what_cannot_be_read_is_a_named_verdict_and_a_well_formed_ending(guard, bad, reason, size):
    of = stream(guard, limit=4_000)

    out = run(of, b"".join(said(WORDS)[:-1]) + bad + said(SECRET)[1] + DONE, size)

    assert out.endswith(DONE)
    assert documents(out)[-2]["choices"][0]["finish_reason"] == "content_filter"
    assert of.outcome.verdict.coverage.skipped[0].reason is reason
    assert of.outcome.decision is Decision.BLOCK


def test_a_policy_that_accepts_what_cannot_be_read_lets_it_pass():
    guard = Guard(secret_policy(on_incomplete={SkipReason.UNDECODABLE: Decision.ALLOW}))
    raw = b"".join(said(WORDS)) + b"data: {oops\n\n" + said("more")[1] + DONE

    for size in (5, 100_000):
        assert run(stream(guard), raw, size) == raw
    guard.close()


def test_a_policy_that_only_observes_changes_nothing():
    guard = Guard(secret_policy(mode="observe"))
    raw = b"".join(said(f"{WORDS} {SECRET}")) + DONE
    of = stream(guard)

    assert run(of, raw) == raw
    assert of.outcome.verdict.decision is Decision.REDACT
    guard.close()


def test_an_upstream_that_never_ends_is_cut_when_too_much_waits(guard):
    gate = guard.exchange().stream()
    of = ChatStream(gate, Tools(guard), shape=SHAPE, limit=4_000, held=2_000)
    of.feed(said("no end")[1])

    sent = [of.feed(b": still here\n\n") for _ in range(300)]

    assert of.over
    assert of.outcome.verdict.coverage.skipped[0].reason is SkipReason.LIMIT
    assert b"".join(sent).endswith(DONE)


def test_what_has_been_sent_makes_room_again(guard):
    gate = guard.exchange().stream()
    of = ChatStream(gate, Tools(guard), shape=SHAPE, limit=4_000, held=20_000)
    raw = b"".join(said(WORDS * 40)) + DONE

    assert len(raw) > 20_000
    assert run(of, raw) == raw


def test_half_an_answer_ends_in_an_error_event(guard):
    parts = said(WORDS * 2)[:-1]

    out = run(stream(guard), b"".join(parts))

    assert content(out) == WORDS * 2
    assert documents(out)[-2]["error"]["code"] == "upstream_ended"
    assert out.endswith(DONE)


def test_a_finished_answer_without_its_end_gets_one(guard):
    parts = b"".join(said(WORDS))

    assert run(stream(guard), parts) == parts + DONE


def test_half_a_call_does_not_leave(guard):
    out = run(stream(guard), b"".join(call_chunks()[:-1]))

    assert b"tool_calls" not in out
    assert documents(out)[-2]["error"]["code"] == "upstream_ended"


def test_an_answer_of_nothing_is_an_error(guard):
    assert documents(run(stream(guard), b""))[0]["error"]["code"] == "upstream_ended"


def test_what_comes_after_the_end_is_not_sent(guard):
    of = stream(guard)
    raw = b"".join(said(WORDS)) + DONE

    assert run(of, raw + said(SECRET)[1]) == raw
    assert of.feed(raw) == b""


def test_no_text_of_the_stream_is_in_a_verdict(guard):
    of = stream(guard)
    run(of, b"".join(said(f"canary {SECRET}")) + DONE)

    shown = json.dumps(str(of.outcome.verdict))
    assert "canary" not in shown
    assert SECRET not in shown


def test_a_redacting_lane_keeps_the_unknown_fields_of_its_chunk(guard):
    piece = chunk({"content": f"{SECRET} . "}, future={"a": [1, None]})

    out = run(stream(guard), piece + DONE)

    assert documents(out)[0]["future"] == {"a": [1, None]}
    assert content(out) == f"{CUT} . "
