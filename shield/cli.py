"""The command line: `shield audit`, `calibrate`, `corpus`, `feedback`, `review`, `judge`, `scan`,
`policy`, `models`, `tools`, `serve`, `usage`, `version`.

Results go to stdout, progress to stderr when it is a terminal. Exit codes: 0 pass, 1 gate
failed or text refused, 2 usage or set-up, 3 internal error, 4 incomplete, 5 nothing to audit.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shield import __version__
from shield.actions.commands import app as tools_app
from shield.audit.audit_commands import audit, calibrate
from shield.audit.commands import app as corpus_app
from shield.audit.feedback.commands import app as feedback_app
from shield.audit.judge.commands import app as judge_app
from shield.audit.review.commands import app as review_app
from shield.dual.commands import app as dual_app
from shield.exits import FAILED, PASS, USAGE, exits, stop
from shield.hosts.commands import forget
from shield.hosts.sidecar_commands import serve, usage
from shield.ops.commands import mode, rollback, rollout
from shield.policy.commands import convert

if TYPE_CHECKING:
    from shield.inference.bench import Speed

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Guardrails for LLM applications."
)
policy_app = typer.Typer(no_args_is_help=True, help="Check policies, and make them.")
models_app = typer.Typer(no_args_is_help=True, help="Look at the models.")
app.add_typer(policy_app, name="policy")
app.add_typer(models_app, name="models")
app.add_typer(corpus_app, name="corpus")
app.add_typer(feedback_app, name="feedback")
app.add_typer(judge_app, name="judge")
app.add_typer(review_app, name="review")
app.add_typer(dual_app, name="dual")
app.add_typer(tools_app, name="tools")
app.command()(audit)
app.command()(calibrate)
app.command()(forget)
app.command()(serve)
app.command()(usage)
policy_app.command()(convert)
app.command()(mode)
policy_app.command()(rollback)
policy_app.command()(rollout)

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="A policy file; the shipped default when left out.")
]


@app.command()
def scan(
    text: Annotated[str, typer.Argument(help="The text; - reads standard input.")],
    source: Annotated[
        str, typer.Option(help="user, document, tool or assistant (an answer).")
    ] = "user",
    policy: PolicyOption = None,
) -> None:
    """Judge one text and print the verdict as JSON; exit 1 when it does not pass."""
    with exits():
        import msgspec

        from shield.guard import Guard
        from shield.label import segment
        from shield.types import Source

        if source not in set(Source) - {"system"}:
            stop(USAGE, f"--source {source}: one of user, document, tool, assistant")
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
    with exits():
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
    with exits():
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
    with exits():
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
    with exits():
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
