"""`shield serve`: the sidecar. `shield usage`: what its ledger says."""

import logging
import sqlite3
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from shield.exits import NOTHING, PASS, USAGE, exits, stop
from shield.hosts.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from shield.hosts.settings import Settings
    from shield.ops.ledger import Line

_BY = ("day", "tenant", "feature", "model", "principal")
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="A settings file, such as sidecar/sidecar.toml.")
]


def serve(  # noqa: PLR0917 — typer makes options of parameters
    config: ConfigOption = None,
    policy: Annotated[Path | None, typer.Option(help="A policy file.")] = None,
    host: Annotated[str | None, typer.Option(help="Where to listen; loopback.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="On which port; 8321.")
    ] = None,
    socket: Annotated[Path | None, typer.Option(help="A Unix socket to listen on instead.")] = None,
    upstream: Annotated[
        str | None, typer.Option(help="The URL of a model API that takes what no alias names.")
    ] = None,
    key_env: Annotated[str, typer.Option(help="The variable that holds its key.")] = "",
) -> None:
    """Run the sidecar: a guarded gateway on localhost, until it is told to end."""
    with exits():
        from shield.hosts.gateway.table import Source
        from shield.hosts.serve import listen, run
        from shield.hosts.settings import checked

        logging.basicConfig(
            level=logging.INFO, stream=sys.stderr, format="%(levelname)s %(message)s"
        )
        flags = {"host": host, "port": port, "socket": socket}
        read = partial(_read, config, policy, flags, upstream, key_env)
        settings = read()
        checked(settings)
        source = Source(config, read) if config else None
        listener = listen(settings.serve)
        if settings.serve.workers == 1:
            run(settings, listener, source)
        else:
            logging.getLogger("shield").warning(
                "%d workers: each has rates of its own, and sessions unless a store is shared",
                settings.serve.workers,
            )
            with listener:
                work = partial(_worker, partial(run, settings, listener, source))
                code = Workers(settings.serve.workers, work).run()
            raise typer.Exit(code)


def _read(
    config: Path | None,
    policy: Path | None,
    flags: "Mapping[str, object]",
    upstream: str | None,
    key_env: str,
) -> "Settings":
    """The settings of a file with the flags above it."""
    from shield.hosts.settings import Settings, Upstream, load

    found = load(config) if config else Settings()
    given = {name: value for name, value in flags.items() if value is not None}
    update: dict[str, object] = {"serve": found.serve.model_copy(update=given)}
    if upstream:
        made = Upstream(url=upstream, key_env=key_env, default=True, by_header=True)
        others = {
            name: one.model_copy(update={"default": one.default and one.family != made.family})
            for name, one in found.upstreams.items()
        }
        update["upstreams"] = {**others, "command-line": made}
    if policy:
        update["policy"] = policy
    return found.model_copy(update=update)


def _worker(run: "Callable[[], None]") -> int:
    """One worker's life; gives its exit code."""
    try:
        with exits():
            run()
    except typer.Exit as ended:
        return ended.exit_code
    return PASS


def usage(
    ledger: Annotated[
        Path | None, typer.Option(help="The ledger file; that of the settings when left out.")
    ] = None,
    config: ConfigOption = None,
    by: Annotated[
        list[str] | None, typer.Option(help=f"What to sum by: {', '.join(_BY)}. Repeatable.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, help="How many days, today (UTC) included.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
) -> None:
    """Print requests, tokens and cost; a `+` marks sums that lack what nobody stated or priced."""
    with exits():
        import msgspec

        from shield.hosts.settings import load
        from shield.ops.ledger import read

        path = ledger or (load(config).ledger.path if config else None)
        columns = by or ["tenant", "model"]
        if path is None:
            stop(USAGE, "name the ledger: --ledger, or --config with ledger.path")
        if unknown := set(columns) - set(_BY):
            stop(USAGE, f"--by {', '.join(sorted(unknown))}: one of {', '.join(_BY)}")
        try:
            lines = read(path, columns, days=days, now=time.time())
        except sqlite3.Error:
            stop(USAGE, f"{path}: no ledger that can be read")
        if as_json:
            typer.echo(msgspec.json.format(msgspec.json.encode(lines), indent=2).decode())
            return
        if not lines:
            stop(NOTHING, f"{path}: nothing was used in {days} day(s)")
        _show(columns, lines)


def _show(columns: list[str], lines: "tuple[Line, ...]") -> None:
    table = Table(*columns, "requests", "input", "output", "US$")
    for line in lines:
        use = line.use
        tokens, cost = "+" * bool(use.unmetered), "+" * bool(use.unpriced or use.unmetered)
        sums = (f"{use.requests}", f"{use.input}{tokens}", f"{use.output}{tokens}")
        table.add_row(*line.key, *sums, f"{use.micros / 1e6:.4f}{cost}")
    Console(width=None if sys.stdout.isatty() else 110).print(table)
