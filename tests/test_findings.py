"""What a scanner reports is checked at the border; what was found is remembered by content."""

import math

import pytest
from msgspec.structs import replace

from shield.findings import FindingCache, checked, failed, moved
from shield.label import segment
from shield.types import Checkpoint, Finding, Severity, Source, Span, Subject

SUBJECT = Subject(Checkpoint.INPUT, (segment("0123456789", Source.USER),))
GOOD = Finding("a/b", "probe", Severity.ERROR, 0.5, "Found.", (Span(0, 2, 4),))


def test_an_honest_finding_passes_as_it_is():
    assert checked("probe", [GOOD], SUBJECT) == [GOOD]


def test_finding_nothing_is_no_failure():
    assert checked("probe", [], SUBJECT) == []


@pytest.mark.parametrize(
    "change",
    [
        {"score": math.nan},
        {"score": math.inf},
        {"score": -0.1},
        {"score": 1.1},
        {"score": "high"},
        {"score": None},
        {"severity": 5},
        {"rule": None},
        {"scanner": "another"},
        {"spans": (Span(1, 0, 1),)},
        {"spans": (Span(-1, 0, 1),)},
        {"spans": (Span(0, -1, 1),)},
        {"spans": (Span(0, 0, 11),)},
        {"spans": (Span(0, 4, 2),)},
        {"spans": ((0, 0, 1),)},
    ],
    ids=str,
)
def test_a_finding_that_is_nonsense_becomes_a_failure(change):
    assert checked("probe", [replace(GOOD, **change)], SUBJECT) == [failed("probe", "nonsense")]


@pytest.mark.parametrize("reported", [None, "a/b", {"rule": "a/b"}, 1.0], ids=repr)
def test_something_that_is_no_finding_becomes_a_failure(reported):
    assert checked("probe", [reported], SUBJECT) == [failed("probe", "nonsense")]


def test_one_piece_of_nonsense_discredits_the_whole_report():
    report = [GOOD, replace(GOOD, score=math.nan)]
    assert checked("probe", report, SUBJECT) == [failed("probe", "nonsense")]


@pytest.mark.parametrize("how", ["raised", "timeout", "nonsense", "out-of-service"])
def test_a_failure_is_an_error_whatever_its_cause(how):
    finding = failed("probe", how)
    assert (finding.error, finding.rule) == (True, f"pipeline/{how}")


def test_findings_of_a_segment_move_to_its_place_in_the_message():
    assert moved([GOOD], 3) == [replace(GOOD, spans=(Span(3, 2, 4),))]


def _text(text: str = "hello", source: Source = Source.USER):
    return segment(text, source)


def test_a_resent_text_is_not_judged_again():
    cache = FindingCache(10_000)
    cache.put("probe", Checkpoint.INPUT, _text(), (GOOD,))
    assert cache.get("probe", Checkpoint.INPUT, _text()) == (GOOD,)


def test_that_nothing_was_found_is_remembered_too():
    cache = FindingCache(10_000)
    cache.put("probe", Checkpoint.INPUT, _text(), ())
    assert cache.get("probe", Checkpoint.INPUT, _text()) == ()


@pytest.mark.parametrize(
    ("scanner", "checkpoint", "asked"),
    [
        ("other", Checkpoint.INPUT, _text()),
        ("probe", Checkpoint.OUTPUT, _text()),
        ("probe", Checkpoint.INPUT, _text("hello ")),
        ("probe", Checkpoint.INPUT, _text(source=Source.DOCUMENT)),
        ("probe", Checkpoint.INPUT, _text(source=Source.SYSTEM)),
    ],
    ids=["scanner", "checkpoint", "text", "document", "system"],
)
def test_a_text_that_was_clean_elsewhere_is_judged_anew(scanner, checkpoint, asked):
    cache = FindingCache(10_000)
    cache.put("probe", Checkpoint.INPUT, _text(), ())
    assert cache.get(scanner, checkpoint, asked) is None


def test_a_failure_is_never_remembered():
    cache = FindingCache(10_000)
    cache.put("probe", Checkpoint.INPUT, _text(), (failed("probe", "timeout"),))
    assert cache.get("probe", Checkpoint.INPUT, _text()) is None


def test_a_flood_of_texts_pushes_out_the_oldest():
    cache = FindingCache(4_000)
    for number in range(1_000):
        cache.put("probe", Checkpoint.INPUT, _text(str(number)), ())
    remembered = [cache.get("probe", Checkpoint.INPUT, _text(str(n))) for n in range(1_000)]
    assert (remembered[0], remembered[999]) == (None, ())


def test_a_flood_of_texts_keeps_the_cache_within_its_bytes():
    cache = FindingCache(4_000)
    for number in range(1_000):
        cache.put("probe", Checkpoint.INPUT, _text(str(number)), ())
    assert cache._used <= 4_000


def test_what_is_used_often_outlives_what_is_used_once():
    cache = FindingCache(4_000)
    cache.put("probe", Checkpoint.INPUT, _text("often"), ())
    for number in range(100):
        cache.put("probe", Checkpoint.INPUT, _text(str(number)), ())
        cache.get("probe", Checkpoint.INPUT, _text("often"))
    assert cache.get("probe", Checkpoint.INPUT, _text("often")) == ()


def test_a_report_larger_than_the_cache_is_forgotten_at_once():
    cache = FindingCache(1_000)
    cache.put("probe", Checkpoint.INPUT, _text(), (GOOD,) * 10)
    assert cache.get("probe", Checkpoint.INPUT, _text()) is None


def test_putting_the_same_text_twice_counts_it_once():
    cache = FindingCache(1_500)
    for _ in range(50):
        cache.put("probe", Checkpoint.INPUT, _text(), (GOOD,))
    assert cache.get("probe", Checkpoint.INPUT, _text()) == (GOOD,)


def test_a_text_with_half_a_surrogate_pair_can_be_remembered():
    cache = FindingCache(10_000)
    cache.put("probe", Checkpoint.INPUT, _text("\ud800"), ())
    assert cache.get("probe", Checkpoint.INPUT, _text("\ud800")) == ()
