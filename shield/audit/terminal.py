"""The report on a terminal."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shield.audit.corpus import Kind
from shield.audit.report import Report

_COLUMNS = ("", "group", "count", "n", "rate", "95 % interval")
_NUMBERS = frozenset({"count", "n", "rate"})
_COUNTED = {Kind.ATTACK: "stopped", Kind.BENIGN: "harmed", Kind.NEAR_MISS: "harmed"}


def show(made: Report, console: Console) -> None:
    """Print the table of all groups, the sums, and each broken gate."""
    console.print(_table(made))
    for title, rate in (
        ("attacks stopped", made.detection),
        ("benign harmed", made.false_positives),
        ("near misses harmed", made.near_misses),
    ):
        interval = f"95 % {rate.low:.2%} – {rate.high:.2%}, exact upper {rate.upper:.2%}"
        console.print(f"{title}: {rate.count}/{rate.n} = {rate.value:.2%}, {interval}")
    gaps = f"{made.unscanned} cases not scanned whole, {made.failed} with a failed scanner"
    console.print(f"coverage: {made.chars} characters, {gaps}")
    times = made.elapsed_ms
    console.print(f"latency: p50 {times.p50} ms, p99 {times.p99} ms over {times.n} verdicts")
    for gate in made.gates:
        if not gate.passed:
            console.print(f"[red]broken[/red] {escape(gate.name)}: {escape(gate.why)}")
    console.print(made.note)
    console.print("gates held" if made.passed else "[red]gates broken[/red]")


def _table(made: Report) -> Table:
    table = Table(title=f"split {made.split}, policy {made.policy}, corpus {made.corpus}")
    for name in _COLUMNS:
        table.add_column(name, justify="right" if name in _NUMBERS else "left")
    for row in made.groups:
        rate = row.rate
        table.add_row(
            _COUNTED[row.kind],
            f"{row.kind}/{row.name}",
            str(rate.count),
            str(rate.n),
            f"{rate.value:.1%}",
            f"{rate.low:.1%} – {rate.high:.1%}",
        )
    return table
