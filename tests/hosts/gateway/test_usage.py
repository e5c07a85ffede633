import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.hosts.gateway.usage import Meter, Usage, of_document


@pytest.mark.parametrize(
    ("document", "usage"),
    [
        ({"usage": {"prompt_tokens": 3, "completion_tokens": 4}, "model": "m"}, Usage(3, 4, "m")),
        ({"usage": {"input_tokens": 3, "output_tokens": 4}}, Usage(3, 4)),
        (
            {"usage": {"input_tokens": 3, "cache_read_input_tokens": 5, "output_tokens": 1}},
            Usage(8, 1),
        ),
        ({"usage": {"prompt_tokens": 3, "total_tokens": 3}}, Usage(3, None)),
        ({"response": {"usage": {"input_tokens": 1, "output_tokens": 2}}}, Usage(1, 2)),
        ({"message": {"model": "c", "usage": {"input_tokens": 9}}}, Usage(9, None, "c")),
        ({"usage": {"prompt_tokens": -3, "completion_tokens": True}}, Usage()),
        ({"usage": {"prompt_tokens": 10**30, "completion_tokens": "4"}}, Usage()),
        ({"usage": [], "model": 7}, Usage()),
        ({}, Usage()),
        ([], Usage()),
        (None, Usage()),
    ],
)
def test_only_what_is_stated_in_a_known_place_is_counted(document, usage):
    assert of_document(document) == usage


def event(end="\n\n", **document):
    return f"data: {json.dumps(document)}{end}".encode()


PIECE = {"model": "m", "choices": [{"delta": {"content": "x"}}]}
LAST = {"model": "m", "choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 5}}
DONE = b"data: [DONE]\n\n"


def fed(meter, data, cuts=()):
    edges = [0, *sorted(cuts), len(data)]
    parts = [meter.feed(data[a:b]) for a, b in itertools.pairwise(edges)]
    return b"".join([*parts, meter.end()])


@pytest.mark.parametrize("end", ["\n\n", "\r\n\r\n", "\r\r"])
@given(st.data())
def test_any_slicing_meters_the_same_and_passes_the_same_bytes(end, data):
    whole = event(end, **PIECE) + event(end, **LAST) + DONE
    cuts = data.draw(st.lists(st.integers(0, len(whole)), max_size=12))
    plain, asked = Meter(asked_here=False), Meter(asked_here=True)

    assert fed(plain, whole, cuts) == whole
    without = fed(asked, whole, cuts)
    assert plain.usage == asked.usage == Usage(7, 5, "m")
    assert b"usage" not in without
    assert without.replace(b"\n", b"").replace(b"\r", b"") == (event("", **PIECE) + DONE.strip())


def test_usage_beside_text_is_read_and_left_where_it_is():
    meter = Meter(asked_here=True)
    mixed = event(**{**PIECE, "usage": LAST["usage"]})

    assert fed(meter, mixed) == mixed
    assert meter.usage.input == 7


def test_anthropics_counts_come_in_two_events():
    meter = Meter(asked_here=False)
    begin = {"type": "message_start", "message": {"model": "c", "usage": {"input_tokens": 9}}}
    end = {"type": "message_delta", "usage": {"output_tokens": 4}}

    fed(meter, event(**begin) + event(**end))

    assert meter.usage == Usage(9, 4, "c")


def test_an_event_without_an_end_is_passed_on_and_held_in_bounds():
    meter = Meter(asked_here=True)
    flood = b"data: " + b"x" * 1_000_000

    out = fed(meter, flood, range(0, len(flood), 4_096))

    assert out == flood
    assert not meter.usage.known


@pytest.mark.parametrize(
    "data", [b'data: {"usage": \n\n', b"\xff\n\n", b'data: "usage"\n\n', b"\n\n"]
)
def test_nonsense_is_passed_on(data):
    meter = Meter(asked_here=True)

    assert fed(meter, data) == data
    assert not meter.usage.known
