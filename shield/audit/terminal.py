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
    _show_price(made, console)
    gaps = f"{made.unscanned} cases not scanned whole, {made.failed} with a failed scanner"
    console.print(f"coverage: {made.chars} characters, {gaps}")
    _show_attacks(made, console)
    for one in made.paired:
        told = f"{one.more} more and {one.fewer} fewer than in the baseline, McNemar p {one.p}"
        console.print(f"{_COUNTED[one.kind]}, {one.kind}: {told}")
    if made.golden:
        right = made.golden.n - len(made.golden.wrong)
        console.print(f"golden set: {right} of {made.golden.n} right, {len(made.golden.lost)} lost")
    times = made.elapsed_ms
    console.print(f"latency: p50 {times.p50} ms, p99 {times.p99} ms over {times.n} verdicts")
    for gate in made.gates:
        if not gate.passed:
            console.print(f"[red]broken[/red] {escape(gate.name)}: {escape(gate.why)}")
    console.print(made.note)
    console.print("gates held" if made.passed else "[red]gates broken[/red]")


def _show_price(made: Report, console: Console) -> None:
    """What only one scanner finds and harms, and the union of all beside independent ones."""
    for price in made.prices:
        if price.detections_only or price.harmed_only:
            bought = f"{price.detections_only} attacks and {price.harmed_only} benign cases"
            console.print(f"only by {price.scanner}: {bought}")
    union = made.union
    independent = f"{union.independent:.2%} if scanners erred independently"
    console.print(f"false positives of the union: {union.measured:.2%} measured, {independent}")
    missing = [row.id for row in made.matrix if row.state == "not covered"]
    console.print(f"OWASP risks that are not covered: {', '.join(missing)}")


def _show_attacks(made: Report, console: Console) -> None:
    """What disguises and a search came to, where they were asked for."""
    for one in made.disguises:
        rate = one.rate
        interval = f"95 % {rate.low:.1%} – {rate.high:.1%}"
        console.print(
            f"under {one.name} ({one.idea}): {rate.count}/{rate.n} = {rate.value:.1%}, {interval}"
        )
    if made.search is None:
        return
    found = made.search
    console.print(
        f"search: {found.escaped.count} of {found.attacks} attacks passed after {found.tries} tries"
    )
    for reached in found.within:
        share = f"{reached.rate.count} of {reached.rate.n}, {reached.rate.value:.1%}"
        console.print(f"  within {reached.tries} tries: {share}")
    for name, count in found.transforms:
        console.print(f"  by {name}: {count}")


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
