import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.guard import Guard
from shield.types import Decision, SkipReason
from shield.wire.prose import TextStream
from tests.streams import SECRET, secret_policy, sliced

WORDS = "Thís is an honest sentence. "
CUT = "[REDACTED:github-token]"


@pytest.fixture(scope="module")
def guard():
    made = Guard(secret_policy())
    yield made
    made.close()


@pytest.fixture(scope="module")
def lenient():
    made = Guard(secret_policy(on_incomplete={SkipReason.UNDECODABLE: Decision.ALLOW}))
    yield made
    made.close()


def run(guard, raw, size, charset="utf-8"):
    of = TextStream(guard.exchange().stream(), charset)
    return b"".join([*(of.feed(p) for p in sliced(raw, size)), of.end()]), of


pieces = st.sampled_from([WORDS, SECRET, SECRET[:9], SECRET[9:], "é😀", "\n", " ", "word "])
bad = st.sampled_from([b"", b"\xff", b"\xc3", b"\xff" + WORDS.encode()])


@given(st.lists(pieces, max_size=8).map("".join), bad, st.integers(1, 30))
@settings(deadline=None, max_examples=60)
def test_any_slicing_lets_the_same_leave(guard, text, end, size):
    raw = text.encode() + end
    (out, of), (whole, other) = run(guard, raw, size), run(guard, raw, len(raw) or 1)

    assert (out, of.cut, of.began) == (whole, other.cut, other.began)
    assert of.outcome.decision is other.outcome.decision
    if not end:
        assert out.decode() == guard.exchange().output(text).segments[0].text


@given(st.lists(pieces, max_size=6).map("".join), bad, st.integers(1, 30))
@settings(deadline=None, max_examples=30)
def test_bytes_that_the_policy_lets_pass_are_all_there(lenient, text, end, size):
    raw = text.encode() + end
    out, of = run(lenient, raw, size)

    assert not of.cut
    if SECRET not in text:
        assert out == raw


@pytest.mark.parametrize("charset", ["utf-8", "latin-1", "cp1252"])
def test_other_charsets_are_kept(guard, charset):
    raw = f"Thís is {SECRET}. ".encode(charset)

    assert run(guard, raw, 3, charset)[0] == f"Thís is {CUT}. ".encode(charset)


def test_a_cut_text_says_that_it_was_cut(guard):
    out, of = run(guard, (WORDS * 9).encode() + b"\xff" + WORDS.encode(), 20)

    assert out == (WORDS * 8).encode() + b"\n[The answer was cut by the content policy.]\n"
    assert (of.over, of.cut, of.began) == (True, True, True)
    assert of.feed(b"more") == of.end() == b""


def test_nothing_has_begun_before_something_has_left(guard):
    of = TextStream(guard.exchange().stream(), "utf-8")

    assert (of.feed(b"half"), of.began) == (b"", False)
    assert (of.feed(b"\xff"), of.cut, of.began) == (b"", True, False) or of.cut


def test_all_of_a_text_leaves_at_its_end(guard):
    of = TextStream(guard.exchange().stream(), "utf-8")

    assert of.feed(b"caf\xc3") == b""
    assert of.feed(b"\xa9") + of.end() == "café".encode()
    assert of.outcome.decision is Decision.ALLOW
