"""`shield audit` and `shield calibrate`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from shield.audit.commands import explained
from shield.exits import FAILED, INCOMPLETE, NOTHING, PASS, USAGE, exits, progress, stop

if TYPE_CHECKING:
    from shield.audit.report import Report
    from shield.audit.run import Asked
    from shield.policy.load import Policy

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
GoldenOption = Annotated[
    Path | None,
    typer.Option(
        envvar="SHIELD_GOLDEN",
        help="A golden folder of `shield feedback`; golden_corpus where there is one.",
    ),
]
EngineOption = Annotated[
    str, typer.Option(help="ray: over a cluster; --corpus may then be Parquet or JSON Lines.")
]
GOLDEN = Path("golden_corpus")


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
    golden: GoldenOption = None,
    engine: EngineOption = "",
) -> None:
    """Replay a corpus and judge it against the policy's false-positive budget."""
    with exits():
        if explain:
            explained(corpus, policy, explain)
        from shield.audit import formats
        from shield.audit.run import Asked
        from shield.audit.terminal import show
        from shield.policy.load import load

        _refuse(split, output or [], engine)
        home = baseline or corpus / "baseline.json"
        against = home if not accept and (baseline or home.is_file()) else None
        asked = Asked(split, against, workers, resume, mutate, search, _golden(golden))
        known = load(policy)
        made = _on_ray(known, corpus, asked, url) if engine else _run(known, corpus, asked, url)
        for path in output or []:
            formats.write(made, path)
        if accept:
            _accept(made, home, known, asked.golden)
        show(made, Console(width=None if sys.stdout.isatty() else 110))
        raise typer.Exit(FAILED if not made.passed else PASS if made.complete else INCOMPLETE)


def _run(policy: "Policy", folder: Path, asked: "Asked", url: str) -> "Report":
    from shield.audit import corpus as corpora
    from shield.audit.check import refuse_unknown
    from shield.audit.run import run
    from shield.remote.scans import at

    found = corpora.load(folder)
    count = len(found.split(asked.split))
    if not count:
        stop(NOTHING, f"{folder}: no case in split {asked.split}")
    refuse_unknown(found)
    with at(url) as service, progress("replaying", count) as tick:
        return run(policy, found, asked, tick=tick, service=service, url=url)


def _on_ray(policy: "Policy", source: Path, asked: "Asked", url: str) -> "Report":
    from shield.audit.scale import cluster

    if url or asked.journal or asked.mutate or asked.search:
        stop(USAGE, "--engine ray: without --url, --resume, --mutate and --search")
    return cluster.audit(policy, source, asked)


def _golden(stated: Path | None) -> Path | None:
    """The golden folder, None where no case has been confirmed in it yet."""
    from shield.audit.corpus import Kind

    folder = stated or GOLDEN
    has_cases = any((folder / kind).is_dir() for kind in Kind)
    return folder if has_cases else None


def _accept(made: "Report", home: Path, policy: "Policy", golden: Path | None) -> None:
    from shield.audit import baseline, corpus
    from shield.audit.feedback import golden as goldens

    baseline.accept(made, home, policy)
    if golden and made.golden:
        ids = [case.id for case in corpus.load(golden).cases]
        goldens.accept(golden, made.golden, ids)


def _refuse(split: str, output: list[Path], engine: str) -> None:
    """Refuse what an audit cannot do before the work, not after it."""
    from shield.audit import formats

    if split not in {"hold", "tune", "all"}:
        stop(USAGE, f"--split {split}: one of hold, tune, all")
    if engine not in {"", "ray"}:
        stop(USAGE, f"--engine {engine}: ray, or nothing")
    for path in output:
        formats.writer(path)


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
