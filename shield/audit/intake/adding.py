"""Cases into a corpus: all of them, with their batch in `SOURCES.toml`, or none."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

import msgspec
import regex
from msgspec import Struct

from shield.audit.check import Placed, is_group, is_language
from shield.audit.corpus import Case, Corpus, Kind, Line, load
from shield.audit.duplicates import pairs
from shield.audit.intake.clean import Cleaned, UnscannedError
from shield.audit.intake.listing import listed
from shield.audit.intake.rows import Row
from shield.audit.intake.written import as_line
from shield.audit.sources import NAME, Sources, read
from shield.errors import CorpusError
from shield.policy import toml
from shield.types import Decision

_NAMES = regex.compile(r"[a-z0-9][a-z0-9_]*")
_BATCH = regex.compile(r"[A-Za-z0-9_\-]+")
_NUMBER = regex.compile(r"\d+$")

Clean = Callable[..., Cleaned]


class Home(Struct, frozen=True):
    """Where cases go. `expect` and `lang` are for those that do not say; `new` lets a family or
    domain begin.
    """

    kind: Kind
    group: str
    split: Literal["tune", "hold"]
    batch: str
    expect: Decision
    lang: str = "und"
    new: bool = False


class Skipped(Struct, frozen=True):
    """A record that did not become a case: where it stands, and why. Without its text."""

    place: str
    why: str


class Added(NamedTuple):
    """What became of the records, and what was cut out of them by kind."""

    ids: tuple[str, ...]
    duplicates: tuple[Skipped, ...]
    bad: tuple[Skipped, ...]
    removed: Counter[str]


class _Drafts(NamedTuple):
    good: list[tuple[str, Case]]
    bad: list[Skipped]
    removed: Counter[str]


def home(name: str, split: str, batch: str, expect: str = "", **stated: object) -> Home:
    """Where `attacks/FAMILY`, `benign/DOMAIN` or `near_miss/SCANNER` is.

    Raises:
        CorpusError: some word is none that a corpus has.
    """
    kind, _, group = name.partition("/")
    if kind not in set(Kind) or not _NAMES.fullmatch(group):
        raise CorpusError(
            f"{name}: no place in a corpus", mend=f"--as FOLDER/NAME with {', '.join(Kind)}"
        )
    if split not in {"tune", "hold"}:
        raise CorpusError(f"{split}: no split", mend="--split tune or hold")
    if not _BATCH.fullmatch(batch):
        raise CorpusError(f"{batch}: no name of a batch", mend="--batch with letters and digits")
    usual = Decision.BLOCK if kind == Kind.ATTACK else Decision.ALLOW
    if expect not in {"", *Decision}:
        raise CorpusError(f"{expect}: no decision", mend=f"--expect {', '.join(Decision)}")
    given = {"kind": kind, "group": group, "split": split, "batch": batch}
    return msgspec.convert({**given, "expect": expect or usual, **stated}, Home)


def add(
    folder: Path, to: Home, rows: Sequence[Row], *, clean: Clean | None, skip_bad: bool = False
) -> Added:
    """Add the rows that are no duplicates. `clean` takes personal data out; None: nobody does.

    Raises:
        CorpusError: the corpus is broken, the batch or family is not one for these cases, or a row
            is no case and `skip_bad` is False. Nothing is written then.
    """
    corpus = load(folder)
    stated = _sources(folder, to)
    drafts = _drafts(to, rows, clean)
    if drafts.bad and not skip_bad:
        first = drafts.bad[0]
        raise CorpusError(
            f"{len(drafts.bad)} of {len(rows)} records are no cases; the first, {first.place}: "
            f"{first.why}",
            mend="correct them, or leave them out with --skip-bad; nothing was added",
        )
    fresh, twins = _apart(corpus, drafts.good)
    cases = _named(corpus, to, fresh)
    if cases:
        _write(folder, to, cases, stated)
    return Added(tuple(c.id for c in cases), tuple(twins), tuple(drafts.bad), drafts.removed)


def _sources(folder: Path, to: Home) -> str:
    """The text of `SOURCES.toml` once the batch is in it.

    Raises:
        CorpusError: the batch is another's, or nothing names the family.
    """
    path = folder / NAME
    text = path.read_text("utf-8") if path.is_file() else "[batches]\n"
    known = read(folder) if path.is_file() else Sources()
    if not to.new and not is_group(to.kind, to.group, known):
        raise CorpusError(
            f"no batch names {to.kind}/{to.group}", where=path, mend="--new, if it is to begin"
        )
    batch = known.batches.get(to.batch)
    if batch is None:
        text = listed(text, to.batch, f"{to.kind}/{to.group}", to.split)
        known = toml.parse(text, Sources, path)
        batch = known.batches[to.batch]
    if batch.split != to.split or not known.holds(to.batch, to.kind, to.group):
        raise CorpusError(
            f"the batch {to.batch} is for {batch.files} in split {batch.split}",
            where=path,
            mend="give these cases a batch of their own",
        )
    return text


def _drafts(to: Home, rows: Iterable[Row], clean: Clean | None) -> _Drafts:
    """The rows as cases without a name of their own yet."""
    found = _Drafts([], [], Counter())
    for row in rows:
        if row.why:
            found.bad.append(Skipped(row.place, row.why))
            continue
        try:
            shown = clean(row.turns, row.note) if clean else Cleaned(row.turns, row.note, Counter())
        except UnscannedError as error:
            found.bad.append(Skipped(row.place, str(error)))
            continue
        lang, expect = row.lang or to.lang, row.expect or to.expect
        if not is_language(lang):
            found.bad.append(Skipped(row.place, "its language is no language code (BCP 47)"))
            continue
        line = Line("", lang, to.split, to.batch, expect, shown.turns, shown.note)
        found.good.append((row.place, Case(to.kind, to.group, line)))
        found.removed.update(shown.removed)
    return found


def _apart(corpus: Corpus, drafts: list[tuple[str, Case]]) -> tuple[list[Case], list[Skipped]]:
    """Those that say something new, and why the others do not."""
    attack = [c for c in corpus.cases if c.kind is Kind.ATTACK]
    honest = [c for c in corpus.cases if c.kind is not Kind.ATTACK]
    is_attack = bool(drafts) and drafts[0][1].kind is Kind.ATTACK
    ours, theirs = (attack, honest) if is_attack else (honest, attack)
    known = [*((case.id, case) for case in ours), *drafts]
    near = {
        pair.later
        - len(ours): f"{pair.share:.0%} of its words as {_called(known, pair.earlier, len(ours))}"
        for pair in pairs([_text(case) for _, case in known])
        if pair.later >= len(ours)
    }
    opposite = {_text(case): case.id for case in theirs}
    for number, (_, case) in enumerate(drafts):
        if _text(case) in opposite:
            near[number] = f"the very text of {opposite[_text(case)]}"
    fresh = [case for number, (_, case) in enumerate(drafts) if number not in near]
    return fresh, [Skipped(drafts[n][0], why) for n, why in sorted(near.items())]


def _called(known: Sequence[tuple[str, Case]], number: int, before: int) -> str:
    return known[number][0] if number < before else f"record {known[number][0]}"


def _text(case: Case) -> str:
    return Placed(Path(), 0, case).text


def _named(corpus: Corpus, to: Home, fresh: Iterable[Case]) -> list[Case]:
    """The cases with the next free numbers of their file."""
    stem = f"nm-{to.group}" if to.kind is Kind.NEAR_MISS else to.group
    taken = {case.id for case in corpus.cases}
    own = (case.id for case in corpus.cases if (case.kind, case.group) == (to.kind, to.group))
    last = max((int(found[0]) for name in own if (found := _NUMBER.search(name))), default=0)
    numbers = (f"{stem}-{n:04}" for n in _from(last + 1))
    free = (name for name in numbers if name not in taken)
    return [
        Case(case.kind, case.group, msgspec.structs.replace(case.line, id=name))
        for case, name in zip(fresh, free, strict=False)
    ]


def _from(number: int) -> Iterator[int]:
    while True:
        yield number
        number += 1


def _write(folder: Path, to: Home, cases: Iterable[Case], stated: str) -> None:
    """Both files at once: the batch first, since a batch without a case is no harm."""
    path, sources = folder / to.kind / f"{to.group}.jsonl", folder / NAME
    before = path.read_text("utf-8") if path.is_file() else ""
    if before and not before.endswith("\n"):
        before += "\n"
    lines = "".join(f"{as_line(case.line)}\n" for case in cases)
    known = sources.read_bytes() if sources.is_file() else None
    path.parent.mkdir(parents=True, exist_ok=True)
    _put(sources, stated)
    try:
        _put(path, before + lines)
    except OSError:
        _put(sources, known.decode()) if known is not None else sources.unlink()
        raise


def _put(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
