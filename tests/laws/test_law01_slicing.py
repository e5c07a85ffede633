"""Law 1: any slicing of a stream releases the same bytes and gives the same decision."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from shield.guard import Guard
from shield.wire.deltas import ChatStream
from shield.wire.strict import Shape
from tests.streams import DONE, SECRET, chunk, content, said, secret_policy

SHAPE = Shape(depth=64, nodes=20_000)
PATIENT = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}

pieces = st.sampled_from(
    [
        SECRET,
        SECRET[:20],
        SECRET[20:],
        "password = ",
        "Xk9!fQ2zLp7w",
        "-----BEGIN RSA " + "PRIVATE KEY-----\n",
        "MIIEpAIBAAKCAQEA7bq0 4vXz81kdJw/Qm+Lr\n",
        "An honest sentence about nothing. ",
        "word ",
        "x" * 90,
        "今天天气很好。",
        "\n\n",
        "3.14",
        "é😀",
        "Dr. Jekyll ",
        " ",
    ]
)
answers = st.lists(pieces, max_size=14).map("".join)
sizes = st.lists(st.integers(1, 60), min_size=1, max_size=5)


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


def cut(data, steps):
    found, at, turn = [], 0, 0
    while at < len(data):
        found.append(data[at : at + steps[turn % len(steps)]])
        at, turn = at + len(found[-1]), turn + 1
    return found


def told(guard, text, steps, mode):
    gate = guard.exchange().stream(mode)
    out = "".join([*(gate.feed(piece) for piece in cut(text, steps)), gate.end()])
    verdict = gate.outcome.verdict
    return out, verdict.decision, verdict.findings, verdict.edits


@given(answers, sizes, st.sampled_from(["hold", "buffer"]))
@settings(max_examples=40, **PATIENT)
@example(f"{'word ' * 31}{SECRET} and more. ", [1], "hold")
def test_a_gate_gives_the_same_for_any_pieces(guard, text, steps, mode):
    assert told(guard, text, steps, mode) == told(guard, text, [len(text) or 1], mode)


@given(answers, sizes)
@settings(max_examples=40, **PATIENT)
def test_what_is_not_cut_is_what_the_library_would_have_given(guard, text, steps):
    out, decision, findings, edits = told(guard, text, steps, "hold")
    whole = guard.exchange().output(text)

    if decision is whole.decision and whole.passes:
        assert (findings, edits) == (whole.verdict.findings, whole.verdict.edits)
        assert out == whole.segments[0].text
    else:
        assert decision.rank >= whole.decision.rank


def streamed(guard, raw, steps):
    of = ChatStream(
        guard.exchange().stream(),
        lambda call: guard.exchange().output(call.name),
        shape=SHAPE,
        limit=20_000,
    )
    out = b"".join([*(of.feed(piece) for piece in cut(raw, steps)), of.end()])
    return out, of.outcome.verdict


def same(left, right):
    (out, verdict), (other, others) = left, right
    ours = verdict.id.encode()
    assert out.replace(ours, b"") == other.replace(others.id.encode(), b"")
    assert (verdict.decision, verdict.findings) == (others.decision, others.findings)


@given(answers, st.integers(1, 40), sizes, st.sampled_from([DONE, b"", b"data: {\n\n", b"\xff\n"]))
@settings(max_examples=25, **PATIENT)
def test_a_completion_gives_the_same_for_any_slices_of_its_bytes(guard, text, size, steps, end):
    raw = b"".join(said(text, size)) + end

    same(streamed(guard, raw, steps), streamed(guard, raw, [len(raw)]))


@pytest.mark.parametrize("seed", range(4))
def test_a_secret_split_at_every_offset_never_leaves(guard, seed):
    # Four choices interleaved; in one of them the secret is in two deltas, split at each offset.
    for at in range(1, len(SECRET)):
        texts = [["Some words. ", "and more. "] for _ in range(4)]
        texts[seed] = [f"It is {SECRET[:at]}", f"{SECRET[at:]} indeed. "]
        raw = b"".join(chunk({"content": texts[n][turn]}, n) for turn in (0, 1) for n in range(4))
        ends = b"".join(chunk({}, n, "stop") for n in range(4))

        out, _ = streamed(guard, raw + ends + DONE, [at + 7])

        assert content(out, seed) == "It is [REDACTED:github-token] indeed. "
        assert all(content(out, n) == "Some words. and more. " for n in range(4) if n != seed)


def test_bytes_split_at_every_offset_give_the_same(guard):
    raw = b"".join(said(f"Grüße 😀, {SECRET} and more words follow. ", 8)) + DONE
    whole = streamed(guard, raw, [len(raw)])

    for at in range(1, len(raw), 13):
        same(streamed(guard, raw, [at, len(raw)]), whole)
