"""What is known of a segment is not looked for again; what is new to one scanner is."""

import pytest
from msgspec.structs import replace

from shield.findings import FindingCache
from shield.jobs import Job, Joining, Work
from shield.label import segment
from shield.memory.session import content_digest
from shield.policy.load import load
from shield.policy.schema import Limits, RuleEntry, ScannerEntry
from shield.types import (
    Checkpoint,
    Decision,
    Finding,
    Joined,
    Note,
    Severity,
    SkipReason,
    Source,
    Span,
    Subject,
)
from tests.conftest import ROOT

POLICY = load(ROOT / "policies" / "default.toml", locked=False)


class Probe:
    """A scanner of single segments that keeps what it was shown."""

    tier, scope, reach, models = 0, "segment", None, ()
    checkpoints = frozenset(Checkpoint)

    def __init__(self, name="probe", report=()):
        self.id, self.report, self.shown = name, report, []

    def scan(self, subject):
        self.shown.append(subject)
        yield from self.report


class Reader(Probe):
    """A scanner of the whole that takes notes."""

    scope = "subject"

    def __init__(self, name="reader"):
        super().__init__(name)
        self.read = []

    def note(self, one):
        self.read.append(one.text)
        yield Note("length", 0, len(one.text))


@pytest.fixture
def cache():
    return FindingCache(1_000_000)


def subject(*texts, history=(), **changes):
    past = tuple(segment(t, Source.USER) for t in history)
    given = (segment(t, Source.USER, path=f"/{n}", turn=n) for n, t in enumerate(texts))
    return Subject(Checkpoint.INPUT, tuple(given), history=past, **changes)


def finding(**changes):
    plain = Finding("probe/rule", "probe", Severity.ERROR, 1.0, "Constant.", (Span(0, 0, 1),))
    return replace(plain, **changes)


def run(scanner, of, cache, policy=POLICY):
    work = Work.of(of, [scanner], policy, cache)
    return Job(scanner, work, cache)()


def asking(decision):
    entries = {"probe": ScannerEntry(rules={"probe/rule": RuleEntry(decision=decision)})}
    return POLICY.with_document(POLICY.document.model_copy(update={"scanners": entries}))


def test_only_new_segments_are_shown_and_viewed(cache):
    probe = Probe()
    run(probe, subject("one", "two"), cache)

    work = Work.of(subject("one", "two", "three"), [probe], POLICY, cache)
    Job(probe, work, cache)()

    assert [s.segments[0].text for s in probe.shown] == ["one", "two", "three"]
    assert [bool(views) for views in work.subject.views] == [False, False, True]


def test_what_was_found_in_a_known_segment_is_reported_at_its_new_place(cache):
    run(Probe(report=[finding()]), subject("same"), cache)

    (found,) = run(Probe(), subject("new", "same"), cache)

    assert found.spans == (Span(1, 0, 1),)


def test_a_segment_that_only_one_scanner_knows_is_shown_to_the_other(cache):
    run(Probe("one"), subject("same"), cache)
    other = Probe("two")

    work = Work.of(subject("same"), [Probe("one"), other], POLICY, cache)
    Job(other, work, cache)()

    assert [s.segments[0].text for s in other.shown] == ["same"]
    assert work.subject.views[0]


def test_digests_that_are_given_are_believed_and_missing_ones_are_made(cache):
    made = Work.of(subject("a", history=("h",)), [], POLICY, cache).subject.digests
    assert made == (content_digest("h"), content_digest("a"))

    given = Work.of(subject("a", digests=("0" * 64,)), [], POLICY, cache).subject.digests
    assert given == ("0" * 64,)


@pytest.mark.parametrize(
    ("decision", "told"), [(Decision.ALLOW, 0), (Decision.REDACT, 1), (Decision.BLOCK, 1)]
)
def test_of_a_segment_that_passed_before_only_what_asks_for_something_is_told(
    cache, decision, told
):
    policy = asking(decision)
    run(Probe(report=[finding()]), subject("old"), cache, policy)

    found = run(Probe(), subject("old", "new", known=frozenset({0})), cache, policy)

    assert [f.spans for f in found if f.spans[0].segment == 0] == [(Span(0, 0, 1),)] * told


def test_of_a_segment_that_is_known_but_did_not_pass_all_is_told(cache):
    run(Probe(report=[finding()]), subject("old"), cache, asking(Decision.ALLOW))

    assert len(run(Probe(), subject("old"), cache, asking(Decision.ALLOW))) == 1


def test_a_segment_is_noted_once_however_often_it_is_sent(cache):
    reader = Reader()
    run(reader, subject("one", "two"), cache)
    run(reader, subject("one", "two", "three"), cache)

    assert reader.read == ["one", "two", "three"]
    assert reader.shown[-1].notes == tuple((Note("length", 0, n),) for n in (3, 3, 5))


def test_notes_of_the_history_come_first(cache):
    reader = Reader()
    run(reader, subject("three", history=("four",)), cache)

    assert [notes[0].end for notes in reader.shown[0].notes] == [4, 5]


def test_two_scanners_take_notes_of_their_own(cache):
    one, two = Reader("one"), Reader("two")
    run(one, subject("text"), cache)
    run(two, subject("text"), cache)

    assert (one.read, two.read) == (["text"], ["text"])


def test_a_text_beyond_the_limit_is_shown_to_nobody_and_noted_by_nobody(cache):
    limits = POLICY.document.model_copy(update={"limits": Limits(chars=4)})
    policy, probe, reader = POLICY.with_document(limits), Probe(), Reader()

    work = Work.of(subject("fine", "beyond"), [probe, reader], policy, cache)
    for scanner in (probe, reader):
        Job(scanner, work, cache)()

    assert [(s.path, s.reason) for s in work.skipped] == [("/1", SkipReason.LIMIT)]
    assert [s.segments[0].text for s in probe.shown] == ["fine", ""]
    assert reader.read == ["fine", ""]


def test_a_text_that_was_cut_at_the_limit_is_not_known_as_clean_later(cache):
    limits = POLICY.document.model_copy(update={"limits": Limits(chars=4)})
    run(Probe(), subject("fine", "beyond"), cache, POLICY.with_document(limits))
    probe = Probe()

    run(probe, subject("beyond"), cache)

    assert [s.segments[0].text for s in probe.shown] == ["beyond"]


class Joiner(Reader):
    """Joins all segments."""

    def joined(self, subject):
        text = " ".join(s.text for s in subject.segments)
        bounds = [text.index(s.text) for s in subject.segments]
        spans = [Span(n, 0, len(s.text)) for n, s in enumerate(subject.segments)]
        yield Joined(
            segment=segment(text, Source.USER),
            bounds=tuple(bounds),
            spans=tuple(spans),
            turns=tuple(reversed(range(len(bounds)))),
            fresh=(True,) * len(bounds),
            anchor=spans[-1],
        )


def test_what_pieces_read_as_is_shown_to_the_scanners_that_it_is_cut_for(cache):
    reads, other = Probe("injection_patterns"), Probe("pii")
    work = Joining(Joiner("joiner"), Work.of(subject("one", "two"), [], POLICY, cache), cache)()

    for scanner in (reads, other):
        Job(scanner, work, cache)()

    assert [s.segments[0].text for s in reads.shown] == ["one two"]
    assert other.shown == []
    assert reads.shown[0].views[0]


def test_what_is_found_in_joined_pieces_is_reported_at_their_places(cache):
    report = Finding(
        "injection_patterns/x", "injection_patterns", Severity.ERROR, 1.0, "C.", (Span(0, 2, 5),)
    )
    work = Joining(Joiner("joiner"), Work.of(subject("one", "two"), [], POLICY, cache), cache)()

    (found,) = Job(Probe("injection_patterns", [report]), work, cache)()

    assert (found.spans, found.turns) == ((Span(0, 0, 3), Span(1, 0, 3)), (0, 1))


def test_a_scanner_that_joins_nothing_leaves_the_work_as_it_is(cache):
    work = Work.of(subject("one"), [], POLICY, cache)
    assert Joining(Probe(), work, cache)() is work


def test_notes_are_taken_once_for_joining_and_scanning(cache):
    joiner = Joiner("joiner")
    work = Joining(joiner, Work.of(subject("one", "two"), [], POLICY, cache), cache)()
    again = Work.of(subject("one", "two"), [], POLICY, cache)
    Job(joiner, again, cache)()
    assert joiner.read == ["one", "two"]
    assert work.joined
