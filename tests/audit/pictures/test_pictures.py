"""Pictures are well-formed, show the figures of the report in their places, and escape names."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shield.audit.budget import Rate, gates, groups, rate
from shield.audit.corpus import Kind
from shield.audit.disguises import Disguise, Family
from shield.audit.formats import as_html, as_markdown
from shield.audit.pictures import svg
from shield.audit.pictures.every import PICTURES, pictures
from shield.audit.pictures.tradeoff import Point, curve
from shield.audit.price import Price
from shield.audit.report import Report, report
from shield.audit.scaling import MOST
from shield.audit.search import Escape, Reached, Search
from tests.audit.test_budget import BUDGET, results

PRICE = Price("injection", 40, 12, 3, 1, 0)


@pytest.fixture
def drawn() -> Report:
    """Ten attacks with margins from -4 to 5, and twenty honest cases, one of them at 0.5."""
    attacks = results(Kind.ATTACK, "over_ride", 6, 10)
    honest = results(Kind.BENIGN, "chat", 1, 20)
    margins = [5.0, 4.0, 3.0, 2.0, 1.0, 0.0, -1.0, -2.0, -3.0, -4.0]
    found = [replace(r, margin=m) for r, m in zip(attacks, margins, strict=True)]
    found += [replace(r, margin=0.5 if n == 0 else -MOST) for n, r in enumerate(honest)]
    rows = groups(found)
    made = report(
        policy="p1",
        corpus="c1",
        split="hold",
        models={},
        rows=rows,
        gates=gates(rows, BUDGET, {}),
        results=found,
        scanners=["injection"],
        budget=BUDGET,
    )
    disguise = Disguise("rot13", "encoding", rate(9, 10), (Family("over_ride", rate(9, 10)),))
    return replace(made, prices=(PRICE,), disguises=(disguise,))


def marks(shown: str, tag: str) -> list[ET.Element]:
    return list(ET.fromstring(shown).iter(tag))


def told(shown: str) -> str:
    return "\n".join("".join(element.itertext()) for element in ET.fromstring(shown).iter())


@pytest.mark.parametrize("name", PICTURES)
def test_each_is_well_formed_and_needs_nothing_beside_it(drawn: Report, name: str) -> None:
    shown = PICTURES[name](drawn)
    root = ET.fromstring(shown)
    assert root.tag == "svg"
    assert root.find("title") is not None
    assert "http" not in shown
    width, height = float(root.get("width", 0)), float(root.get("height", 0))
    for element in root.iter():
        for key, most in (("x", width), ("x1", width), ("x2", width), ("cx", width)):
            assert 0 <= float(element.get(key, 0)) <= most
        for key, most in (("y", height), ("y1", height), ("y2", height), ("cy", height)):
            assert 0 <= float(element.get(key, 0)) <= most


@pytest.mark.parametrize("name", PICTURES)
def test_nothing_is_drawn_of_nothing(drawn: Report, name: str) -> None:
    empty = replace(drawn, groups=(), results=(), prices=(), disguises=(), accepted=None)
    assert PICTURES[name](empty) == ""


def test_detection_shows_the_count_and_the_interval(drawn: Report) -> None:
    shown = PICTURES["detection"](drawn)
    assert "6 of 10, 60 %" in told(shown)
    whole, family = marks(shown, "circle")
    assert whole.get("cx") == family.get("cx")
    assert "over_ride: 6 of 10, 95 % 31.27 % to 83.18 %" in told(shown)


def test_the_least_detected_and_the_most_harmed_come_first(drawn: Report) -> None:
    found = [*results(Kind.ATTACK, "b", 1, 9), *results(Kind.ATTACK, "a", 8, 9)]
    found += [*results(Kind.BENIGN, "d", 5, 9), *results(Kind.BENIGN, "c", 1, 9)]
    made = replace(drawn, groups=tuple(groups(found)))
    for name, order in (("detection", "b a"), ("false_positives", "d c")):
        names = [e.text for e in marks(PICTURES[name](made), "text") if len(e.text or "") == 1]
        assert names == order.split()


def test_the_budget_stands_in_the_picture_of_false_positives(drawn: Report) -> None:
    shown = PICTURES["false_positives"](drawn)
    assert "accepted: 2 % in all" in told(shown)
    assert "4 % a domain" in told(shown)
    assert "exact upper bound" in told(shown)


def test_the_curve_passes_through_the_policy(drawn: Report) -> None:
    points = curve(drawn)
    assert [p.scale for p in points] == sorted((p.scale for p in points), reverse=True)
    assert points[0] == Point(MOST, 0.0, 0.0)
    assert Point(0.0, 0.05, 0.6) in points
    assert points[-1] == Point(-4.0, 0.05, 1.0)
    assert "this policy: 60 % stopped, 5 % harmed" in told(PICTURES["tradeoff"](drawn))


@given(st.lists(st.floats(-MOST, MOST), min_size=1, max_size=20))
def test_a_curve_never_turns_back(margins: list[float]) -> None:
    attacks = results(Kind.ATTACK, "x", 0, len(margins))
    honest = results(Kind.BENIGN, "y", 0, len(margins))
    both = [replace(r, margin=m) for r, m in zip(attacks, margins, strict=True)]
    both += [replace(r, margin=m / 2) for r, m in zip(honest, margins, strict=True)]
    rows = groups(both)
    made = report(
        policy="p",
        corpus="c",
        split="hold",
        models={},
        rows=rows,
        gates=(),
        results=both,
        scanners=(),
    )
    points = curve(made)
    assert [p.stopped for p in points] == sorted(p.stopped for p in points)
    assert [p.harmed for p in points] == sorted(p.harmed for p in points)
    ET.fromstring(PICTURES["tradeoff"](made))


def test_without_every_margin_there_is_no_curve(drawn: Report) -> None:
    one = replace(drawn.results[0], margin=None)
    assert curve(replace(drawn, results=(one, *drawn.results[1:]))) == ()


def test_prices_show_what_only_one_scanner_decides(drawn: Report) -> None:
    shown = PICTURES["prices"](drawn)
    assert "injection: 40 alone, 12 only" in told(shown)
    assert "1/3" in told(shown)


def test_a_disguise_is_shaded_by_its_share_and_rounded_down(drawn: Report) -> None:
    almost = replace(drawn.disguises[0], rate=Rate(979, 1000, 0.9, 1.0, 1.0))
    shown = PICTURES["disguised"](replace(drawn, disguises=(almost,)))
    assert "97" in told(shown).split()
    assert [
        b.get("fill") for b in marks(shown, "rect") if "rot13, all" in "".join(b.itertext())
    ] == ["#4f9bd1"]


@pytest.mark.parametrize("time", [0.0, 1e-9, 3.0, 1e9])
def test_any_time_has_a_bar(drawn: Report, time: float) -> None:
    result = replace(drawn.results[0], elapsed_ms=(time,))
    assert "1 verdicts from" in told(PICTURES["latency"](replace(drawn, results=(result,))))


@pytest.mark.parametrize("name", ["<script>", "a&b", '"><svg>'])
def test_names_are_escaped(drawn: Report, name: str) -> None:
    group = replace(drawn.groups[0], name=name)
    shown = PICTURES["detection"](replace(drawn, groups=(group, *drawn.groups[1:])))
    assert name.replace("_", " ") in told(shown)
    assert name not in shown


@given(st.floats(-100, 100), st.floats(0.001, 1_000))
def test_ticks_are_few_and_lie_on_the_axis(low: float, wide: float) -> None:
    axis = svg.Axis(low, low + wide, 0, 100)
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 7
    assert all(low - 1e-6 * wide <= t <= low + wide * (1 + 1e-6) for t in ticks)
    assert axis.at(low - 1) == 0
    assert axis.at(low + 2 * wide) == 100


SEARCH = Search(
    attacks=8,
    tries=90,
    escaped=rate(2, 8),
    within=(Reached(10, rate(2, 8)),),
    transforms=(("rot13", 2),),
    escapes=(Escape("x-1", "x", ("rot13", "dots"), 4),),
)


def test_pages_carry_pictures_and_what_a_search_found(drawn: Report) -> None:
    made = replace(drawn, search=SEARCH)
    page, words = as_html(made), as_markdown(made)
    assert page.count("<figure") == len(list(pictures(made))) == len(PICTURES)
    assert "2 of 8 attacks" in page
    assert "rot13, then dots" in page
    assert "| rot13 | encoding | 9 | 10 | 90.0 % |" in words
    assert "| 10 | 2 | 8 | 25.0 % |" in words
    assert "rot13: in 2 of the disguises" in words
