import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.errors import WireError
from shield.wire.lines import Reader, written
from shield.wire.sse import Event
from tests.growth import assert_linear


def read(data, steps, limit=1_000):
    reader = Reader(limit)
    found, at, turn = [], 0, 0
    while at < len(data):
        size = steps[turn % len(steps)]
        found += reader.feed(data[at : at + size])
        at, turn = at + size, turn + 1
    return found + reader.end()


@given(
    st.lists(st.text("ab{}\"'é\r ", max_size=9), max_size=9),
    st.lists(st.integers(1, 9), min_size=1, max_size=4),
    st.booleans(),
)
def test_any_slicing_gives_the_same_lines_and_loses_no_byte(lines, steps, ended):
    data = "\n".join([*lines, ""] if ended else lines).encode()

    found = read(data, steps)

    assert found == read(data, [len(data) or 1])
    assert b"".join(e.raw for e in found) == data
    assert [e.data for e in found if e.data] == [x.strip() for x in lines if x.strip()]


def test_a_blank_line_says_nothing():
    assert [e.data for e in read(b"\n \n1\n", [1])] == [None, None, "1"]


def test_what_is_not_over_can_be_asked_for():
    reader = Reader(100)
    assert [e.data for e in reader.feed(b"1\n2")] == ["1"]
    assert reader.unread == b"2"


@pytest.mark.parametrize(
    ("data", "code"), [(b"a" * 11, "event_too_large"), (b"\xff\n", "undecodable")]
)
@pytest.mark.parametrize("size", [1, 100])
def test_lines_before_a_fault_are_given_first(data, code, size):
    reader = Reader(10)
    found, error = [], None
    raw = b"1\n2\n" + data
    for at in range(0, len(raw), size):
        try:
            found += reader.feed(raw[at : at + size])
        except WireError as raised:
            error = raised
            break
    if error is None:
        with pytest.raises(WireError) as caught:
            reader.feed(b"")
        error = caught.value
    assert ([e.data for e in found], error.code) == (["1", "2"], code)


def test_the_limit_holds_to_the_byte():
    assert [e.data for e in read(b"123456789\n", [3], limit=10)] == ["123456789"]
    with pytest.raises(WireError):
        read(b"1234567890\n", [3], limit=10)


def test_a_long_line_in_single_bytes_is_read_in_linear_time():
    def work(size):
        def run():
            reader = Reader(10**7)
            for _ in range(size):
                reader.feed(b"a")

        return run

    assert_linear(work, 20_000, 80_000)


def test_what_is_written_is_read_again():
    (line,) = read(written('{"a":1}', Event(b"")), [5])

    assert line.data == '{"a":1}'
