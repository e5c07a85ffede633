"""A review says what moved and why thresholds should be chosen again, or that nothing asks for it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from shield.audit.feedback.claims import Claim, Standing, Word
from shield.audit.review.embedded import Moved
from shield.audit.review.weekly import Reference, read, review, save, word
from shield.audit.review.weeks import Week, week
from shield.errors import CorpusError
from tests.audit.review.conftest import END, event, found

SPAN = (END - timedelta(days=7), END)


@pytest.fixture
def quiet(events) -> Week:
    return week([events(*[event()] * 270, *[event(findings=found("a/b", 0.9))] * 30)], *SPAN)


@pytest.fixture
def loud(events) -> Week:
    hit = event(findings=found("a/b", 0.9), decision="block")
    return week([events(*[event()] * 150, *[hit] * 150, name="loud.jsonl")], *SPAN)


def test_nothing_is_suggested_when_nothing_moved(quiet: Week) -> None:
    made = review(quiet, quiet, Reference(END, quiet), span=SPAN)
    assert made.suggested == ()
    assert made.notes == ()
    assert made.drifts[0].psi == 0.0


def test_moved_scores_and_blocks_are_reasons(quiet: Week, loud: Week) -> None:
    made = review(loud, loud, Reference(END, quiet), span=SPAN)
    assert made.suggested[0].startswith("the scores of a/b have moved: PSI 0.")
    assert made.suggested[1] == "50.0% of decisions are blocks, 0.0% were"


def test_without_a_reference_the_week_before_stands_in(quiet: Week, loud: Week) -> None:
    made = review(loud, quiet, None, span=SPAN)
    assert made.notes == ("no reference: drift is against the week before",)
    assert len(made.suggested) == 2


def test_a_rule_that_went_silent_has_moved(quiet: Week, loud: Week) -> None:
    silent = replace(quiet, scores={}, triggers=())
    made = review(silent, silent, Reference(END, loud), span=SPAN)
    assert any("a/b have moved" in why for why in made.suggested)


def test_too_few_decisions_suggest_nothing(loud: Week, events) -> None:
    few = week([events(*[event()] * 20, name="few.jsonl")], *SPAN)
    made = review(few, few, Reference(END, loud), span=SPAN)
    assert made.suggested == ()
    assert [drift.psi for drift in made.drifts] == [None]


def test_moved_texts_are_a_reason(quiet: Week) -> None:
    known = Reference(END, quiet)
    for moved, reasons in ((Moved(900, 0.3, 0.7), 1), (Moved(900, 0.2, 0.7), 0)):
        assert len(review(quiet, quiet, known, span=SPAN, moved=moved).suggested) == reasons
    assert not review(quiet, quiet, known, span=SPAN, moved=Moved(9, None, 0.7)).suggested


def claims(count: int, *, agrees: bool = True, ago: int = 1) -> dict[str, Standing]:
    at = END - timedelta(days=ago)
    return {
        str(n): Standing(
            Claim(str(n), at, "ben", "false-positive", "benign/chat"),
            Word(str(n), at, "cleo", agrees),
        )
        for n in range(count)
    }


def test_confirmed_reports_of_the_week_are_a_reason(quiet: Week) -> None:
    known = Reference(END, quiet)
    made = review(quiet, quiet, known, span=SPAN, claims=claims(5))
    assert made.reports == {"confirmed false-positive": 5}
    assert made.suggested == ("5 reports of a false-positive were confirmed",)
    for given in (claims(4), claims(5, agrees=False), claims(5, ago=8)):
        assert not review(quiet, quiet, known, span=SPAN, claims=given).suggested


def test_what_weakens_a_comparison_is_said(quiet: Week) -> None:
    other = replace(quiet, policies={"p2": 300}, unreadable=3, failed=2)
    made = review(other, quiet, Reference(END, quiet), span=SPAN)
    assert [note.partition(" ")[0] for note in made.notes] == ["more", "3", "a"]


def test_a_reference_is_read_back_and_a_broken_one_named(quiet: Week, tmp_path) -> None:
    path = tmp_path / "new" / "reference.json"
    save(path, Reference(END, quiet))
    assert read(path) == Reference(END, quiet)
    path.write_text("{}")
    with pytest.raises(CorpusError, match="not a reference"):
        read(path)
    with pytest.raises(CorpusError, match="not a reference"):
        read(tmp_path / "none")


@pytest.mark.parametrize(
    ("index", "said"), [(None, "too few"), (0.0, "stable"), (0.1, "watch"), (0.25, "shifted")]
)
def test_an_index_has_a_word(index, said) -> None:
    assert word(index) == said
