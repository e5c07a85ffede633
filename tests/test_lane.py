from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.label import segment
from shield.lane import Lane, Stretch
from shield.redact import redacted
from shield.types import Edit, Finding, Severity, Source, Span

TEXT = "".join(chr(97 + i % 26) for i in range(60))


def lane(text=TEXT):
    made = Lane(0, 100)
    made.text.append(text)
    return made


def cut(start, end, number=0):
    return Edit("", Span(number, start, end), "x")


def found(*spans):
    shown = tuple(Span(0, *span) for span in spans)
    return Finding("secrets/x", "secrets", Severity.ERROR, 1.0, "Found.", shown)


# Disjoint cuts in order: pairs of rising bounds.
cuts = st.lists(st.integers(0, 60), max_size=12, unique=True).map(
    lambda at: [cut(a, b) for a, b in zip(sorted(at)[::2], sorted(at)[1::2], strict=False)]
)


@given(cuts, st.lists(st.integers(0, 60), max_size=6))
def test_pieces_show_together_what_the_whole_shows(made, at):
    of = lane()
    of.leave(60, made)
    bounds = sorted({0, 60, *at})

    pieces = [of.shown(a, TEXT[a:b]) for a, b in pairwise(bounds)]

    assert "".join(pieces) == redacted([segment(TEXT, Source.ASSISTANT)], made)[0].text
    assert of.taken() == "".join(pieces)
    assert of.taken() == ""


@given(cuts, st.integers(0, 60), st.integers(0, 60))
def test_a_finding_is_late_when_a_character_of_it_has_left(made, to, start):
    of = lane()
    of.leave(to, made)
    span = (start, min(60, start + 5))
    gone = {i for c in made if c.span.end <= to for i in range(c.span.start, c.span.end)}

    leaked = set(range(*span)) & set(range(to)) - gone

    assert of.late([cut(*span)]) is (bool(leaked) and span[0] < span[1])


def test_cuts_of_another_lane_are_of_no_matter():
    of = lane()
    of.leave(60, [cut(0, 60, number=1)])

    assert of.taken() == TEXT
    assert not of.late([cut(0, 60, number=1)])


@pytest.mark.parametrize(
    ("spans", "closed"),
    [
        ([], 60),
        ([(10, 20)], 60),
        ([(50, 60)], 50),
        ([(30, 55), (50, 60)], 30),
        ([(20, 40), (30, 55), (50, 60)], 20),
        ([(0, 60)], 5),
    ],
)
def test_a_stretch_is_closed_before_what_touches_its_end(spans, closed):
    text = f"{'a' * 58}. "
    stretch = Stretch(text, 0, 60, fresh=5, reach=40)

    assert lane(text).closed([found(span) for span in spans], stretch) == closed


@pytest.mark.parametrize(("span", "kept"), [((0, 30), False), ((2, 10), False), ((2, 30), True)])
def test_what_was_judged_with_more_context_before_is_not_judged_again(span, kept):
    stretch = Stretch("a" * 40, 100, 140, fresh=120, reach=20)

    moved = stretch.moved([found(span)], 3)

    assert [f.spans for f in moved] == ([(Span(3, 102, 130),)] if kept else [])
