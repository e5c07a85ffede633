"""`shield judge`: ask a model about answers, and ask whether it may be believed."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shield.exits import FAILED, INCOMPLETE, PASS, exits, printable

if TYPE_CHECKING:
    from shield.audit.judge.agreement import Against
    from shield.audit.judge.asking import Choice, Judge
    from shield.audit.judge.kept import Head, Kept
    from shield.audit.judge.rubric import Example, Pair, Rubric

app = typer.Typer(no_args_is_help=True, help="Judge answers by a rubric, as far as people agree.")
_KEY = "SHIELD_JUDGE_KEY"

SampleArgument = Annotated[Path, typer.Argument(help="The sample, JSON Lines.")]
RubricOption = Annotated[Path, typer.Option("--rubric", help="The rubric, TOML.")]
ScoresOption = Annotated[Path, typer.Option("--scores", help="Where the judge's answers are kept.")]
UrlOption = Annotated[str, typer.Option(help="An OpenAI-compatible service, as http://host/v1.")]
ModelOption = Annotated[str, typer.Option(help="What the service calls the model.")]
PinOption = Annotated[Path | None, typer.Option("--pin", help="The pin of a judge that passed.")]


@app.command()
def score(
    sample: SampleArgument,
    rubric: RubricOption,
    scores: ScoresOption,
    url: UrlOption,
    model: ModelOption,
    *,
    pin: PinOption = None,
) -> None:
    """Ask the judge about each answer that it was not asked about yet; exit 4 when some got none."""
    with exits():
        from shield.audit.judge.rubric import Example, read
        from shield.audit.judge.rubric import sample as examples

        known = read(rubric)
        given = examples(sample, Example, known)
        failed = asyncio.run(_scored(given, known, scores, url, model, pin))
        _ended(len(given), failed)


@app.command()
def agree(
    sample: SampleArgument,
    rubric: RubricOption,
    scores: ScoresOption,
    model: ModelOption,
    *,
    pin: PinOption = None,
) -> None:
    """Compare the judge with people; exit 1 below the bar, 4 when the sample is too small to say."""
    with exits():
        from shield.audit.judge import kept
        from shield.audit.judge.agreement import ENOUGH, agreements

        known, given, levels, head = _levels(sample, rubric, scores, model)
        found = agreements(known, given, levels)
        typer.echo(
            f"judge {head.judge}, rubric {head.rubric}, {len(levels)} of {len(given)} scored"
        )
        for one in found:
            typer.echo(f"{one.dimension}: {one.gate} (bar {ENOUGH})")
            for against in one.judge:
                typer.echo(f"  judge and {_shown(against)}")
            for against in one.people:
                typer.echo(f"  people, {_shown(against)}")
        gates = {one.gate for one in found}
        if "too few" in gates or len(levels) < len(given):
            raise typer.Exit(INCOMPLETE)
        if "broken" in gates:
            raise typer.Exit(FAILED)
        if pin:
            lows = {o.dimension: min(a.kappa.low or 0.0 for a in o.judge) for o in found}
            kept.pin(pin, head, lows)
        raise typer.Exit(PASS)


@app.command()
def disagreements(
    sample: SampleArgument, rubric: RubricOption, scores: ScoresOption, model: ModelOption
) -> None:
    """Name the examples in which people and the judge differ, to refine the rubric by."""
    with exits():
        from collections import Counter

        from shield.audit.judge.agreement import disagreements as differing

        _, given, levels, _ = _levels(sample, rubric, scores, model)
        counts: Counter[tuple[str, str, str]] = Counter()
        for one in differing(given, levels):
            people = ", ".join(f"{rater} {level}" for rater, level in sorted(one.people.items()))
            typer.echo(printable(f"{one.id}  {one.dimension}: judge {one.judge}; {people}"))
            counts.update((one.dimension, one.judge, other) for other in one.people.values())
        for (dimension, ours, theirs), count in counts.most_common():
            if ours != theirs:
                typer.echo(f"{dimension}: judge {ours} where people said {theirs}: {count}")


@app.command()
def pairs(
    sample: SampleArgument,
    rubric: RubricOption,
    scores: ScoresOption,
    url: UrlOption,
    model: ModelOption,
    *,
    pin: PinOption = None,
) -> None:
    """Choose between two answers in both orders; exit 4 when some pair got no answer."""
    with exits():
        from shield.audit.judge.pairs import preference
        from shield.audit.judge.rubric import Pair, read
        from shield.audit.judge.rubric import sample as examples

        known = read(rubric)
        given = examples(sample, Pair, known)
        choices, failed = asyncio.run(_chosen(given, known, scores, url, model, pin))
        made = preference(given, choices)
        typer.echo(f"a {made.a}, b {made.b}, ties {made.ties}")
        typer.echo(f"the same in both orders: {made.steady.count} of {made.steady.n}")
        typer.echo(made.note)
        _ended(len(given), failed)


async def _scored(
    given: "list[Example]", rubric: "Rubric", scores: Path, url: str, model: str, pin: Path | None
) -> list[str]:
    from shield.audit.judge.asking import each
    from shield.audit.judge.kept import Scored, of

    async with _judge(rubric, url, model) as judge:
        known = _kept(judge, scores, pin)
        open_ = [one for one in given if known.get(one) is None]
        return await each(
            judge.score, open_, lambda one, found: known.put(Scored(one.id, of(one), found))
        )


async def _chosen(
    given: "list[Pair]", rubric: "Rubric", scores: Path, url: str, model: str, pin: Path | None
) -> "tuple[dict[str, Choice], list[str]]":
    from shield.audit.judge.asking import each
    from shield.audit.judge.kept import Chosen, of

    async with _judge(rubric, url, model) as judge:
        known = _kept(judge, scores, pin)
        open_ = [one for one in given if known.get(one) is None]
        failed = await each(
            judge.choose, open_, lambda one, found: known.put(Chosen(one.id, of(one), found))
        )
    entries = ((one.id, known.get(one)) for one in given)
    return {name: e.choice for name, e in entries if isinstance(e, Chosen)}, failed


@asynccontextmanager
async def _judge(rubric: "Rubric", url: str, model: str) -> "AsyncIterator[Judge]":
    from shield.audit.judge.asking import Judge
    from shield.remote.chat import OpenAIChat
    from shield.remote.client import Client

    key = os.environ.get(_KEY, "")
    async with Client(url, {"authorization": f"Bearer {key}"} if key else None) as client:
        yield Judge(OpenAIChat(client, model), model, rubric)


def _kept(judge: "Judge", scores: Path, pin: Path | None) -> "Kept":
    from shield.audit.judge.kept import Head, Kept, pinned

    head = Head(judge.digest, judge.rubric.digest)
    if pin:
        pinned(pin, head)
    return Kept(scores, head)


def _levels(
    sample: Path, rubric: Path, scores: Path, model: str
) -> "tuple[Rubric, list[Example], dict[str, dict[str, str]], Head]":
    """The examples, and the judge's levels of those whose texts it was asked about."""
    from shield.audit.judge.asking import named
    from shield.audit.judge.kept import Head, Kept, Scored
    from shield.audit.judge.rubric import Example, read
    from shield.audit.judge.rubric import sample as examples

    known = read(rubric)
    given = examples(sample, Example, known)
    head = Head(named(model), known.digest)
    kept = Kept(scores, head)
    entries = ((one.id, kept.get(one)) for one in given)
    return known, given, {n: e.levels for n, e in entries if isinstance(e, Scored)}, head


def _shown(one: "Against") -> str:
    found = one.kappa
    if found.value is None:
        return printable(f"{one.rater}: too few to say (n {found.n})")
    return printable(f"{one.rater}: kappa {found.value:.3f}, at least {found.low:.3f}, n {found.n}")


def _ended(count: int, failed: list[str]) -> None:
    typer.echo(f"{count - len(failed)} of {count} answered")
    if failed:
        typer.echo(printable(f"no answer: {', '.join(failed[:20])}"))
    raise typer.Exit(INCOMPLETE if failed else PASS)
