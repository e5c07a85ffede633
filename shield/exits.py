"""How commands end and show that they work.

Exit codes: 0 pass, 1 gate failed or text refused, 2 usage or set-up, 3 internal error,
4 incomplete, 5 nothing to audit. Progress and messages go to stderr, results to stdout.
"""

import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from shield.errors import SetupError

_EXTRAS = {
    "aiohttp": "sidecar",
    "httpx2": "remote",
    "jinja2": "report",
    "ray": "ray",
    "scipy": "report",
    "uvicorn": "sidecar",
}
PASS, FAILED, USAGE, INTERNAL, INCOMPLETE, NOTHING = range(6)


@contextmanager
def progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar on a terminal, nothing elsewhere; gives what is to be called after each step."""
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


@contextmanager
def exits() -> Iterator[None]:
    """Set-up errors become exit code 2 with their message, anything unforeseen exit code 3."""
    try:
        yield
    except (typer.Exit, SystemExit, KeyboardInterrupt):
        raise
    except SetupError as error:
        stop(USAGE, str(error))
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        stop(USAGE, f"this command needs an extra: pip install 'shield-guard[{extra}]'")
    except Exception as error:  # noqa: BLE001 — the last resort, with an exit code of its own
        # The frames say where; the message could repeat what was being read.
        typer.echo("".join(traceback.format_tb(error.__traceback__)), err=True)
        stop(INTERNAL, f"internal error: {type(error).__name__}")


def stop(code: int, message: str) -> NoReturn:
    """End the command with a message on stderr."""
    Console(stderr=True, soft_wrap=True).print(escape(message))
    raise typer.Exit(code)


def printable(text: str) -> str:
    """The text with everything escaped that could steer or deceive a terminal."""
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape", "surrogatepass").decode("ascii")
