"""The command line: `shield audit`, `calibrate`, `corpus`, `scan`, `policy`, `models`, `tools`,
`serve`, `usage`, `version`.

Results go to stdout, progress to stderr when it is a terminal. Exit codes: 0 pass, 1 gate
failed or text refused, 2 usage or set-up, 3 internal error, 4 incomplete, 5 nothing to audit.
"""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from shield import __version__
from shield.actions.commands import app as tools_app
from shield.audit.commands import app as corpus_app
from shield.audit.commands import explained
from shield.dual.commands import app as dual_app
from shield.exits import FAILED, INCOMPLETE, NOTHING, PASS, USAGE, exits, progress, stop
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
app.add_typer(dual_app, name="dual")
app.add_typer(tools_app, name="tools")
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
CorpusOption = Annotated[Path, typer.Option("--corpus", help="The corpus folder.")]

OutputOption = Annotated[
    list[Path] | None,
    typer.Option(
        "-o",
        "--output",
        help="Write a report: .json, .jsonl, .md, .html, .csv, .junit.xml, .sarif. Repeatable.",
    ),
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

ResumeOption = Annotated[
    Path | None,
    typer.Option(help="A journal of finished cases; a killed audit goes on where it stopped."),
]
UrlOption = Annotated[
    str, typer.Option(help="Ask the scan API of a running sidecar, as http://127.0.0.1:8787.")
]
MutateOption = Annotated[
    int, typer.Option(min=0, metavar="N", help="Replay N attacks under each disguise as well.")
]
SearchOption = Annotated[
    float,
    typer.Option(min=0, metavar="SECONDS", help="Search for disguises in which tune attacks pass."),
]
ExplainOption = Annotated[
    str | None,
    typer.Option(
        metavar="CASE",
        help="Show what each scanner saw in this one case; its text only on a terminal.",
    ),
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
    explain: ExplainOption = None,
    resume: ResumeOption = None,
    url: UrlOption = "",
    mutate: MutateOption = 0,
    search: SearchOption = 0.0,
) -> None:
    """Replay a corpus and judge it against the policy's false-positive budget."""
    with exits():
        if explain:
            explained(corpus, policy, explain)
        from shield.audit import corpus as corpora
        from shield.audit import formats, report
        from shield.audit.run import Asked, run
        from shield.audit.terminal import show
        from shield.policy.load import load
        from shield.remote.scans import at

        _refuse(split, output or [])
        found = corpora.load(corpus)
        count = len(found.split(split))
        if not count:
            stop(NOTHING, f"{corpus}: no case in split {split}")
        home = baseline or corpus / "baseline.json"
        against = home if not accept and (baseline or home.is_file()) else None
        asked = Asked(split, against, workers, resume, mutate, search)
        with at(url) as service, progress("replaying", count) as tick:
            made = run(load(policy), found, asked, tick=tick, service=service, url=url)
        for path in output or []:
            formats.write(made, path)
        if accept:
            report.accept(made, home)
        show(made, Console(width=None if sys.stdout.isatty() else 110))
        raise typer.Exit(FAILED if not made.passed else PASS if made.complete else INCOMPLETE)


def _refuse(split: str, output: list[Path]) -> None:
    """Refuse what an audit cannot do before the work, not after it."""
    from shield.audit import formats

    if split not in {"hold", "tune", "all"}:
        stop(USAGE, f"--split {split}: one of hold, tune, all")
    for path in output:
        formats.writer(path)


@app.command()
def calibrate(
    corpus: CorpusOption = Path("attack_corpus"),
    policy: PolicyOption = None,
    extra: Annotated[
        Path | None, typer.Option(help="A folder of further benign rows to choose thresholds by.")
    ] = None,
) -> None:
    """Choose all thresholds jointly on tune cases and write the policy's lock."""
    with exits():
        from shield.audit import calibrate as calibration
        from shield.audit import choose, crossed
        from shield.audit import corpus as corpora
        from shield.guard import Guard
        from shield.policy import lock as locks
        from shield.policy.load import default_path, load

        path = policy or default_path()
        found = corpora.load(corpus)
        cases = [*found.split("tune"), *(calibration.benign_rows(extra) if extra else ())]
        bare = load(path, locked=False).with_tools(found.tools)
        with progress("scoring", len(cases)) as tick:
            items = calibration.graded(bare, cases, tick)
        fitted = crossed.best(items, [c.line.batch for c in cases], bare.document.budget)
        thresholds = choose.choose(items, bare.document.budget, fitted.margin)
        guard = Guard(bare)
        models = guard.pipeline.engine.digests if guard.pipeline.engine else {}
        guard.close()
        digest = locks.digest([found.digest, len(cases)])
        locks.write(
            path,
            locks.Lock(inputs=bare.inputs, corpus=digest, models=models, thresholds=thresholds),
        )
        typer.echo(str(fitted))
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
