"""The audit's report: one value, written as JSON, Markdown or a self-contained HTML page."""

import importlib.resources
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from shield.audit.budget import Gate, Group, Rate, pooled
from shield.audit.corpus import Kind
from shield.audit.replay import Result
from shield.errors import CorpusError

NO_LOG = (
    "The corpora were written for this project; there is no production log behind these figures."
)


class Latency(Struct, frozen=True):
    """Milliseconds that verdicts took."""

    n: int
    p50: float
    p99: float


class Report(Struct, frozen=True):
    """Everything an audit found, case by case and summed up."""

    policy: str
    corpus: str
    split: str
    models: dict[str, str]
    groups: tuple[Group, ...]
    detection: Rate
    false_positives: Rate
    near_misses: Rate
    gates: tuple[Gate, ...]
    elapsed_ms: Latency
    chars: int
    unscanned: int
    failed: int
    results: tuple[Result, ...]
    note: str = NO_LOG

    @property
    def passed(self) -> bool:
        """True when every gate holds."""
        return all(gate.passed for gate in self.gates)

    @property
    def complete(self) -> bool:
        """False when some case was not scanned whole or a scanner failed."""
        return self.unscanned == 0 and self.failed == 0


def report(
    *,
    policy: str,
    corpus: str,
    split: str,
    models: dict[str, str],
    rows: Sequence[Group],
    gates: Sequence[Gate],
    results: Sequence[Result],
) -> Report:
    """Sum the results up."""
    times = sorted(t for r in results for t in r.elapsed_ms)
    return Report(
        policy=policy,
        corpus=corpus,
        split=split,
        models=models,
        groups=tuple(rows),
        detection=pooled(rows, Kind.ATTACK),
        false_positives=pooled(rows, Kind.BENIGN),
        near_misses=pooled(rows, Kind.NEAR_MISS),
        gates=tuple(gates),
        elapsed_ms=Latency(len(times), _at(times, 0.5), _at(times, 0.99)),
        chars=sum(r.chars for r in results),
        unscanned=sum(r.skipped > 0 for r in results),
        failed=sum(r.failed for r in results),
        results=tuple(sorted(results, key=lambda r: (r.kind, r.group, r.id))),
    )


def _at(times: Sequence[float], share: float) -> float:
    if not times:
        return 0.0
    return round(times[min(len(times) - 1, int(share * len(times)))], 2)


def as_json(made: Report) -> str:
    """The whole report."""
    return msgspec.json.format(msgspec.json.encode(made), indent=1).decode()


def as_markdown(made: Report) -> str:
    """Tables for people."""
    return _rendered("report.md.j2", made)


def as_html(made: Report) -> str:
    """One page without anything from outside."""
    return _rendered("report.html.j2", made)


WRITERS: dict[str, Callable[[Report], str]] = {
    ".json": as_json,
    ".md": as_markdown,
    ".html": as_html,
}


def write(made: Report, path: Path) -> None:
    """Write the report in the format of the path's suffix.

    Raises:
        CorpusError: no writer knows the suffix.
    """
    if path.suffix not in WRITERS:
        raise CorpusError(
            f"no report format {path.suffix!r}", where=path, mend=f"one of {', '.join(WRITERS)}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(WRITERS[path.suffix](made), encoding="utf-8")


def baseline(path: Path, corpus: str, split: str) -> dict[str, float]:
    """Detection by family from a `baseline.json`.

    Raises:
        CorpusError: it cannot be read, or belongs to another corpus or split.
    """
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Baseline)
    except (OSError, msgspec.DecodeError) as error:
        raise CorpusError(
            f"not a baseline: {error}", where=path, mend="run `shield audit --accept`"
        ) from None
    if (found.corpus, found.split) != (corpus, split):
        raise CorpusError(
            "the baseline belongs to another corpus or split",
            where=path,
            mend="run `shield audit --accept` once the change of the corpus is reviewed",
        )
    return found.detection


class Baseline(Struct, frozen=True):
    """`baseline.json`: the last accepted rates."""

    corpus: str
    split: str
    detection: dict[str, float]
    false_positives: dict[str, float]


def accept(made: Report, path: Path) -> None:
    """Make this report's rates the baseline."""
    rates = {g: {r.name: round(r.rate.value, 4) for r in made.groups if r.kind is g} for g in Kind}
    shown = Baseline(made.corpus, made.split, rates[Kind.ATTACK], rates[Kind.BENIGN])
    path.write_text(
        msgspec.json.format(msgspec.json.encode(shown), indent=1).decode() + "\n", "utf-8"
    )


def _rendered(template: str, made: Report) -> str:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    folder = importlib.resources.files("shield.audit")
    environment = Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")),
        autoescape=template.endswith(".html.j2"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["pct"] = lambda value: f"{100 * value:.1f} %"
    return environment.get_template(template).render(report=made, Kind=Kind)
