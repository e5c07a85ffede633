"""A killed audit goes on where it stopped, and what a journal does not hold for is refused."""

from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from shield.audit.corpus import Case, Corpus, load
from shield.audit.journal import Head, Journal
from shield.audit.replay import Result, replay
from shield.audit.run import Asked, run
from shield.errors import CorpusError
from shield.guard import Guard
from shield.policy.load import Policy

HEAD = Head("p1", {"injection": "m1"})


@pytest.fixture
def corpus(sound: Path) -> Corpus:
    return load(sound)


@pytest.fixture
def patterns(unlocked) -> Policy:
    return unlocked("injection_patterns")


@pytest.fixture
def results(corpus: Corpus, patterns: Policy) -> list[Result]:
    guard = Guard(patterns)
    found = replay(guard, corpus.cases)
    guard.close()
    return found


def written(path: Path, corpus: Corpus, results: list[Result], head: Head = HEAD) -> Path:
    with Journal(path, head) as journal:
        for case, result in zip(corpus.cases, results, strict=True):
            journal.keep(case, result)
    return path


def test_results_are_found_again_by_their_case(corpus: Corpus, results, tmp_path: Path) -> None:
    path = written(tmp_path / "new" / "j.jsonl", corpus, results[:])
    with Journal(path, HEAD) as journal:
        assert [journal.known(case) for case in corpus.cases] == results


def test_a_case_that_was_changed_is_replayed(corpus: Corpus, results, tmp_path: Path) -> None:
    path = written(tmp_path / "j.jsonl", corpus, results)
    first = corpus.cases[0]
    changed = Case(first.kind, first.group, replace(first.line, note="other"))
    with Journal(path, HEAD) as journal:
        assert journal.known(changed) is None


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_line_that_was_being_written_is_taken_off(
    corpus: Corpus, results, tmp_path: Path, cut: int
) -> None:
    path = written(tmp_path / "j.jsonl", corpus, results)
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path, HEAD) as journal:
        last = corpus.cases[-1]
        assert journal.known(corpus.cases[-2]) == results[-2]
        assert journal.known(last) is None
        journal.keep(last, results[-1])
    with Journal(path, HEAD) as journal:
        assert journal.known(last) == results[-1]


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (Head("p2", HEAD.models), "another policy"),
        (Head("p1", {"injection": "m2"}), "another models"),
        (Head("p2", HEAD.models, "http://x"), "another policy and url"),
    ],
)
def test_a_journal_of_something_else_is_refused_and_stays(
    corpus: Corpus, results, tmp_path: Path, other: Head, what: str
) -> None:
    path = written(tmp_path / "j.jsonl", corpus, results)
    before = path.read_bytes()
    with pytest.raises(CorpusError, match=what):
        Journal(path, other)
    assert path.read_bytes() == before


@pytest.mark.parametrize("text", ["notes of mine", "notes\nof mine\n", "\xff\n", "{}\n"])
def test_another_file_is_never_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "j.jsonl"
    path.write_text(text, "latin-1")
    with pytest.raises(CorpusError, match="not a journal"):
        Journal(path, HEAD)
    assert path.read_text("latin-1") == text


def test_a_broken_line_in_the_middle_is_named(corpus: Corpus, results, tmp_path: Path) -> None:
    path = written(tmp_path / "j.jsonl", corpus, results)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{\n", *lines[1:]]))
    with pytest.raises(CorpusError, match=r"j\.jsonl:2: not a result"):
        Journal(path, HEAD)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be"):
        Journal(tmp_path, HEAD)


class Killed(BaseException):
    """Ends the process in a real run."""


def test_a_killed_audit_ends_as_one_that_was_not(
    corpus: Corpus, patterns: Policy, tmp_path: Path
) -> None:
    asked = Asked(split="all", workers=1, journal=tmp_path / "j.jsonl")
    count = 0

    def tick() -> None:
        nonlocal count
        count += 1
        if count == 3:
            raise Killed

    with pytest.raises(Killed):
        run(patterns, corpus, asked, tick=tick)
    kept = (tmp_path / "j.jsonl").read_bytes().splitlines()[1:]
    assert 3 <= len(kept) <= len(corpus.cases)

    after = run(patterns, corpus, asked)
    again = run(patterns, corpus, asked)
    whole = run(patterns, corpus, Asked(split="all"))

    # What was measured before stays, so that a second look at the journal is the same report.
    assert msgspec.json.encode(after) == msgspec.json.encode(again)
    for name in ("groups", "gates", "prices", "union", "detection", "false_positives"):
        assert getattr(after, name) == getattr(whole, name)
    assert len((tmp_path / "j.jsonl").read_bytes().splitlines()) == 1 + len(corpus.cases)
