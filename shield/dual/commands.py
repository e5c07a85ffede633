"""`shield dual`: look at plans before they run, and at runs after."""

from pathlib import Path
from typing import Annotated

import typer

from shield.errors import SetupError
from shield.exits import FAILED, exits

app = typer.Typer(no_args_is_help=True, help="Explain plans and draw runs of the controller.")


@app.command()
def explain(
    plan: Annotated[Path, typer.Argument(help="A plan, JSON.")],
    policy: Annotated[
        Path | None, typer.Option(help="A policy file; the shipped default when left out.")
    ] = None,
    tools: Annotated[
        Path | None, typer.Option(help="Tool definitions, JSON, to check arguments against.")
    ] = None,
    request: Annotated[
        str | None, typer.Option(help="What the user asked; literals must stand in it.")
    ] = None,
) -> None:
    """Print a plan, where its values come from, and what a person would be asked; 1 if not valid."""
    with exits():
        from shield.dual import explain as explanation
        from shield.policy.load import load

        known = dict(load(policy, locked=False).document.tools)
        lines, valid = explanation.explain(plan, known, tools, request)
        typer.echo("\n".join(lines))
        if not valid:
            raise typer.Exit(FAILED)


@app.command()
def graph(
    run: Annotated[Path, typer.Argument(help="A run's trace, JSON.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The SVG file to write.")],
    plan: Annotated[int, typer.Option(help="Which plan of the run, from 0; the last one.")] = -1,
) -> None:
    """Draw the data flow of a run, trust as colour."""
    with exits():
        import msgspec

        from shield.dual.graph import svg
        from shield.dual.trace import Trace

        try:
            trace = msgspec.json.decode(run.read_bytes(), type=Trace)
        except (OSError, msgspec.DecodeError) as error:
            raise SetupError(
                f"no trace of a run ({type(error).__name__})", where=run, mend="write Report.trace"
            ) from None
        output.write_text(svg(trace, plan), encoding="utf-8")


@app.command()
def schema() -> None:
    """Print the JSON Schema of a plan."""
    import json

    from shield.dual.plan import schema as plan_schema

    typer.echo(json.dumps(plan_schema(), indent=2))
