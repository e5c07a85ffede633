import json

import pytest

from shield.guard import Guard
from shield.types import Decision, SkipReason
from shield.wire.block_events import MessagesStream
from tests.blocks import (
    START,
    STOP,
    called,
    delta,
    end,
    event,
    events,
    heard,
    message,
    reason,
    said,
    starts,
    stops,
    thought,
)
from tests.gates import CUT, Tools, opened, run
from tests.streams import SECRET, secret_policy

WORDS = "This is an honest sentence about the weather. "
PING = event("ping")
FOUND = {"type": "web_search_result", "title": SECRET}


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def stream(guard, tools=None, **more):
    return opened(MessagesStream, guard, tools, **more)


@pytest.mark.parametrize("size", [1, 17, 100_000])
@pytest.mark.parametrize("mode", ["hold", "buffer"])
def test_a_clean_message_passes_byte_for_byte(guard, size, mode):
    cited = delta(1, "citations_delta", citation={"type": "char_location", "cited_text": "a fact"})
    quoted = [starts(1, "text", text="", citations=[]), cited, *said(WORDS, index=1)[1:]]
    raw = b": warm\n\n" + PING + message(thought(WORDS), quoted, called(index=2), [PING])
    of = stream(guard, mode=mode)

    assert run(of, raw, size) == raw
    assert of.over
    assert of.outcome.decision is Decision.ALLOW


def test_events_without_names_and_with_other_line_ends_survive_too(guard):
    raw = message(said(WORDS)).replace(b"\n", b"\r\n")
    bare = b"".join(b for b in message(said(WORDS)).splitlines(keepends=True) if b[:5] != b"event")

    assert run(stream(guard), raw, 3) == raw
    assert run(stream(guard), bare, 3) == bare


def test_most_of_an_answer_is_sent_before_its_end(guard):
    of = stream(guard)

    early = b"".join(of.feed(e) for e in [START, *said(WORDS * 20)[:-1]])

    assert len(heard(early)) > 20 * len(WORDS) - 160


def test_text_before_a_tools_call_does_not_wait_for_the_end(guard):
    of = stream(guard)

    early = b"".join(of.feed(e) for e in [START, *said("Let me see"), *called(index=1)])

    assert early.endswith(called(index=1)[-1])


@pytest.mark.parametrize("size", [1, 3, 10, 200])
def test_a_secret_over_several_deltas_is_cut_out(guard, size):
    text = f"{WORDS}The token is {SECRET} and it works. {WORDS}"

    out = run(stream(guard), message(said(text, size)))

    assert heard(out) == text.replace(SECRET, CUT)
    assert reason(out) == "end_turn"
    assert SECRET[:8].encode() not in out


@pytest.mark.parametrize("at", range(1, len(SECRET), 5))
def test_a_secret_over_two_blocks_is_cut_out(guard, at):
    out = run(stream(guard), message(said(f"It is {SECRET[:at]}"), said(f"{SECRET[at:]} so", 5, 1)))

    assert heard(out) == f"It is {CUT} so"


def test_a_secret_around_a_call_ends_the_message(guard):
    # What has left before the call cannot be taken back; what would complete it does not follow.
    blocks = [said(f"It is {SECRET[:20]}"), called(index=1), said(f"{SECRET[20:]} so", 5, 2)]
    of = stream(guard)
    out = run(of, message(*blocks))

    assert SECRET[20:30] not in heard(out)
    assert reason(out) == "refusal"
    assert of.outcome.decision is Decision.BLOCK


def test_blocks_that_overlap_are_judged_apart(guard):
    texts = [f"{WORDS}number {n} {SECRET if n == 2 else 'x'} {WORDS}" for n in range(4)]
    columns = [said(text, 5, n) for n, text in enumerate(texts)]
    rows = [c[i] for i in range(max(map(len, columns))) for c in columns if i < len(c)]

    out = run(stream(guard), message(rows))

    assert [heard(out, n) for n in range(4)] == [t.replace(SECRET, CUT) for t in texts]


def test_an_answer_of_many_blocks_needs_few_lanes(guard):
    parts = [said(f"{n}. ", 9, 2 * n) + called(f"t{n}", index=2 * n + 1) for n in range(100)]
    raw = message(*parts)

    assert run(stream(guard), raw, 500) == raw


def test_thinking_is_cut_and_its_signature_stays(guard):
    out = run(stream(guard), message(thought(f"so {SECRET} it is. ")))

    assert heard(out, field="thinking") == f"so {CUT} it is. "
    assert heard(out, field="signature") == "c2lnbmVk"


def test_deltas_of_an_unknown_kind_are_judged_as_texts_that_grow(guard):
    pieces = [delta(0, "novel_delta", novel=p) for p in (f"so {SECRET[:9]}", f"{SECRET[9:]} ok. ")]

    out = run(stream(guard), message([starts(0, "novel"), *pieces, stops(0)]))

    assert heard(out, field="novel") == f"so {CUT} ok. "


@pytest.mark.parametrize(
    "bad",
    [
        event("message_delta", delta={"stop_sequence": SECRET}, usage={}),
        event("novel", text=SECRET),
        event("ping", **{SECRET: 1}),
        f": {SECRET}\n\n".encode(),
        f'id: {SECRET}\nevent: ping\ndata: {{"type": "ping"}}\n\n'.encode(),
        event("error", error={"type": "api_error", "message": f"with {SECRET} in it"}),
        starts(5, "web_search_tool_result", content=[FOUND]) + stops(5),
        starts(5, "text", text=SECRET) + stops(5),
        starts(5, "text", text="", new={"deep": [SECRET]}) + stops(5),
        starts(5, "redacted_thinking", data=SECRET) + stops(5),
        starts(5, "text", text="")
        + delta(5, "citations_delta", citation={"cited_text": SECRET})
        + stops(5),
        starts(5, "tool_use", id="t", name="look", input={"a": SECRET}) + stops(5),
    ],
)  # fmt: skip
def test_nothing_leaves_by_a_side_door(guard, bad):
    raw = START + b"".join(said(WORDS)) + bad + end()

    out = run(stream(guard), raw)

    assert SECRET.encode() not in out
    assert heard(out, 0) == WORDS


def test_a_call_is_judged_whole_before_any_of_it_leaves(guard):
    tools = Tools(guard)
    of = stream(guard, tools)
    *parts, last = called(arguments='{"to": "bob", "n": [1, true]}')

    early = of.feed(START) + b"".join(of.feed(p) for p in parts)
    assert (early, tools.calls) == (START, [])

    assert of.feed(last) == b"".join(parts) + last
    assert tools.said == [("look", [("/to", "bob"), ("/n/0", 1), ("/n/1", True)])]
    assert tools.calls[0].id == "toolu_0"


@pytest.mark.parametrize(
    ("block", "arguments"),
    [
        ([starts(0, "tool_use", id="t", name="look", input={"a": 1}), stops(0)], [("/a", 1)]),
        ([starts(0, "tool_use", id="t", name="look", input={}), stops(0)], []),
        (called(arguments="{no"), [("/arguments", "{no")]),
    ],
)
def test_other_forms_of_calls_are_judged_too(guard, block, arguments):
    tools = Tools(guard)

    run(stream(guard, tools), message(block))

    assert tools.said == [("look", arguments)]


def test_calls_that_overlap_are_put_together_apart(guard):
    tools = Tools(guard)
    columns = [called(f"t{n}", f'{{"v": "{n}"}}', n) for n in range(3)]
    raw = message([part for row in zip(*columns, strict=True) for part in row])

    assert run(stream(guard, tools), raw) == raw
    assert tools.said == [(f"t{n}", [("/v", str(n))]) for n in range(3)]


def test_a_refused_call_cuts_the_message_and_nothing_of_it_leaves(guard):
    of = stream(guard)

    out = run(of, message(said(WORDS), called("refused", index=1), reason="tool_use"))

    assert b'"refused"' not in out
    assert b"tool_use" not in out
    assert (heard(out), reason(out)) == (WORDS, "refusal")
    assert of.outcome.decision is Decision.BLOCK


def test_a_call_in_a_place_of_its_own_is_judged_at_once(guard):
    tools = Tools(guard)
    call = {"type": "tool_use", "id": "t", "name": "refused", "input": {}}
    begun = event("message_start", message={"content": [call]})

    out = run(stream(guard, tools), begun + end())

    assert (tools.said, b"tool_use" in out) == ([("refused", [])], False)


def test_a_call_whose_block_does_not_stop_is_judged_at_the_end(guard):
    tools = Tools(guard)
    raw = START + b"".join(called()[:-1]) + end()

    assert run(stream(guard, tools), raw) == raw
    assert len(tools.calls) == 1


def test_a_kind_of_tool_to_come_is_judged_too(guard):
    tools = Tools(guard)
    begun = starts(0, "novel_tool_use", id="t", name="refused", input={})

    out = run(stream(guard, tools), message([begun, stops(0)]))

    assert (tools.said, b"novel" in out) == ([("refused", [])], False)


def test_blocks_that_are_opened_without_end_are_too_many(guard):
    of = stream(guard)
    raw = START + b"".join(starts(n, "text", text="") for n in range(300))

    out = run(of, raw)

    assert reason(out) == "refusal"
    assert of.outcome.verdict.coverage.skipped[0].reason is SkipReason.LIMIT
    opened_, stopped = (
        sum(e["type"] == f"content_block_{k}" for e in events(out)) for k in ("start", "stop")
    )
    assert opened_ == stopped


def test_what_the_provider_runs_itself_is_text(guard):
    tools = Tools(guard)
    raw = message([starts(0, "server_tool_use", id="s", name="refused", input={}), stops(0)])

    assert run(stream(guard, tools), raw) == raw
    assert not tools.calls


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"data: {oops\n\n", SkipReason.UNDECODABLE),
        (b"data: [1]\n\n", SkipReason.UNDECODABLE),
        (b'data: {"a": 1}\n\n', SkipReason.UNDECODABLE),
        (b'data: {"type": 3}\n\n', SkipReason.UNDECODABLE),
        (b'event: ping\ndata: {"type": "message_stop"}\n\n', SkipReason.UNDECODABLE),
        (b'data: {"type": "ping", "a": 1, "a": 2}\n\n', SkipReason.UNDECODABLE),
        (START, SkipReason.UNDECODABLE),
        (starts(0, "text", text=""), SkipReason.UNDECODABLE),
        (starts("0", "text"), SkipReason.UNDECODABLE),
        (starts(index=True, kind="text"), SkipReason.UNDECODABLE),
        (event("content_block_start", index=7, content_block="x"), SkipReason.UNDECODABLE),
        (delta(7, "text_delta", text="x"), SkipReason.UNDECODABLE),
        (event("content_block_delta", index=0, delta=[]), SkipReason.UNDECODABLE),
        (delta(0, "text_delta", text=3), SkipReason.UNDECODABLE),
        (stops(7), SkipReason.UNDECODABLE),
        (starts(7, "tool_use", name="t", input={"a": 1})
            + delta(7, "input_json_delta", partial_json="{}") + stops(7), SkipReason.UNDECODABLE),
        (b"data: \xff\xfe\n\n", SkipReason.UNDECODABLE),
        (b"data: " + b"[" * 90 + b"]" * 90 + b"\n\n", SkipReason.LIMIT),
        (b"data: " + b"x" * 5_000, SkipReason.LIMIT),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [7, 100_000])
def test_what_cannot_be_read_is_a_named_verdict_and_a_well_formed_ending(guard, bad, why, size):
    of = stream(guard, limit=4_000)

    out = run(of, START + b"".join(said(WORDS)[:-1]) + bad + said(SECRET)[1] + end(), size)

    assert [e["type"] for e in events(out)[-3:]] == [
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]
    assert reason(out) == "refusal"
    assert of.outcome.verdict.coverage.skipped[0].reason is why
    assert events(out)[-2]["verdict"] == of.outcome.verdict.id


def test_a_message_that_is_cut_before_it_began_has_a_beginning(guard):
    out = run(stream(guard), b"data: {oops\n\n")

    assert [e["type"] for e in events(out)] == ["message_start", "message_delta", "message_stop"]


def test_a_policy_that_accepts_what_cannot_be_read_lets_it_pass():
    guard = Guard(secret_policy(on_incomplete={SkipReason.UNDECODABLE: Decision.ALLOW}))
    raw = START + b"".join(said(WORDS)) + b"data: {oops\n\n" + end()

    for size in (5, 100_000):
        assert run(stream(guard), raw, size) == raw
    guard.close()


@pytest.mark.parametrize("kept", [1, 3, 4])
def test_half_a_message_ends_in_an_error(guard, kept):
    out = run(stream(guard), START + b"".join(said(WORDS, 20)[:kept]))

    assert events(out)[-1]["error"]["type"] == "api_error"
    assert b"event: error" in out


def test_half_a_call_does_not_leave(guard):
    out = run(stream(guard), START + b"".join(called()[:-1]))

    assert [e["type"] for e in events(out)] == ["message_start", "error"]


def test_an_error_of_the_provider_is_the_only_one(guard):
    raw = START + event("error", error={"type": "overloaded_error", "message": "Overloaded"})

    assert run(stream(guard), raw) == raw


def test_a_message_that_said_why_it_stopped_gets_its_end(guard):
    raw = message(said(WORDS))

    assert run(stream(guard), raw.removesuffix(STOP)) == raw


def test_what_comes_after_the_end_is_not_sent(guard):
    raw = message(said(WORDS))

    assert run(stream(guard), raw + said(SECRET, index=1)[1]) == raw


def test_only_what_a_client_shows_counts_as_a_beginning(guard):
    of = stream(guard)
    of.feed(START + PING + starts(0, "text", text=""))
    before = of.began
    of.feed(delta(0, "text_delta", text=WORDS * 2))

    assert (before, of.began) == (False, True)


def test_no_text_of_the_stream_is_in_a_verdict(guard):
    of = stream(guard)
    run(of, message(said(f"canary {SECRET}")))

    shown = json.dumps(str(of.outcome.verdict))
    assert "canary" not in shown
    assert SECRET not in shown
