"""What a corpus holds: cases by kind, group and split, language and batch."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shield.audit import manifest
from shield.audit.corpus import Case, Corpus, Kind
from shield.audit.manifest import Changes
from shield.exits import printable

_SHOWN_IDS = 20
_COLUMNS = ("tune", "hold", "all")


class Row(Struct, frozen=True):
    """The cases of one group, language or batch."""

    name: str
    tune: int
    hold: int

    @property
    def all(self) -> int:
        """Both splits."""
        return self.tune + self.hold


class Stats(Struct, frozen=True):
    """The counts of a corpus; `changes` since its last release, None when none is recorded."""

    corpus: str
    kinds: tuple[Row, ...]
    groups: tuple[Row, ...]
    languages: tuple[Row, ...]
    batches: tuple[Row, ...]
    turns: int
    chars: int
    changes: Changes | None


def stats(corpus: Corpus) -> Stats:
    """Count a corpus.

    Raises:
        CorpusError: its manifest is broken.
    """
    cases = corpus.cases
    recorded = (corpus.folder / manifest.NAME).is_file()
    turns = [turn for case in cases for turn in case.line.turns]
    return Stats(
        corpus=corpus.digest,
        kinds=_rows(cases, lambda case: case.kind),
        groups=_rows(cases, lambda case: f"{case.kind}/{case.group}"),
        languages=_rows(cases, lambda case: case.line.lang, largest=True),
        batches=_rows(cases, lambda case: case.line.batch),
        turns=len(turns),
        chars=sum(len(turn.text or "") for turn in turns),
        changes=(
            manifest.compared(manifest.read(corpus.folder), manifest.made(corpus))
            if recorded
            else None
        ),
    )


def _rows(
    cases: Iterable[Case], name: Callable[[Case], str], *, largest: bool = False
) -> tuple[Row, ...]:
    """One row a name, by name or the largest first."""
    found: dict[str, Counter[str]] = {}
    for case in cases:
        found.setdefault(str(name(case)), Counter())[case.line.split] += 1
    rows = [Row(key, counts["tune"], counts["hold"]) for key, counts in sorted(found.items())]
    return tuple(sorted(rows, key=lambda row: -row.all) if largest else rows)


def show(found: Stats, console: Console) -> None:
    """Print the counts, and what came, changed and went since the last release."""
    for title, rows in (
        ("kind", found.kinds),
        ("group", found.groups),
        ("language", found.languages),
        ("batch", found.batches),
    ):
        console.print(_table(title, rows))
    console.print(f"corpus {found.corpus}: {found.turns} turns, {found.chars} characters")
    console.print(*_honest(found), sep="\n")
    if found.changes is None:
        console.print(f"no {manifest.NAME}: changes since the last release are not recorded")
        return
    for what in ("added", "changed", "removed", "files"):
        name = "files changed" if what == "files" else what
        console.print(_listed(name, getattr(found.changes, what)))


def _honest(found: Stats) -> Iterator[str]:
    benign = next((row for row in found.kinds if row.name == Kind.BENIGN), None)
    if benign:
        yield f"benign cases in hold: {benign.hold / benign.all:.1%}"


def _listed(what: str, ids: tuple[str, ...]) -> str:
    more = f" and {len(ids) - _SHOWN_IDS} more" if len(ids) > _SHOWN_IDS else ""
    names = f": {escape(printable(', '.join(ids[:_SHOWN_IDS])))}{more}" if ids else ""
    return f"{what} since the last release: {len(ids)}{names}"


def _table(title: str, rows: tuple[Row, ...]) -> Table:
    table = Table(title=None)
    table.add_column(title)
    for column in _COLUMNS:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            escape(printable(row.name)), *(str(getattr(row, column)) for column in _COLUMNS)
        )
    return table
