"""What a scanner reports is checked at the border; what was found is remembered by content."""

import math

import pytest
from msgspec.structs import replace

from shield.findings import FindingCache, across, checked, failed, moved
from shield.label import segment
from shield.memory.session import content_digest
from shield.types import Checkpoint, Finding, Joined, Note, Severity, Source, Span, Subject

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


def test_what_is_known_of_many_segments_comes_in_their_order():
    cache = FindingCache(10_000)
    cache.put("probe", Checkpoint.INPUT, _text("b"), (GOOD,))
    texts = [_text(name) for name in "abc"]
    known = cache.known(Checkpoint.INPUT, texts, [content_digest(t.text) for t in texts])
    assert [k.findings.get("probe") for k in known] == [None, (GOOD,), None]


def test_notes_and_findings_of_a_text_are_kept_together():
    cache = FindingCache(10_000)
    note = Note("quote", 1, 3)
    cache.note("other", Checkpoint.INPUT, _text(), (note,))
    cache.put("probe", Checkpoint.INPUT, _text(), (GOOD,))
    (known,) = cache.known(Checkpoint.INPUT, [_text()], [content_digest("hello")])
    assert (known.notes, known.findings) == ({"other": (note,)}, {"probe": (GOOD,)})


def test_a_flood_of_notes_keeps_the_cache_within_its_bytes():
    cache = FindingCache(20_000)
    for number in range(300):
        cache.note("probe", Checkpoint.INPUT, _text(str(number)), (Note("quote", 0, 1),) * 9)
    assert cache._used <= 20_000
    assert 0 < len(cache._kept) < 300


def test_what_is_counted_is_what_is_kept():
    cache = FindingCache(5_000)
    for number in range(200):
        cache.put(f"scanner {number % 7}", Checkpoint.INPUT, _text(str(number % 11)), (GOOD,))
    assert cache._used == sum(known.cost for known in cache._kept.values())


@pytest.mark.parametrize("turns", [(-1,), ("0",), (0, 1.5)])
def test_a_finding_that_rests_on_impossible_turns_is_a_failure(turns):
    wrong = replace(GOOD, turns=turns)
    assert [f.error for f in checked("probe", [wrong], SUBJECT)] == [True]


def joined(fresh=(True, True, True)):
    """`aaa bbb ccc`: the first piece is past, the others stand in segments 0 and 1."""
    return Joined(
        segment=segment("aaa bbb ccc", Source.USER),
        bounds=(0, 4, 8),
        spans=(None, Span(0, 5, 8), Span(1, 0, 3)),
        turns=(2, 1, 0),
        fresh=fresh,
        anchor=Span(1, 0, 3),
    )


@pytest.mark.parametrize(
    ("start", "end", "spans", "turns"),
    [
        (0, 7, (Span(0, 5, 8), Span(1, 0, 3)), (1, 2)),
        (5, 11, (Span(0, 5, 8), Span(1, 0, 3)), (0, 1)),
        (0, 11, (Span(0, 5, 8), Span(1, 0, 3)), (0, 1, 2)),
    ],
)
def test_what_lies_in_several_pieces_is_found_at_their_places(start, end, spans, turns):
    (found,) = across([replace(GOOD, spans=(Span(0, start, end),))], joined())
    assert (found.spans, found.turns) == (spans, turns)


def test_what_two_pieces_say_weighs_together():
    found = [replace(GOOD, spans=(span,)) for span in (Span(0, 0, 3), Span(0, 9, 10))]
    assert [f.turns for f in across(found, joined())] == [(2,), (0,)]


@pytest.mark.parametrize("span", [Span(0, 0, 3), Span(0, 4, 7), Span(0, 9, 10)])
def test_what_one_piece_says_alone_is_not_found_across(span):
    assert across([replace(GOOD, spans=(span,))], joined()) == []


def test_what_lies_in_old_pieces_only_was_found_before():
    found = replace(GOOD, spans=(Span(0, 0, 7),))
    assert across([found], joined(fresh=(False, False, True))) == []


def test_beside_what_crosses_pieces_stands_what_one_of_them_says():
    crossing, alone = replace(GOOD, spans=(Span(0, 5, 9),)), replace(GOOD, spans=(Span(0, 0, 3),))
    found = across([alone, crossing], joined())
    assert [f.turns for f in found] == [(2,), (0, 1)]
    assert all(Span(1, 0, 3) in f.spans for f in found)


@pytest.mark.parametrize(
    ("score", "seldom", "left"), [(0.5, 0.0, 0.5), (1.0, 3.0, 1.0), (0.0, 3.0, 0.0)]
)
def test_certainty_is_not_discounted_nor_is_anything_without_a_reason(score, seldom, left):
    found = replace(GOOD, score=score, spans=(Span(0, 0, 7),))
    assert [f.score for f in across([found], joined(), seldom=seldom)] == [left]


def test_a_graded_score_loses_log_odds():
    found = replace(GOOD, score=0.9, spans=(Span(0, 0, 7),))
    (kept,) = across([found], joined(), seldom=math.log(9))
    assert kept.score == pytest.approx(0.5)


def test_a_finding_without_a_place_is_not_across():
    assert across([replace(GOOD, spans=())], joined()) == []
