"""Laws 1 and 2 where it is hardest: a judging point falls inside a secret, at each of its offsets, in one of
four texts that come interleaved, in each dialect.
"""

import pytest

from shield.guard import Guard
from shield.wire.block_events import MessagesStream
from shield.wire.deltas import ChatStream
from shield.wire.item_events import ResponsesStream
from tests import blocks, items
from tests.gates import CUT, opened, run
from tests.streams import DONE, SECRET, chunk, content, secret_policy, sliced

POINT = 160  # characters without the end of a sentence
LANES = 4


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def texts(at):
    """Four texts; in one of them the first judging point is `at` characters into the secret."""
    filler = ("word " * POINT)[: POINT - at - 1] + " "
    return [
        f"{filler}{SECRET} and more. " if lane == at % LANES else "Some honest words. " * 12
        for lane in range(LANES)
    ]


def interleaved(at, size):
    """Pieces of the four texts in turn, with their lane."""
    rows = [sliced(text, size) for text in texts(at)]
    return [
        (lane, row[turn])
        for turn in range(max(map(len, rows)))
        for lane, row in enumerate(rows)
        if turn < len(row)
    ]


def chat(at, size):
    pieces = [chunk({"content": piece}, lane) for lane, piece in interleaved(at, size)]
    return b"".join([*pieces, *(chunk({}, lane, "stop") for lane in range(LANES)), DONE])


def message(at, size):
    began = [blocks.starts(lane, "text", text="") for lane in range(LANES)]
    pieces = [blocks.delta(lane, "text_delta", text=piece) for lane, piece in interleaved(at, size)]
    return blocks.message(began, pieces, [blocks.stops(lane) for lane in range(LANES)])


def response(at, size):
    where = [{"item_id": f"m{n}", "output_index": n, "content_index": 0} for n in range(LANES)]
    script = items.Script().begin()
    for lane, piece in interleaved(at, size):
        script.say("response.output_text.delta", **where[lane], delta=piece)
    for lane, text in enumerate(texts(at)):
        script.say("response.output_text.done", **where[lane], text=text)
    return script.end().bytes


def response_text(raw, lane):
    return "".join(
        e["delta"]
        for e in items.events(raw)
        if e["type"] == "response.output_text.delta" and e["output_index"] == lane
    )


DIALECTS = {
    "chat": (ChatStream, chat, content),
    "messages": (MessagesStream, message, blocks.heard),
    "responses": (ResponsesStream, response, response_text),
}


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("at", range(1, len(SECRET)))
def test_no_character_of_a_secret_leaves_wherever_a_judging_point_falls(guard, at, dialect):
    kind, written, joined = DIALECTS[dialect]
    expected = [text.replace(SECRET, CUT) for text in texts(at)]

    out = run(opened(kind, guard), written(at, 1 + at % 9), 40 + at)

    assert [joined(out, lane) for lane in range(LANES)] == expected


@pytest.mark.parametrize("at", range(1, len(SECRET)))
def test_no_character_leaves_a_gate_before_the_secret_is_over(guard, at):
    (text,) = [t for t in texts(at) if SECRET in t]
    of, out = guard.exchange().stream(), ""

    for char in text:
        out += of.feed(char)
        assert text.replace(SECRET, CUT).startswith(out)

    assert out + of.end() == text.replace(SECRET, CUT)
