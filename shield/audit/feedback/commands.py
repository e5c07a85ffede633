"""`shield feedback`: report what was judged wrongly; a second person makes it a golden case."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from shield.exits import NOTHING, USAGE, exits, printable, stop

if TYPE_CHECKING:
    from shield.audit.corpus import Turn
    from shield.audit.feedback.claims import Label
    from shield.audit.feedback.taking import Clean

app = typer.Typer(no_args_is_help=True, help="Report wrong verdicts, and confirm the reports.")
LABELS = ("false-positive", "false-negative")
DEFAULT = Path("golden_corpus")

GoldenOption = Annotated[
    Path, typer.Option("--golden", envvar="SHIELD_GOLDEN", help="The private golden folder.")
]
ByOption = Annotated[str, typer.Option("--by", help="Who says so; kept in the golden folder.")]
SourceOption = Annotated[str, typer.Option(help="Who says a plain text.")]


@app.command()
def add(
    label: Annotated[str, typer.Argument(help="false-positive or false-negative.")],
    by: ByOption,
    place: Annotated[
        str, typer.Option("--as", help="benign/DOMAIN or near_miss/SCANNER; attacks/FAMILY.")
    ],
    text: Annotated[
        str, typer.Option(help="The text, or turns as JSON; - reads standard input.")
    ] = "",
    event: Annotated[str, typer.Option(help="The id of the verdict that was wrong.")] = "",
    events: Annotated[
        Path | None, typer.Option(help="The file of events (JSON Lines) that it stands in.")
    ] = None,
    source: SourceOption = "user",
    lang: Annotated[str, typer.Option(help="Language (BCP 47) of the text.")] = "und",
    note: Annotated[str, typer.Option(help="Why it is wrong, one sentence.")] = "",
    golden: GoldenOption = DEFAULT,
) -> None:
    """Report a wrong verdict, cut of personal data; it counts once a second person confirms it."""
    with exits():
        from shield.audit.feedback import events as log
        from shield.audit.feedback import taking

        if label not in LABELS:
            stop(USAGE, f"{label}: one of {', '.join(LABELS)}")
        if bool(event) != (events is not None):
            stop(USAGE, "--event and --events: both or none")
        known = log.find(events, event) if events else None
        turns = _turns(text, source)
        kind = cast("Label", label)
        said = taking.Said(by, kind, place, turns, lang, note)
        with _cleaning() as clean:
            claim = taking.report(golden, said, clean, known)
        typer.echo(f"{claim.id}: open until a second person confirms it")


@app.command()
def confirm(
    report: Annotated[str, typer.Argument(help="The id of the report.")],
    by: ByOption,
    *,
    reject: Annotated[bool, typer.Option("--reject", help="Say that it is not so.")] = False,
    text: Annotated[
        str, typer.Option(help="The text of a report that named an event only; - reads stdin.")
    ] = "",
    source: SourceOption = "user",
    golden: GoldenOption = DEFAULT,
) -> None:
    """Say a second person's word on a report; confirmed, it is a case that audits include."""
    with exits():
        from shield.audit.feedback import taking

        turns = _turns(text, source)
        if turns:
            with _cleaning() as clean:
                word = taking.speak(golden, report, by, agrees=not reject, turns=turns, clean=clean)
        else:
            word = taking.speak(golden, report, by, agrees=not reject)
        made = f"the case {word.case}" if word.case else "no new case"
        typer.echo(f"{report}: " + ("rejected" if reject else f"confirmed, {made}"))


@app.command("list")
def list_(
    *,
    state: Annotated[str, typer.Option(help="open, confirmed or rejected; all without.")] = "",
    text: Annotated[bool, typer.Option("--text", help="Show the texts too.")] = False,
    golden: GoldenOption = DEFAULT,
) -> None:
    """List the reports of a golden folder; exit 5 when there is none."""
    with exits():
        from shield.audit.feedback.claims import read

        shown = [s for s in read(golden).values() if state in {"", s.state}]
        if not shown:
            stop(NOTHING, f"{golden}: no report")
        for one in shown:
            claim = one.claim
            rules = ", ".join(claim.rules) or "-"
            who = f"{claim.by}, {one.word.by}" if one.word else claim.by
            line = f"{claim.id}  {one.state}  {claim.label}  {claim.place}  {who}  {rules}"
            typer.echo(printable(line))
            for turn in claim.turns if text else ():
                typer.echo(f"  {turn.source}: {printable(turn.text or '(a call)')}")


def _turns(text: str, source: str) -> "tuple[Turn, ...]":
    from shield.audit.corpus import Turn
    from shield.audit.intake.commands import turns_of
    from shield.audit.intake.rows import UnreadableError, said
    from shield.types import Source

    if source not in set(Source):
        stop(USAGE, f"--source {source}: one of {', '.join(Source)}")
    if not text:
        return ()
    given = sys.stdin.read() if text == "-" else text
    try:
        return turns_of(given) or (Turn(Source(source), said(given)),)
    except UnreadableError as error:
        stop(USAGE, f"no case: {error}")


@contextmanager
def _cleaning() -> "Iterator[Clean]":
    """What cuts personal data; a text that it cannot look through is refused."""
    from shield.audit.intake.clean import Cleaner, UnscannedError
    from shield.policy.load import load

    cleaner = Cleaner(load(locked=False))
    try:
        yield cleaner.clean
    except UnscannedError as error:
        stop(USAGE, f"no report: it {error}")
    finally:
        cleaner.close()
