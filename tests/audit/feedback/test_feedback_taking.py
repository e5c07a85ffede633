"""A report waits for a second person, is capped for one, and is cut of personal data."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shield.audit.corpus import Kind, Turn, load
from shield.audit.feedback import claims
from shield.audit.feedback.events import Decided, find
from shield.audit.feedback.taking import Said, report, speak
from shield.audit.intake.clean import Cleaned
from shield.errors import CorpusError
from shield.types import Decision, Source

NOW = datetime(2030, 1, 1, tzinfo=UTC)


def clean(turns: tuple[Turn, ...], note: str = "") -> Cleaned:
    """Cuts one name."""
    cut = tuple(Turn(t.source, (t.text or "").replace("Anna", "[PERSON]")) for t in turns)
    return Cleaned(cut, note.replace("Anna", "[PERSON]"), Counter())


def said(text: str = "How does Anna boil an egg?", by: str = "ben", **changes) -> Said:
    turns = (Turn(Source.USER, text),) if text else ()
    return Said(
        by, **{"label": "false-positive", "place": "benign/chat", "turns": turns, **changes}
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "golden"


def test_a_report_is_open_cleaned_and_private(folder: Path) -> None:
    claim = report(folder, said(note="Anna asked"), clean)
    (standing,) = claims.read(folder).values()
    assert standing.claim == claim
    assert standing.state == "open"
    assert b"Anna" not in (folder / claims.NAME).read_bytes()
    assert claim.note == "[PERSON] asked"
    assert folder.stat().st_mode & 0o077 == 0
    assert not any((folder / kind).exists() for kind in Kind)


def test_a_second_person_makes_it_a_case(folder: Path) -> None:
    claim = report(folder, said(lang="en"), clean)
    word = speak(folder, claim.id, "cleo", agrees=True)
    (case,) = load(folder).cases
    assert (case.kind, case.group, case.id) == (Kind.BENIGN, "chat", word.case)
    assert (case.line.expect, case.line.lang) == (Decision.ALLOW, "en")
    assert case.line.turns[0].text == "How does [PERSON] boil an egg?"
    assert claims.read(folder)[claim.id].state == "confirmed"


def test_cases_of_several_files_are_kept(folder: Path) -> None:
    for by, place, label in (
        ("ben", "benign/chat", "false-positive"),
        ("ben", "near_miss/pii", "false-positive"),
        ("ben", "attacks/override", "false-negative"),
    ):
        text = f"Something that belongs into {place} and nowhere else."
        claim = report(folder, said(text, by, place=place, label=label), clean)
        speak(folder, claim.id, "cleo", agrees=True)
    assert [c.group for c in load(folder).cases] == ["override", "chat", "pii"]


def test_nobody_confirms_their_own(folder: Path) -> None:
    claim = report(folder, said(), clean)
    with pytest.raises(CorpusError, match="of their own"):
        speak(folder, claim.id, "ben", agrees=True)
    assert claims.read(folder)[claim.id].state == "open"


def test_a_rejected_report_is_no_case_and_stays_rejected(folder: Path) -> None:
    claim = report(folder, said(), clean)
    speak(folder, claim.id, "cleo", agrees=False)
    assert claims.read(folder)[claim.id].state == "rejected"
    with pytest.raises(CorpusError, match="is rejected already"):
        speak(folder, claim.id, "dora", agrees=True)
    with pytest.raises(CorpusError, match="which is rejected"):
        report(folder, said(), clean)


def test_what_says_nothing_new_is_confirmed_without_a_case(folder: Path) -> None:
    first = report(folder, said("One two three four five six seven eight nine ten"), clean)
    near = report(folder, said("one two three four five six seven eight nine ten!"), clean)
    assert speak(folder, first.id, "cleo", agrees=True).case
    assert not speak(folder, near.id, "cleo", agrees=True).case
    assert len(load(folder).cases) == 1


def test_a_word_that_was_lost_is_said_again(folder: Path, monkeypatch) -> None:
    claim = report(folder, said(), clean)

    def lost(folder: Path, entry: object) -> None:
        raise OSError("disk")

    with monkeypatch.context() as patch:
        patch.setattr(claims, "append", lost)
        with pytest.raises(OSError, match="disk"):
            speak(folder, claim.id, "cleo", agrees=True)
    speak(folder, claim.id, "cleo", agrees=True)
    assert len(load(folder).cases) == 1
    assert claims.read(folder)[claim.id].state == "confirmed"


def test_one_person_is_capped_and_others_are_not(folder: Path) -> None:
    for number in range(claims.MOST):
        report(folder, said(f"text {number}"), clean, now=NOW)
    later = NOW + timedelta(days=claims.DAYS)
    with pytest.raises(CorpusError, match="ben has made 20 reports in 30 days"):
        report(folder, said("more"), clean, now=later - timedelta(seconds=1))
    report(folder, said("more", "cleo"), clean, now=later - timedelta(seconds=1))
    report(folder, said("and more"), clean, now=later)


def test_rejection_gives_no_room_back(folder: Path) -> None:
    made = [report(folder, said(f"text {n}"), clean, now=NOW) for n in range(claims.MOST)]
    speak(folder, made[0].id, "cleo", agrees=False)
    with pytest.raises(CorpusError, match="all that one person may"):
        report(folder, said("more"), clean, now=NOW)


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"label": "false-negative"}, "does not belong into benign"),
        ({"place": "attacks/override"}, "does not belong into attacks"),
        ({"place": "elsewhere/chat"}, "no place in a corpus"),
        ({"place": "benign/../x"}, "no place in a corpus"),
        ({"turns": ()}, "needs a text or an event"),
        ({"lang": "klingon"}, "no language code"),
        ({"by": "ben\n"}, "no name of a person"),
        ({"by": ""}, "no name of a person"),
    ],
)
def test_what_is_no_report_is_refused(folder: Path, changes: dict, what: str) -> None:
    with pytest.raises(CorpusError, match=what):
        report(folder, said()._replace(**changes), clean)
    assert not (folder / claims.NAME).exists()


def test_an_event_is_a_report_that_needs_its_text_to_be_confirmed(folder: Path, events) -> None:
    known = find(events(), "v1")
    claim = report(folder, said(turns=()), clean, known)
    assert (claim.event, claim.rules, claim.policy) == ("v1", ("a/b", "c/d"), "p1")
    with pytest.raises(CorpusError, match="has no text"):
        speak(folder, claim.id, "cleo", agrees=True)
    turns = (Turn(Source.USER, "Anna, hello there."),)
    assert speak(folder, claim.id, "cleo", agrees=True, turns=turns, clean=clean).case
    assert load(folder).cases[0].line.turns[0].text == "[PERSON], hello there."


@pytest.fixture
def events(tmp_path: Path) -> Callable[[], Path]:
    def made() -> Path:
        path = tmp_path / "events.jsonl"
        decided = (
            '{"event": "decision", "id": "v1", "findings": [{"rule": "c/d"}, {"rule": "a/b"}], '
            '"policy": {"digest": "p1", "mode": "enforce"}}'
        )
        path.write_text(f'v1 no JSON\n{{"event": "first_seen", "id": "v1"}}\n{decided}\n', "utf-8")
        return path

    return made


def test_a_decision_is_found_by_its_id(events, tmp_path: Path) -> None:
    assert isinstance(find(events(), "v1"), Decided)
    with pytest.raises(CorpusError, match="no decision of that id"):
        find(events(), "v2")
    with pytest.raises(CorpusError, match="cannot be read"):
        find(tmp_path / "none", "v1")


@pytest.mark.parametrize("line", ["{", '{"type": "word"}', '{"type": "x"}', "[]"])
def test_a_broken_line_is_named(folder: Path, line: str) -> None:
    report(folder, said(), clean)
    with (folder / claims.NAME).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(CorpusError, match=r"reports\.jsonl:2: not a report"):
        claims.read(folder)


def test_a_word_on_nothing_is_named(folder: Path) -> None:
    folder.mkdir()
    claims.append(folder, claims.Word("none", NOW, "cleo", agrees=True))
    with pytest.raises(CorpusError, match=r"reports\.jsonl:1"):
        claims.read(folder)
    with pytest.raises(CorpusError, match="is not there"):
        speak(folder.parent / "other", "none", "cleo", agrees=True)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="cannot be written"):
        report(tmp_path / "file" / "golden", said(), clean)
