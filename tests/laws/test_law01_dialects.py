"""Laws 1 and 2 for the streams of all dialects: any slicing gives the same, and no unjudged byte leaves."""

import json

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from shield.guard import Guard
from shield.wire.block_events import MessagesStream
from shield.wire.item_events import ResponsesStream
from tests import blocks, items
from tests.gates import CUT, opened
from tests.streams import SECRET, secret_policy

# Shrinking a stream would take minutes; the example as it was found says enough.
PATIENT = {
    "deadline": None,
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
clean = st.lists(
    st.sampled_from(["An honest sentence. ", "word ", "今天天气很好。", "\n\n", "3.14", "é😀", "x" * 90]),
    max_size=8,
).map("".join)  # fmt: skip
dirty = st.lists(
    st.sampled_from(
        [SECRET, SECRET[:20], SECRET[20:], "An honest sentence. ", "word ", "é😀", " "]
    ),
    max_size=8,
).map("".join)
sizes = st.lists(st.integers(1, 90), min_size=1, max_size=4)
ends = st.sampled_from([b"", b"data: {\n\n", b"\xff\n"])


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def message(texts, size):
    """Thinking, texts and calls in turn, as a message of Anthropic's."""
    kinds = [
        blocks.thought,
        blocks.said,
        lambda t, s, n: blocks.called("look", json.dumps({"q": t}), n, s),
    ]
    made = [kinds[n % 3](text, size, n) for n, text in enumerate(texts)]
    return blocks.message(*made)  # fmt: skip


def response(texts, size):
    """The same as a response of OpenAI's."""
    script = items.Script().begin()
    for n, text in enumerate(texts):
        if n % 3 == 0:
            script.reasoning(text, size)
        elif n % 3 == 1:
            script.message(text, size=size)
        else:
            script.call(arguments=json.dumps({"q": text}), size=size)
    return script.end().bytes


DIALECTS = [(MessagesStream, message), (ResponsesStream, response)]


def streamed(guard, kind, raw, steps):
    of = opened(kind, guard)
    out, at, turn = [], 0, 0
    while at < len(raw):
        piece = raw[at : at + steps[turn % len(steps)]]
        out.append(of.feed(piece))
        at, turn = at + len(piece), turn + 1
    return b"".join([*out, of.end()]), of.outcome.verdict


@pytest.mark.parametrize("dialect", DIALECTS)
@given(texts=st.lists(clean, max_size=4), slicing=st.tuples(st.integers(1, 40), sizes))
@settings(max_examples=12, **PATIENT)
def test_a_clean_answer_passes_byte_for_byte(guard, dialect, texts, slicing):
    (kind, written), (size, steps) = dialect, slicing
    raw = written(texts, size)

    assert streamed(guard, kind, raw, steps)[0] == raw


@pytest.mark.parametrize("dialect", DIALECTS)
@given(texts=st.lists(dirty, max_size=4), slicing=st.tuples(st.integers(1, 40), sizes), end=ends)
@settings(max_examples=12, **PATIENT)
@example(texts=["", f"It is {SECRET} indeed. "], slicing=(7, [1]), end=b"")
def test_an_answer_gives_the_same_for_any_slices_of_its_bytes(guard, dialect, texts, slicing, end):
    (kind, written), (size, steps) = dialect, slicing
    whole = written(texts, size)
    raw = whole[: len(whole) * 2 // 3] + end if end else whole

    (out, verdict), (other, others) = (streamed(guard, kind, raw, s) for s in (steps, [len(raw)]))

    assert out.replace(verdict.id.encode(), b"") == other.replace(others.id.encode(), b"")
    assert (verdict.decision, verdict.findings) == (others.decision, others.findings)


@pytest.mark.parametrize("at", range(1, len(SECRET)))
def test_a_secret_split_at_every_offset_leaves_no_message(guard, at):
    # Four blocks that overlap; in one of them the secret is in two deltas.
    rows = [
        [f"It is {SECRET[:at]}", f"{SECRET[at:]} indeed. "]
        if n == at % 4
        else ["Some words. ", "and more. "]
        for n in range(4)
    ]
    turns = [blocks.delta(n, "text_delta", text=rows[n][turn]) for turn in (0, 1) for n in range(4)]
    around = (
        [blocks.starts(n, "text", text="") for n in range(4)],
        [blocks.stops(n) for n in range(4)],
    )

    out, _ = streamed(guard, MessagesStream, blocks.message(around[0], turns, around[1]), [at + 7])

    expected = ["Some words. and more. "] * 4
    expected[at % 4] = f"It is {CUT} indeed. "
    assert [blocks.heard(out, n) for n in range(4)] == expected


@pytest.mark.parametrize("at", range(1, len(SECRET)))
def test_a_secret_split_at_every_offset_leaves_no_response(guard, at):
    where = [{"item_id": f"m{n}", "output_index": n, "content_index": 0} for n in range(4)]
    rows = [
        [f"It is {SECRET[:at]}", f"{SECRET[at:]} indeed. "]
        if n == at % 4
        else ["Some words. ", "and more. "]
        for n in range(4)
    ]
    script = items.Script().begin()
    for turn in (0, 1):
        for n in range(4):
            script.say("response.output_text.delta", **where[n], delta=rows[n][turn])
    for n in range(4):
        script.say("response.output_text.done", **where[n], text="".join(rows[n]))

    out, _ = streamed(guard, ResponsesStream, script.end().bytes, [at + 7])

    expected = ["Some words. and more. "] * 4
    expected[at % 4] = f"It is {CUT} indeed. "
    assert items.copies(out) == expected
    assert sorted(items.heard(out)) == sorted("".join(expected))


@pytest.mark.parametrize(("kind", "written"), DIALECTS)
def test_bytes_split_at_every_offset_give_the_same(guard, kind, written):
    raw = written(["hmm", f"Grüße 😀, {SECRET} and more words follow. ", "x"], 8)
    whole, verdict = streamed(guard, kind, raw, [len(raw)])

    for at in range(1, len(raw), 97):
        out, again = streamed(guard, kind, raw, [at, len(raw)])
        assert out.replace(again.id.encode(), b"") == whole.replace(verdict.id.encode(), b"")
