"""The command line: `shield audit`, `calibrate`, `scan`, `policy`, `models`, `version`.

Results go to stdout, progress to stderr when it is a terminal. Exit codes: 0 pass, 1 gate
failed or text refused, 2 usage or set-up, 3 internal error, 4 incomplete, 5 nothing to audit.
"""

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import Progress

from shield import __version__
from shield.errors import SetupError

if TYPE_CHECKING:
    from shield.inference.bench import Speed

_EXTRAS = {"jinja2": "report", "scipy": "report", "uvicorn": "sidecar"}
PASS, FAILED, USAGE, INTERNAL, INCOMPLETE, NOTHING = range(6)

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Guardrails for LLM applications."
)
policy_app = typer.Typer(no_args_is_help=True, help="Check policies.")
models_app = typer.Typer(no_args_is_help=True, help="Look at the models.")
app.add_typer(policy_app, name="policy")
app.add_typer(models_app, name="models")

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="A policy file; the shipped default when left out.")
]
CorpusOption = Annotated[Path, typer.Option("--corpus", help="The corpus folder.")]

OutputOption = Annotated[
    list[Path] | None,
    typer.Option("-o", "--output", help="Write a report; .json, .md or .html. Repeatable."),
]
BaselineOption = Annotated[
    Path | None,
    typer.Option(
        help="Rates that detection must not fall below; corpus/baseline.json when there is one."
    ),
]
AcceptOption = Annotated[
    bool,
    typer.Option("--accept", help="Make the result the baseline instead of judging against it."),
]


@app.command()
def audit(
    corpus: CorpusOption = Path("attack_corpus"),
    policy: PolicyOption = None,
    split: Annotated[str, typer.Option(help="hold, tune or all.")] = "hold",
    output: OutputOption = None,
    baseline: BaselineOption = None,
    accept: AcceptOption = False,
    workers: Annotated[int, typer.Option(help="Conversations at a time.")] = 2,
) -> None:
    """Replay a corpus and judge it against the policy's false-positive budget."""
    with _exits():
        from shield.audit import corpus as corpora
        from shield.audit import report
        from shield.audit.run import run
        from shield.audit.terminal import show
        from shield.policy.load import load

        if split not in {"hold", "tune", "all"}:
            _stop(USAGE, f"--split {split}: one of hold, tune, all")
        found = corpora.load(corpus)
        count = len(found.split(split))
        if not count:
            _stop(NOTHING, f"{corpus}: no case in split {split}")
        home = baseline or corpus / "baseline.json"
        against = home if not accept and (baseline or home.is_file()) else None
        with _progress("replaying", count) as tick:
            made = run(
                load(policy), found, split=split, against=against, workers=workers, tick=tick
            )
        for path in output or []:
            report.write(made, path)
        if accept:
            report.accept(made, home)
        show(made, Console(width=None if sys.stdout.isatty() else 110))
        if not made.passed:
            raise typer.Exit(FAILED)
        raise typer.Exit(PASS if made.complete else INCOMPLETE)


@app.command()
def calibrate(
    corpus: CorpusOption = Path("attack_corpus"),
    policy: PolicyOption = None,
    extra: Annotated[
        Path | None, typer.Option(help="A folder of further benign rows to choose thresholds by.")
    ] = None,
) -> None:
    """Choose all thresholds jointly on tune cases and write the policy's lock."""
    with _exits():
        from shield.audit import calibrate as calibration
        from shield.audit import corpus as corpora
        from shield.guard import Guard
        from shield.policy import lock as locks
        from shield.policy.load import default_path, load

        path = policy or default_path()
        found = corpora.load(corpus)
        cases = [*found.split("tune"), *(calibration.benign_rows(extra) if extra else ())]
        bare = load(path, locked=False).with_tools(found.tools)
        with _progress("scoring", len(cases)) as tick:
            items = calibration.graded(bare, cases, tick)
        thresholds = calibration.choose(items, bare.document.budget)
        guard = Guard(bare)
        models = guard.pipeline.engine.digests if guard.pipeline.engine else {}
        guard.close()
        digest = locks.digest([found.digest, len(cases)])
        locks.write(
            path,
            locks.Lock(inputs=bare.inputs, corpus=digest, models=models, thresholds=thresholds),
        )
        for key, value in thresholds.items():
            typer.echo(f"{key} = {value}")


@app.command()
def scan(
    text: Annotated[str, typer.Argument(help="The text; - reads standard input.")],
    source: Annotated[
        str, typer.Option(help="user, document, tool or assistant (an answer).")
    ] = "user",
    policy: PolicyOption = None,
) -> None:
    """Judge one text and print the verdict as JSON; exit 1 when it does not pass."""
    with _exits():
        import msgspec

        from shield.guard import Guard
        from shield.label import segment
        from shield.types import Source

        if source not in set(Source) - {"system"}:
            _stop(USAGE, f"--source {source}: one of user, document, tool, assistant")
        shown = sys.stdin.read() if text == "-" else text
        guard = Guard.load(policy)
        with guard.exchange() as exchange:
            given = [segment(shown, Source(source))]
            outcome = exchange.output(given) if source == "assistant" else exchange.input(given)
        guard.close()
        typer.echo(msgspec.json.format(msgspec.json.encode(outcome.verdict), indent=2).decode())
        raise typer.Exit(PASS if outcome.passes else FAILED)


@policy_app.command("check")
def policy_check(
    policy: Annotated[Path | None, typer.Argument(help="A policy file.")] = None,
) -> None:
    """Load a policy, its rules, lock and models, and prove every rule by its own examples."""
    with _exits():
        from shield.guard import Guard
        from shield.policy import rules
        from shield.policy.load import load

        loaded = load(policy)
        failures = rules.prove(loaded.rules)
        for failure in failures:
            typer.echo(failure)
        Guard(loaded).close()
        typer.echo(
            f"{loaded.path}: {len(loaded.rules)} rules, {len(loaded.phrases)} phrases, digest {loaded.digest}"
        )
        raise typer.Exit(FAILED if failures else PASS)


@policy_app.command("schema")
def policy_schema() -> None:
    """Print the JSON Schema of a policy file."""
    from shield.policy.schema import PolicyDocument

    typer.echo(json.dumps(PolicyDocument.model_json_schema(), indent=2))


@models_app.command("list")
def models_list(
    folder: Annotated[Path | None, typer.Argument(help="The folder of model folders.")] = None,
) -> None:
    """Name the models of a folder, verified against their cards."""
    with _exits():
        from shield.inference.card import verified
        from shield.policy.load import load

        root = folder or load(locked=False).models
        for card in sorted(root.glob("*/card.toml")):
            made = verified(card.parent)
            named = (("labels", made.labels), ("marks", made.marks))
            answers = "  ".join(f"{what} {', '.join(names)}" for what, names in named if names)
            shown = (made.name, made.task, made.digest, made.licence, answers)
            typer.echo("  ".join(filter(None, shown)))


@models_app.command("verify")
def models_verify(
    folder: Annotated[Path | None, typer.Argument(help="The folder of model folders.")] = None,
) -> None:
    """Load every model of a folder and run its canaries."""
    with _exits():
        from shield.inference.graph import Graph
        from shield.policy.load import load

        root = folder or load(locked=False).models
        for card in sorted(root.glob("*/card.toml")):
            typer.echo(f"{Graph.load(card.parent).card.name}: verified")


@models_app.command("bench")
def models_bench(
    folder: Annotated[Path | None, typer.Argument(help="The folder of model folders.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    seconds: Annotated[float, typer.Option(min=0.0, help="Time for each measurement.")] = 2.0,
) -> None:
    """Measure each model of a folder on this machine: milliseconds a text, windows a second."""
    with _exits():
        import msgspec

        from shield.inference.bench import measured
        from shield.inference.cores import cores, shares
        from shield.inference.graph import Graph
        from shield.policy.load import load

        root = folder or load(locked=False).models
        found = []
        for card in sorted(root.glob("*/card.toml")):
            found.append(measured(Graph.load(card.parent, *shares(1, cores())), seconds))
            if not as_json:
                typer.echo(_bench_line(found[-1]))
        if as_json:
            typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


def _bench_line(speed: "Speed") -> str:
    times = "  ".join(f"{t.tokens} tokens {t.p50} ms (p95 {t.p95})" for t in speed.timings)
    return f"{speed.name}  {times}  {speed.windows_per_second} windows/s"


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


@contextmanager
def _progress(what: str, total: int) -> Iterator[Callable[[], None]]:
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal, transient=True) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)


@contextmanager
def _exits() -> Iterator[None]:
    """Set-up errors become exit code 2 with their message, anything unforeseen exit code 3."""
    try:
        yield
    except (typer.Exit, SystemExit, KeyboardInterrupt):
        raise
    except SetupError as error:
        _stop(USAGE, str(error))
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        _stop(USAGE, f"this command needs an extra: pip install 'shield-guard[{extra}]'")
    except Exception as error:  # noqa: BLE001 — the last resort, with an exit code of its own
        # The frames say where; the message could repeat what was being read.
        typer.echo("".join(traceback.format_tb(error.__traceback__)), err=True)
        _stop(INTERNAL, f"internal error: {type(error).__name__}")


def _stop(code: int, message: str) -> NoReturn:
    Console(stderr=True, soft_wrap=True).print(escape(message))
    raise typer.Exit(code)
