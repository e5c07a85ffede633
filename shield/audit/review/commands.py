"""`shield review`: what a week of decision events says."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shield.audit.feedback.commands import DEFAULT as GOLDEN
from shield.audit.feedback.commands import GoldenOption
from shield.exits import FAILED, NOTHING, PASS, USAGE, exits, printable, stop

if TYPE_CHECKING:
    from shield.audit.review.embedded import Embed, Moved
    from shield.audit.review.weekly import Reference, Review

app = typer.Typer(no_args_is_help=True, help="Review decisions, and notice drift.")
_SHOWN = 15

EventsArgument = Annotated[list[Path], typer.Argument(help="Files of events, JSON Lines.")]
TextsOption = Annotated[
    Path | None, typer.Option(help="A sample of texts (JSONL or CSV), for drift of embeddings.")
]
UntilOption = Annotated[
    datetime | None, typer.Option(help="The end, in UTC; the last decision when left out.")
]
PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="The policy whose embedder is used.")
]


@app.command()
def weekly(
    events: EventsArgument,
    *,
    reference: Annotated[
        Path | None, typer.Option(help="What `shield review reference` has written.")
    ] = None,
    texts: TextsOption = None,
    until: UntilOption = None,
    days: Annotated[int, typer.Option(min=1, help="How long a week is.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    policy: PolicyOption = None,
    golden: GoldenOption = GOLDEN,
) -> None:
    """Sum a week up; exit 1 when thresholds should be chosen again, 5 when nothing was decided."""
    with exits():
        import msgspec

        from shield.audit.feedback import claims
        from shield.audit.review import weekly, weeks

        if texts and reference is None:
            stop(USAGE, "--texts: compared with a --reference that has texts too")
        known = weekly.read(reference) if reference else None
        end = _end(events, until)
        span = (end - timedelta(days=days), end)
        now = weeks.week(events, *span)
        if not now.n:
            stop(NOTHING, f"no decision in the {days} days before {end:%Y-%m-%d %H:%M}")
        before = weeks.week(events, span[0] - timedelta(days=days), span[0])
        moved = _moved(known, texts, policy) if texts and known else None
        said = claims.read(golden)
        made = weekly.review(now, before, known, span=span, moved=moved, claims=said)
        if as_json:
            typer.echo(msgspec.json.format(msgspec.json.encode(made), indent=2).decode())
        else:
            typer.echo("\n".join(_lines(made)))
        raise typer.Exit(FAILED if made.suggested else PASS)


@app.command()
def reference(
    events: EventsArgument,
    output: Annotated[Path, typer.Option("-o", "--output", help="The file to write.")],
    *,
    texts: TextsOption = None,
    until: UntilOption = None,
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 28,
    policy: PolicyOption = None,
) -> None:
    """Keep what decisions look like now, for later weeks to be compared with. Holds no text."""
    with exits():
        from shield.audit.review import embedded, weekly, weeks

        end = _end(events, until)
        now = weeks.week(events, end - timedelta(days=days), end)
        if not now.n:
            stop(NOTHING, f"no decision in the {days} days before {end:%Y-%m-%d %H:%M}")
        made = None
        if texts:
            with _embedder(policy) as (digest, embed):
                made = embedded.embedded(digest, embed, _texts(texts))
        weekly.save(output, weekly.Reference(end, now, made))
        typer.echo(f"{output}: {now.n} decisions" + (f", embedder {made.model}" if made else ""))


def _end(events: list[Path], until: datetime | None) -> datetime:
    from shield.audit.review import weeks

    found = until.replace(tzinfo=UTC) if until else weeks.latest(events)
    if found is None:
        stop(NOTHING, "no decision in the files of events")
    return found


def _moved(known: "Reference", texts: Path, policy: Path | None) -> "Moved":
    from shield.audit.review import embedded

    if known.embedded is None:
        stop(USAGE, "--texts: the reference was made without texts")
    with _embedder(policy) as (digest, embed):
        return embedded.moved(known.embedded, digest, embed, _texts(texts))


def _texts(path: Path) -> list[str]:
    """What users say in a file of records; at least one text, or the command ends."""
    from shield.audit.intake.readers import read
    from shield.audit.intake.rows import Shape

    rows = read(path, "", Shape())
    found = [t.text for row in rows for t in row.turns if t.source == "user" and t.text]
    if not found:
        stop(USAGE, f"{path}: no text of a user")
    return found


@contextmanager
def _embedder(policy: Path | None) -> "Iterator[tuple[str, Embed]]":
    """The digest and the vectors of the shipped embedder."""
    from shield.inference.engine import Engine
    from shield.policy.load import load

    name = "embedder"
    engine = Engine(load(policy, locked=False).models, [name])
    yield engine.digests[name], lambda texts: engine.embed(name, texts)


def _lines(made: "Review") -> Iterator[str]:
    from shield.audit.review.weekly import word

    week, before = made.week, made.before
    yield f"{made.since:%Y-%m-%d %H:%M} to {made.until:%Y-%m-%d %H:%M} UTC: {week.n} decisions"
    for name, count in week.decisions.items():
        yield f"  {name}: {count} ({count / week.n:.1%}; {before.decisions.get(name, 0)} before)"
    yield f"  p50 {week.p50} ms, p99 {week.p99} ms"
    for name, count in week.skipped.items():
        yield f"  not scanned whole, {name}: {count}"
    old = {trigger.rule: trigger for trigger in before.triggers}
    for one in week.triggers[:_SHOWN]:
        was = old[one.rule].counted if one.rule in old else 0
        yield printable(f"{one.rule}: {one.counted} counted ({was} before), {one.shadow} shadow")
    for drift in made.drifts[:_SHOWN]:
        shown = "" if drift.psi is None else f" {drift.psi:.3f}"
        yield printable(f"scores of {drift.rule}: PSI{shown}, {word(drift.psi)}")
    if made.moved:
        shown = "" if made.moved.psi is None else f" {made.moved.psi:.3f}"
        yield f"texts: PSI{shown}, {word(made.moved.psi)}; centres at {made.moved.centres:.3f}"
    for name, count in made.reports.items():
        yield f"reports, {name}: {count}"
    yield from (f"note: {note}" for note in made.notes)
    yield from (f"calibrate again: {printable(why)}" for why in made.suggested)
    if not made.suggested:
        yield "nothing asks for new thresholds"
