"""`shield corpus`: look after a corpus folder; and `shield audit --explain`.

What the commands need is loaded when they run: the command line starts with every one of them.
"""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from shield.audit.intake import commands as intake
from shield.exits import FAILED, NOTHING, PASS, exits, stop

app = typer.Typer(no_args_is_help=True, help="Check, count, extend and release a corpus.")
app.command()(intake.add)
app.command("import")(intake.import_)
FolderArgument = Annotated[Path, typer.Argument(help="The corpus folder.")]
_DEFAULT = Path("attack_corpus")


@app.command()
def check(folder: FolderArgument = _DEFAULT) -> None:
    """Name everything that is wrong with a corpus by file and line; exit 1 when something is."""
    with exits():
        from shield.audit.check import problems
        from shield.errors import CorpusError

        if not folder.is_dir():
            raise CorpusError(
                "there is no such folder", where=folder, mend="give the corpus folder"
            )
        found = problems(folder)
        for problem in found:
            typer.echo(str(problem))
        if found:
            stop(FAILED, f"{len(found)} problem{'s' * (len(found) != 1)}")
        typer.echo(f"{folder}: nothing is wrong")


@app.command()
def stats(
    folder: FolderArgument = _DEFAULT,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Count the cases of a corpus, and what was changed since its last release."""
    with exits():
        import msgspec
        from rich.console import Console

        from shield.audit import corpus, stats

        loaded = corpus.load(folder)
        if not loaded.cases:
            stop(NOTHING, f"{folder}: no case")
        found = stats.stats(loaded)
        if as_json:
            typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        else:
            stats.show(found, Console(width=None if sys.stdout.isatty() else 110, highlight=False))


@app.command()
def release(folder: FolderArgument = _DEFAULT) -> None:
    """Record the cases as they are now in manifest.json, once their changes are reviewed."""
    with exits():
        from shield.audit import corpus, manifest

        loaded = corpus.load(folder)
        if not loaded.cases:
            stop(NOTHING, f"{folder}: no case")
        typer.echo(f"{manifest.write(loaded)}: {len(loaded.cases)} cases")


def explained(folder: Path, policy: Path | None, name: str) -> NoReturn:
    """Print what each scanner saw in one case, and end the command.

    Raises:
        SetupError: there is no such case, or the policy is unusable.
    """
    from rich.console import Console

    from shield.audit import corpus
    from shield.audit.explain import case_of, explain
    from shield.audit.explained import show
    from shield.policy.load import load

    loaded = corpus.load(folder)
    case = case_of(loaded, name)
    known = load(policy).with_tools(loaded.tools)
    # A report that goes to a file or a build log must not carry what people wrote.
    show(known, case, explain(known, case), Console(), text=sys.stdout.isatty())
    raise typer.Exit(PASS)
