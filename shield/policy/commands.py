"""`shield policy convert`: a configuration of LLM Guard as a policy."""

from pathlib import Path
from typing import Annotated

import typer

from shield.exits import INCOMPLETE, PASS, USAGE, exits, printable, stop


def convert(
    source: Annotated[Path, typer.Argument(help="A scanners.yml of LLM Guard.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="The policy file to write.")
    ] = None,
) -> None:
    """Write the policy that a scanners.yml comes to; exit 4 when something of it is left out."""
    with exits():
        from shield.policy.convert import convert as converted

        if output is not None and output.exists():
            stop(USAGE, f"{output} exists; name a new file")
        made = converted(source, output.parent if output is not None else Path())
        if output is None:
            typer.echo(made.text, nl=False)
        else:
            output.write_text(made.text, encoding="utf-8")
        for note in made.notes:
            typer.echo(printable(str(note)), err=True)
        where = output if output is not None else "FILE"
        typer.echo(f"next: shield calibrate --policy {where}", err=True)
        raise typer.Exit(PASS if made.complete else INCOMPLETE)
