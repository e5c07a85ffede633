import json

import pytest

from shield.guard import Guard
from shield.types import Decision, SkipReason
from shield.wire.item_events import ResponsesStream
from tests.gates import CUT, Tools, opened, run
from tests.items import RESPONSE, Script, answer, copies, events, heard
from tests.streams import DONE, SECRET, secret_policy

WORDS = "This is an honest sentence about the weather. "
WHERE = {"item_id": "msg_1", "output_index": 0, "content_index": 0}


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def stream(guard, tools=None, **more):
    return opened(ResponsesStream, guard, tools, **more)


def bare(kind, **fields):
    return f"data: {json.dumps({'type': kind, **fields})}\n\n".encode()


def kinds(raw):
    return [e["type"].removeprefix("response.") for e in events(raw)]


@pytest.mark.parametrize("size", [1, 17, 100_000])
@pytest.mark.parametrize("mode", ["hold", "buffer"])
def test_a_clean_response_passes_byte_for_byte(guard, size, mode):
    script = Script().begin().reasoning("hmm, let me think").message(WORDS, "and more")
    raw = b": warm\n\n" + script.call().message("no", kind="refusal").end().bytes
    of = stream(guard, mode=mode)

    assert run(of, raw, size) == raw
    assert of.over
    assert of.outcome.decision is Decision.ALLOW


def test_most_of_an_answer_is_sent_before_its_end(guard):
    of = stream(guard)

    early = b"".join(of.feed(e) for e in Script().begin().message(WORDS * 20).raw[:-3])

    assert len(heard(early)) > 20 * len(WORDS) - 160


@pytest.mark.parametrize("size", [1, 3, 10, 200])
def test_a_redaction_holds_in_every_copy_of_a_text(guard, size):
    text = f"{WORDS}The token is {SECRET} and it works. {WORDS}"

    out = run(stream(guard), answer(text, size=size))

    assert heard(out) == text.replace(SECRET, CUT)
    assert copies(out) == [heard(out)] * 4
    assert SECRET[:8].encode() not in out


def test_a_redaction_holds_in_refusals_and_reasoning_too(guard):
    text = f"so {SECRET} it is"
    script = Script().begin().reasoning(text).message(text, kind="refusal").end()

    out = run(stream(guard), script.bytes)

    expected = f"so {CUT} it is"
    assert heard(out, "reasoning_summary_text") == heard(out, "refusal") == expected
    assert copies(out, "refusal", "refusal") == [expected] * 4
    assert SECRET[:8].encode() not in out


def test_a_redaction_holds_in_every_copy_of_a_calls_arguments(guard):
    out = run(stream(guard), Script().begin().call(arguments=f'{{"key": "{SECRET}"}}').end().bytes)

    asked = f'{{"key": "{CUT}"}}'
    assert heard(out, "function_call_arguments") == asked
    found = [e["arguments"] for e in events(out) if e["type"].endswith("arguments.done")]
    found += [e["item"]["arguments"] for e in events(out) if e["type"].endswith("item.done")]
    found += [events(out)[-1]["response"]["output"][0]["arguments"]]
    assert found == [asked] * 3


def test_a_text_that_comes_only_as_a_whole_is_cut_alike_everywhere(guard):
    script = Script().begin()
    part = {"type": "output_text", "text": f"so {SECRET} it is", "annotations": []}
    script.say("response.output_text.done", **WHERE, text=part["text"])
    script.say("response.content_part.done", **WHERE, part=part)
    item = {"id": "msg_1", "type": "message", "role": "assistant", "content": [part]}

    out = run(stream(guard), script.item(item).end().bytes)

    assert copies(out) == [f"so {CUT} it is"] * 4


def test_a_copy_that_says_something_else_is_judged_by_itself(guard):
    script = Script().begin()
    script.say("response.output_text.delta", **WHERE, delta="nothing at all")
    script.say("response.output_text.done", **WHERE, text=f"but {SECRET} here")

    out = run(stream(guard), script.end().bytes)

    assert (heard(out), copies(out)) == ("nothing at all", [f"but {CUT} here"])


def test_what_a_part_begins_with_belongs_to_its_text(guard):
    part = {"type": "output_text", "text": SECRET[:9]}
    script = Script().begin().say("response.content_part.added", **WHERE, part=part)
    script.say("response.output_text.delta", **WHERE, delta=f"{SECRET[9:]} ok. ")

    out = run(stream(guard), script.end().bytes)

    assert SECRET[:9].encode() not in out
    assert SECRET[9:20].encode() not in out


def test_parts_that_overlap_are_judged_apart(guard):
    texts = [f"{WORDS}number {n} {SECRET if n == 2 else 'x'} {WORDS}" for n in range(4)]
    script = Script().begin()
    for at in range(0, max(map(len, texts)), 5):
        for n, text in enumerate(texts):
            where = {**WHERE, "content_index": n}
            script.say("response.output_text.delta", **where, delta=text[at : at + 5])
    for n, text in enumerate(texts):
        script.say("response.output_text.done", **{**WHERE, "content_index": n}, text=text)

    out = run(stream(guard), script.end().bytes)

    said = [
        "".join(e["delta"] for e in events(out) if e.get("content_index") == n and "delta" in e)
        for n in range(4)
    ]
    assert said == copies(out) == [t.replace(SECRET, CUT) for t in texts]


def test_an_answer_of_many_items_needs_few_lanes(guard):
    script = Script().begin()
    for n in range(80):
        script.message(f"{n}. ").call(f"t{n}")

    raw = script.end().bytes
    assert run(stream(guard), raw, 500) == raw


@pytest.mark.parametrize(
    "stem",
    ["reasoning_text", "mcp_call_arguments", "code_interpreter_call_code", "audio.transcript", "new"],
)  # fmt: skip
def test_every_text_that_comes_in_deltas_is_judged(guard, stem):
    script = Script().begin()
    for piece in (f"so {SECRET[:9]}", f"{SECRET[9:]} ok. "):
        script.say(f"response.{stem}.delta", output_index=0, delta=piece)

    assert heard(run(stream(guard), script.end().bytes), stem) == f"so {CUT} ok. "


@pytest.mark.parametrize(
    "bad",
    [
        bare("response.output_text.annotation.added", annotation={"url": f"http://x/{SECRET}"}),
        bare("response.created", response={**RESPONSE, "instructions": f"say {SECRET}"}),
        bare("response.novel", text=SECRET),
        bare("response.shell_call_output_content.delta", delta={"stdout": SECRET}),
        bare("error", message=f"with {SECRET} in it"),
        bare("keepalive", **{SECRET: 1}),
        f": {SECRET}\n\n".encode(),
        f'id: {SECRET}\ndata: {{"type": "keepalive"}}\n\n'.encode(),
        bare("response.output_text.delta", delta="", logprobs=[{"token": SECRET}], **WHERE),
        bare("response.output_text.delta", delta="", obfuscation=SECRET, **WHERE),
        bare("response.output_item.added", output_index=5, item={"type": "x", "code": SECRET}),
        bare("response.output_item.done", output_index=5, item={"type": "x", "text": SECRET}),
    ],
)  # fmt: skip
def test_nothing_leaves_by_a_side_door(guard, bad):
    script = Script().begin().message(WORDS)

    out = run(stream(guard), script.bytes + bad + script.end().raw[-1])

    assert SECRET.encode() not in out
    assert heard(out) == WORDS


def test_log_probabilities_within_log_probabilities_do_not_confuse(guard):
    script = Script().begin().say("response.novel", logprobs=[{"logprobs": [SECRET]}])

    out = run(stream(guard), script.end().bytes)

    assert events(out)[2]["logprobs"] == []
    assert SECRET.encode() not in out


def test_the_instructions_that_a_response_repeats_are_left_out(guard):
    response = {**RESPONSE, "instructions": "say nothing of the weather"}
    script = Script().say("response.created", response=response).message(WORDS)
    script.say("response.completed", response={**response, "output": script.output})

    out = run(stream(guard), script.bytes)

    assert b"say nothing" not in out
    assert events(out)[-1]["response"]["instructions"] is None
    assert copies(out) == [WORDS] * 4


def test_log_probabilities_are_taken_out_and_padding_says_nothing(guard):
    script = Script().begin()
    script.say(
        "response.output_text.delta",
        **WHERE,
        delta="Hi. ",
        logprobs=[{"token": "Hi", "bytes": [72]}],
        obfuscation="aX9",
    )

    found = events(run(stream(guard), script.end().bytes))[2]

    assert (found["delta"], found["logprobs"], found["obfuscation"]) == ("Hi. ", [], "xxx")


def test_a_call_is_judged_whole_before_any_of_it_leaves(guard):
    tools = Tools(guard)
    of = stream(guard, tools)
    begin, *rest = Script().begin().call(arguments='{"to": "bob", "n": [1, true]}').raw
    *parts, last = rest[1:]

    early = of.feed(begin) + b"".join(of.feed(p) for p in (rest[0], *parts))
    assert (early, tools.calls) == (begin + rest[0], [])

    assert of.feed(last) == b"".join(parts) + last
    assert tools.said == [("look", [("/to", "bob"), ("/n/0", 1), ("/n/1", True)])]
    assert tools.calls[0].id == "c0"


@pytest.mark.parametrize("kind", ["function_call", "custom_tool_call"])
def test_a_call_is_judged_once_though_it_comes_again_in_the_response(guard, kind):
    tools = Tools(guard)
    raw = Script().begin().call(kind=kind).call("other", kind=kind).end().bytes

    assert run(stream(guard, tools), raw) == raw
    assert [c.name for c in tools.calls] == ["look", "other"]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "function_call", "name": "refused", "arguments": "{}"},
        {"type": "custom_tool_call", "name": "refused", "input": "ls"},
        {"type": "mcp_approval_request", "name": "refused", "arguments": "{}"},
    ],
)
@pytest.mark.parametrize("only", ["item", "response"])
def test_a_refused_call_cuts_the_response_and_nothing_of_it_leaves(guard, item, only):
    script = Script().begin().message(WORDS)
    script = script.item(item) if only == "item" else script
    script.output.append(item)
    of = stream(guard)

    out = run(of, script.end().bytes)

    assert b'"refused"' not in out
    assert item["type"].encode() not in out
    assert kinds(out)[-1] == "incomplete"
    assert events(out)[-1]["response"]["incomplete_details"] == {"reason": "content_filter"}
    assert of.outcome.decision is Decision.BLOCK


@pytest.mark.parametrize("field", ["arguments", "name"])
def test_a_call_that_ends_as_another_is_judged_as_both(guard, field):
    script = Script().begin().call()
    began, ended = json.loads(script.raw[2].split(b"data: ")[1]), script.output[0]
    script.raw.pop()
    changed = {"arguments": '{"to": "eve"}', "name": "send"}[field]
    tools = Tools(guard)

    script.say("response.output_item.done", output_index=0, item={**ended, field: changed})
    script.output = []
    run(stream(guard, tools), script.end().bytes)

    assert began["item"]["name"] == "look"
    assert len(tools.calls) > 1
    assert {c.name for c in tools.calls} >= ({"look", "send"} if field == "name" else {"look"})
    said = {a.value for c in tools.calls for a in c.arguments}
    assert said == ({"bob"} if field == "name" else {"bob", "eve"})


def test_a_call_without_its_end_is_judged_with_the_response(guard):
    tools = Tools(guard)
    script = Script().begin().call()
    script.raw = script.raw[:-2]
    script.output = []

    run(stream(guard, tools), script.end("incomplete").bytes)

    assert tools.said == [("look", [("/to", "bob")])]


def test_what_the_provider_runs_itself_is_text(guard):
    tools = Tools(guard)
    item = {"type": "mcp_call", "id": "m", "name": "refused", "arguments": "{}", "output": "ok"}
    raw = Script().begin().item(item).end().bytes

    assert run(stream(guard, tools), raw) == raw
    assert not tools.calls


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("response.audio.delta", {"delta": "UklGRg=="}),
        ("response.image_generation_call.partial_image", {"partial_image_b64": "iVBORw=="}),
        (
            "response.output_item.done",
            {"output_index": 0, "item": {"type": "image_generation_call", "result": "iVBORw=="}},
        ),
    ],
)
def test_sound_and_pictures_pass_and_are_named_on_the_receipt(guard, kind, fields):
    raw = Script().begin().say(kind, **fields).message(f"so {SECRET} it is").end().bytes
    of = stream(guard)

    out = run(of, raw)

    assert [s.reason for s in of.outcome.verdict.coverage.skipped] == [SkipReason.MEDIA]
    assert f'"{kind}"'.encode() in out
    assert heard(out) == f"so {CUT} it is"  # the rest is judged as ever


def test_a_policy_that_takes_no_media_cuts():
    guard = Guard(secret_policy(on_incomplete={}))
    of = stream(guard)

    out = run(of, Script().begin().say("response.audio.delta", delta="UklGRg==").end().bytes)

    assert b"UklGRg" not in out
    assert kinds(out) == ["created", "in_progress", "incomplete"]
    assert of.outcome.verdict.coverage.skipped[0].reason is SkipReason.MEDIA
    guard.close()


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (b"data: {oops\n\n", SkipReason.UNDECODABLE),
        (b"data: [1]\n\n", SkipReason.UNDECODABLE),
        (b'data: {"a": 1}\n\n', SkipReason.UNDECODABLE),
        (b'event: x\ndata: {"type": "response.done"}\n\n', SkipReason.UNDECODABLE),
        (bare("response.output_text.delta", delta="x", output_index="0"), SkipReason.UNDECODABLE),
        (bare("response.output_text.delta", delta="x", output_index=-1), SkipReason.UNDECODABLE),
        (bare("response.function_call_arguments.delta", delta="x", output_index=7), SkipReason.UNDECODABLE),
        (bare("response.function_call_arguments.done", arguments="x", output_index=7), SkipReason.UNDECODABLE),
        (bare("response.output_item.added", item={"type": "function_call"}), SkipReason.UNDECODABLE),
        (b"data: \xff\xfe\n\n", SkipReason.UNDECODABLE),
        (b"data: " + b"[" * 90 + b"]" * 90 + b"\n\n", SkipReason.LIMIT),
        (b"data: " + b"x" * 5_000, SkipReason.LIMIT),
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [7, 100_000])
def test_what_cannot_be_read_is_a_named_verdict_and_a_well_formed_ending(guard, bad, why, size):
    of = stream(guard, limit=4_000)
    script = Script().begin().message(WORDS * 3)

    out = run(of, b"".join(script.raw[:-5]) + bad + answer(SECRET), size)

    assert kinds(out)[-4:] == [
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "incomplete",
    ]
    assert set(copies(out)) == {heard(out)}  # what is closed says what was said
    assert heard(out)
    numbers = [e["sequence_number"] for e in events(out)]
    assert numbers == list(range(len(numbers)))
    last = events(out)[-1]
    assert (last["response"]["id"], last["response"]["status"]) == ("resp_1", "incomplete")
    assert last["verdict"] == of.outcome.verdict.id
    assert of.outcome.verdict.coverage.skipped[0].reason is why


def test_a_response_that_is_cut_before_it_began_has_a_beginning(guard):
    out = run(stream(guard), b"data: {oops\n\n")

    assert kinds(out) == ["created", "incomplete"]


@pytest.mark.parametrize("kept", [1, 4, 8])
def test_half_a_response_ends_in_an_error(guard, kept):
    out = run(stream(guard), b"".join(Script().begin().message(WORDS).raw[:kept]))

    assert events(out)[-1]["type"] == "error"
    assert events(out)[-1]["code"] == events(out)[-1]["error"]["code"] == "upstream_ended"


def test_half_a_call_does_not_leave(guard):
    out = run(stream(guard), b"".join(Script().begin().call().raw[:-1]))

    assert kinds(out) == ["created", "in_progress", "error"]


def test_an_error_of_the_provider_is_the_only_one(guard):
    raw = Script().begin().say("error", code="server_error", message="Overloaded").bytes

    assert run(stream(guard), raw) == raw


@pytest.mark.parametrize("end", ["completed", "incomplete", "failed"])
def test_what_comes_after_the_end_is_not_sent(guard, end):
    raw = Script().begin().message(WORDS).end(end).bytes

    assert run(stream(guard), raw + DONE + answer(SECRET)) == raw


def test_only_what_a_client_shows_counts_as_a_beginning(guard):
    of = stream(guard)
    raw = Script().begin().message(WORDS * 2).raw
    of.feed(b"".join(raw[:4]))
    before = of.began
    of.feed(b"".join(raw[4:-3]))

    assert (before, of.began) == (False, True)


def test_no_text_of_the_stream_is_in_a_verdict(guard):
    of = stream(guard)
    run(of, answer(f"canary {SECRET}"))

    shown = json.dumps(str(of.outcome.verdict))
    assert "canary" not in shown
    assert SECRET not in shown
