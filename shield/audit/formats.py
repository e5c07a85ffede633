"""A report in the format that a file's name asks for. None of them holds text of a case."""

import csv
import importlib.resources
import io
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from shield.audit import ci
from shield.audit.corpus import Kind
from shield.audit.pictures.every import pictures
from shield.audit.replay import Result
from shield.audit.report import Report
from shield.errors import CorpusError

_COLUMNS = (
    "id",
    "kind",
    "group",
    "lang",
    "decision",
    "checkpoint",
    "wrong",
    "chars",
    "skipped",
    "failed",
)
# What a spreadsheet would take for the beginning of a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def as_json(made: Report) -> str:
    """The whole report."""
    return msgspec.json.format(msgspec.json.encode(made), indent=1).decode()


def as_jsonl(made: Report) -> str:
    """The report without its cases in the first line, then a line a case."""
    return "".join(f"{line}\n" for line in _lines(made))


def _lines(made: Report) -> Iterator[str]:
    summary = {name: getattr(made, name) for name in made.__struct_fields__ if name != "results"}
    yield msgspec.json.encode({"type": "summary", "passed": made.passed, **summary}).decode()
    for result in made.results:
        row = {name: getattr(result, name) for name in result.__struct_fields__}
        yield msgspec.json.encode({"type": "case", "wrong": result.wrong, **row}).decode()


def as_csv(made: Report) -> str:
    """A row a case."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow((*_COLUMNS, "elapsed_ms", "rules"))
    writer.writerows(_row(result) for result in made.results)
    return file.getvalue()


def _row(result: Result) -> tuple[str, ...]:
    cells = [str(getattr(result, column)) for column in _COLUMNS]
    cells += [f"{sum(result.elapsed_ms):.3f}", " ".join(result.rules)]
    return tuple(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)


def as_markdown(made: Report) -> str:
    """Tables for people."""
    return _rendered("report.md.j2", made)


def as_html(made: Report) -> str:
    """One page without anything from outside."""
    return _rendered("report.html.j2", made, dict(pictures(made)))


WRITERS: dict[str, Callable[[Report], str]] = {
    ".json": as_json,
    ".jsonl": as_jsonl,
    ".md": as_markdown,
    ".html": as_html,
    ".csv": as_csv,
    ".junit.xml": ci.as_junit,
    ".sarif": ci.as_sarif,
}


def writer(path: Path) -> Callable[[Report], str]:
    """The format of a file by the end of its name.

    Raises:
        CorpusError: no writer knows it.
    """
    for suffix, known in WRITERS.items():
        if path.name.endswith(suffix):
            return known
    raise CorpusError(
        f"no report format {path.suffix!r}", where=path, mend=f"one of {', '.join(WRITERS)}"
    )


def write(made: Report, path: Path) -> None:
    """Write the report in the format of the path's suffix.

    Raises:
        CorpusError: no writer knows the suffix.
    """
    shown = writer(path)(made)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(shown, encoding="utf-8")


def _rendered(template: str, made: Report, drawn: Mapping[str, str] | None = None) -> str:
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
    environment.filters["pct2"] = lambda value: f"{100 * value:.2f} %"
    return environment.get_template(template).render(report=made, Kind=Kind, pictures=drawn or {})
