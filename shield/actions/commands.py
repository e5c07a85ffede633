"""`shield tools`: draft manifests from definitions, and approve what a server describes."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from shield.exits import FAILED, exits, stop

app = typer.Typer(no_args_is_help=True, help="Draft manifests of tools, and approve tools.")
FileArgument = Annotated[
    Path,
    typer.Argument(
        help="Definitions as JSON: OpenAI, Anthropic or MCP (tools/list); - reads stdin."
    ),
]
_LOCK = Path("policies/tools.lock.toml")


@app.command()
def infer(
    tools: FileArgument,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="A file to write.")] = None,
) -> None:
    """Draft [tools.*] entries for a policy from definitions; a person has to read and correct them."""
    with exits():
        from shield.actions.infer import draft, toml

        text = toml(draft(definition) for definition in _definitions(tools))
        if output is None:
            typer.echo(text, nl=False)
        else:
            output.write_text(text, encoding="utf-8")


@app.command()
def approve(
    tools: FileArgument,
    server: Annotated[str, typer.Option(help="Who offers these tools.")] = "default",
    lock: Annotated[Path, typer.Option(help="The file of approvals.")] = _LOCK,
    instructions: Annotated[
        Path | None, typer.Option(help="The server's instructions, when it gives any.")
    ] = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Approve without asking.")] = False,
) -> None:
    """Show how a server's tools differ from what was approved, and approve them as they are now."""
    with exits():
        from shield.actions import pins

        offered = [pins.offer(definition) for definition in _definitions(tools)]
        told = instructions.read_text("utf-8") if instructions else ""
        known = pins.read(lock)
        found = pins.changes(known.servers.get(server, pins.ServerPins()), offered, told)
        for change in found:
            parts = f": {', '.join(change.parts)}" if change.parts else ""
            typer.echo(f"{change.kind:9} {change.name!a}{parts}")
        if not found:
            typer.echo("nothing differs from what was approved")
            return
        if not yes and not typer.confirm("Approve these definitions?", err=True):
            stop(FAILED, "not approved")
        after = pins.approved(known, server, pins.pinned(offered, told))
        lock.write_text(pins.written(after), encoding="utf-8")


def _definitions(path: Path) -> "tuple[Any, ...]":
    from shield.actions.infer import definitions
    from shield.errors import PolicyError

    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text("utf-8")
        found = definitions(json.loads(text))
    except (OSError, ValueError, RecursionError) as error:
        kind = type(error).__name__
        what = str(error) if kind == "ValueError" else f"cannot be read as definitions ({kind})"
        raise PolicyError(
            what, where=path, mend="give the JSON list of tools that a model is sent"
        ) from None
    names = [definition.name for definition in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PolicyError(f"{twice[0]!a} is defined twice", where=path, mend="name each tool once")
    return found
