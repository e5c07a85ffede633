import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.errors import WireError
from shield.wire.sse import Event, Reader, written
from tests.growth import assert_linear

BOM = b"\xef\xbb\xbf"


def events(data, sizes=(1 << 20,), limit=10_000):
    reader, found, at = Reader(limit), [], 0
    while at < len(data):
        size = sizes[len(found) % len(sizes)]
        found += reader.feed(data[at : at + size])
        at += size
    return found + reader.end()


def datas(data):
    return [e.data for e in events(data)]


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"data: a\n\n", ["a"]),
        (b"data:a\n\n", ["a"]),
        (b"data:  a\n\n", [" a"]),
        (b"data: a\r\n\r\n", ["a"]),
        (b"data: a\r\r", ["a"]),
        (b"data: a\r\n\ndata: b\r\r\n", ["a", "b"]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b"data\n\n", [""]),
        (b"data: \n\n", [""]),
        (b"data:\ndata:\n\n", ["\n"]),
        (BOM + b"data: a\n\n", ["a"]),
        (b"data: a\n\n" + BOM + b"data: b\n\n", ["a", None]),
        (b": hello\n\n", [None]),
        (b"event: x\n\n", [None]),
        (b"data: half", []),
        (b"data: half\n", []),
        ("data: é\u2028\u0085\x0b\x1c\n\n".encode(), ["é\u2028\u0085\x0b\x1c"]),
        (b"", []),
        (b"\n\n", [None, None]),
    ],
)
def test_the_data_is_what_the_standard_says(raw, expected):
    assert datas(raw) == expected


def test_the_other_fields_are_read():
    (event,) = events(b"event: delta\nid: 7\nretry: 250\ndata: x\n\n")

    assert (event.name, event.id, event.retry, event.data) == ("delta", "7", 250, "x")
    assert event.asides == ()


@pytest.mark.parametrize(
    "line", [": a comment", ":", "unknown: x", "Data: x", "id: a\0b", "retry: -1", "retry: ٣"]
)
def test_what_no_client_reads_is_told_apart(line):
    (event,) = events(f"{line}\ndata: x\n\n".encode())

    assert event.asides == (line,)
    assert (event.data, event.id, event.retry) == ("x", None, None)


def test_the_last_of_several_names_counts_and_an_empty_id_is_one():
    (event,) = events(b"event: a\nevent: b\nid\ndata: x\n\n")

    assert (event.name, event.id) == ("b", "")


def test_an_event_ends_as_soon_as_its_blank_line_has_come():
    reader = Reader(100)

    assert reader.feed(b"data: a\n") == []
    assert [e.data for e in reader.feed(b"\n")] == ["a"]


def test_a_carriage_return_waits_for_its_line_feed():
    reader = Reader(100)

    assert reader.feed(b"data: a\r\n\r") == []
    (event,) = reader.feed(b"\n")
    assert event.raw == b"data: a\r\n\r\n"


def test_a_carriage_return_at_the_very_end_ends_the_line():
    reader = Reader(100)
    reader.feed(b"data: a\r\r")

    assert [e.data for e in reader.end()] == ["a"]


def test_an_unfinished_event_counts_for_nothing_and_stays_unread():
    reader = Reader(100)
    reader.feed(b"data: a\n\ndata: b\nda")

    assert reader.end() == []
    assert reader.unread == b"data: b\nda"


@pytest.mark.parametrize("bad", [b"data: \xff\n\n", b"data: \xc3\n\n", b"\xed\xa0\x80: x\n\n"])
def test_a_line_that_is_no_utf8_is_an_error_after_the_events_before_it(bad):
    reader = Reader(100)

    assert [e.data for e in reader.feed(b"data: a\n\n" + bad)] == ["a"]
    with pytest.raises(WireError) as caught:
        reader.end()
    assert (caught.value.status, caught.value.code) == (502, "undecodable")


@pytest.mark.parametrize(
    "data",
    [
        b"data: " + b"x" * 100,
        b"data: x\n" * 20,
        b": c\n" * 40,
        b"x" * 101,
        b"data: " + b"x" * 95 + b"\n\n",
    ],
)
@pytest.mark.parametrize("size", [1, 13, 1000])
def test_an_event_over_the_limit_is_an_error(data, size):
    with pytest.raises(WireError) as caught:
        events(data, (size,), limit=100)
    assert caught.value.code == "event_too_large"


def test_many_events_under_the_limit_are_none():
    assert len(events(b"data: x\n\n" * 1000, (17,), limit=12)) == 1000


def test_no_text_of_the_stream_is_in_an_error():
    with pytest.raises(WireError) as caught:
        Reader(10).feed(b"data: canary-canary-canary")
    assert "canary" not in str(caught.value)


lines = st.sampled_from(
    [b"data: ", b"data:", b"event: e", b"id: 1", b": c", b"x", "é漢😀".encode(), BOM, b"retry: 5"]
)
breaks = st.sampled_from([b"\n", b"\r", b"\r\n", b"\n\n", b"\r\n\r\n", b"\r\r"])
streams = st.lists(st.one_of(lines, breaks), max_size=40).map(b"".join)


@given(streams, st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_any_slicing_gives_the_same_events(data, sizes):
    assert events(data, sizes) == events(data)


@given(streams, st.integers(1, 5))
def test_no_byte_is_lost(data, size):
    reader, raw = Reader(10_000), b""
    for i in range(0, len(data), size):
        raw += b"".join(e.raw for e in reader.feed(data[i : i + size]))
    raw += b"".join(e.raw for e in reader.end())

    assert raw + reader.unread == data


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(texts, st.text("ab: é", max_size=5), st.one_of(st.none(), st.text("12 ", max_size=4)))
def test_what_is_written_is_read_again(data, name, identity):
    (event,) = events(written(data, name=name, identity=identity))

    expected = data.replace("\r\n", "\n").replace("\r", "\n")
    assert (event.data, event.name, event.id) == (expected, name, identity)
    assert isinstance(event, Event)
    assert event.asides == ()


@pytest.mark.parametrize("value", ["a\nb", "a\rdata: x", "\0"])
def test_a_name_or_an_id_is_one_line(value):
    with pytest.raises(ValueError, match="one line"):
        written("x", name=value)
    with pytest.raises(ValueError, match="one line"):
        written("x", identity=value)


def feed(data, size):
    reader = Reader(1 << 22)
    for i in range(0, len(data), size):
        reader.feed(data[i : i + size])


@pytest.mark.parametrize(
    ("data", "size"),
    [(b"x", 1), (b"\n", 1 << 20), (b"\r", 3), (b"data: abc\n", 7), (b":\n\n", 1 << 20)],
)
def test_the_time_grows_with_the_bytes(data, size):
    def work(length):
        whole = data * (length // len(data))
        return lambda: feed(whole, size)

    assert_linear(work, 16_384, 65_536, slack=0.01)
