"""`shield corpus add` and `shield corpus import`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shield.exits import FAILED, PASS, USAGE, exits, printable, stop

if TYPE_CHECKING:
    from shield.audit.corpus import Turn
    from shield.audit.intake.adding import Added

_DEFAULT = Path("attack_corpus")
_SHOWN = 20

AsOption = Annotated[
    str, typer.Option("--as", help="attacks/FAMILY, benign/DOMAIN or near_miss/SCANNER.")
]
SplitOption = Annotated[str, typer.Option(help="tune or hold.")]
BatchOption = Annotated[
    str, typer.Option(help="The batch; a new name is registered in SOURCES.toml.")
]
CorpusOption = Annotated[Path, typer.Option("--corpus", help="The corpus folder.")]
ExpectOption = Annotated[
    str, typer.Option(help="The decision that is right; block for attacks, else allow.")
]
LangOption = Annotated[str, typer.Option(help="Language (BCP 47) of what does not say.")]
NewOption = Annotated[bool, typer.Option("--new", help="Let a new family or domain begin.")]


def add(
    text: Annotated[str, typer.Argument(help="The text, or turns as JSON; - reads stdin.")],
    place: AsOption,
    batch: BatchOption,
    split: SplitOption = "tune",
    corpus: CorpusOption = _DEFAULT,
    source: Annotated[str, typer.Option(help="Who says a text.")] = "user",
    name: Annotated[str, typer.Option(help="The tool, or the document's URI.")] = "",
    expect: ExpectOption = "",
    lang: LangOption = "und",
    note: Annotated[str, typer.Option(help="Why the case is here, one sentence.")] = "",
    new: NewOption = False,
) -> None:
    """Add one case to a corpus; exit 1 when it says nothing new."""
    with exits():
        from shield.audit.corpus import Turn
        from shield.audit.intake.adding import add as added
        from shield.audit.intake.adding import home
        from shield.audit.intake.rows import Row, UnreadableError, said
        from shield.types import Source

        if source not in set(Source):
            stop(USAGE, f"--source {source}: one of {', '.join(Source)}")
        given = sys.stdin.read() if text == "-" else text
        to = home(place, split, batch, expect, lang=lang, new=new)
        try:
            turns = turns_of(given) or (Turn(Source(source), said(given), name=name),)
        except UnreadableError as error:
            stop(USAGE, f"no case: {error}")
        _told(added(corpus, to, [Row("the case", turns, note=note)], clean=None))


def import_(
    file: Annotated[Path, typer.Argument(help="JSONL, CSV, promptfoo tests, a garak log.")],
    place: AsOption,
    batch: BatchOption,
    split: SplitOption = "tune",
    corpus: CorpusOption = _DEFAULT,
    form: Annotated[
        str, typer.Option("--format", help="jsonl, csv, promptfoo or garak; else by the file.")
    ] = "",
    field: Annotated[str, typer.Option(help="The field, column or var with the text.")] = "",
    source: Annotated[str, typer.Option(help="Who says plain texts.")] = "user",
    expect: ExpectOption = "",
    lang: LangOption = "und",
    new: NewOption = False,
    skip_bad: Annotated[bool, typer.Option(help="Count what is no case, and go on.")] = False,
    as_written: Annotated[
        bool, typer.Option(help="Leave personal data in: for cases that were made up.")
    ] = False,
) -> None:
    """Import cases or logs, cleaned of personal data and credentials; all records or none."""
    with exits():
        from shield.audit.intake.adding import add as added
        from shield.audit.intake.adding import home
        from shield.audit.intake.clean import Cleaner
        from shield.audit.intake.readers import FORMS, read
        from shield.audit.intake.rows import Shape
        from shield.policy.load import load
        from shield.types import Source

        if form not in {"", *FORMS} or source not in set(Source):
            stop(USAGE, f"one of --format {', '.join(FORMS)}; --source {', '.join(Source)}")
        to = home(place, split, batch, expect, lang=lang, new=new)
        rows = read(file, form, Shape(field, Source(source)))
        cleaner = None if as_written else Cleaner(load(locked=False))
        try:
            clean = cleaner.clean if cleaner else None
            _told(added(corpus, to, rows, clean=clean, skip_bad=skip_bad))
        finally:
            if cleaner:
                cleaner.close()


def turns_of(text: str) -> "tuple[Turn, ...] | None":
    """The turns of a JSON list; None for plain text."""
    import msgspec

    from shield.audit.intake.rows import Shape, turns

    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return turns({"turns": found}, Shape()) if isinstance(found, list) else None


def _told(made: "Added") -> None:
    """Say what became of the records, and end: 1 when there were some and none is new."""
    for what, found in (("duplicate", made.duplicates), ("no case", made.bad)):
        for one in found[:_SHOWN]:
            typer.echo(printable(f"{what}: {one.place}: {one.why}"))
        if len(found) > _SHOWN:
            typer.echo(f"{what}: {len(found) - _SHOWN} more")
    cut = ", ".join(f"{count} {kind}" for kind, count in sorted(made.removed.items()))
    ids = f" ({made.ids[0]} to {made.ids[-1]})" if made.ids else ""
    typer.echo(
        f"added {len(made.ids)}{ids}, duplicates {len(made.duplicates)}, "
        f"left out {len(made.bad)}; removed: {cut or 'nothing'}"
    )
    raise typer.Exit(PASS if made.ids else FAILED)
