"""`shield dual graph`: the data flow of a run as a picture, coloured by trust.

Takes a trace, which holds no values, so a picture shows none either.
"""

from collections.abc import Iterator, Sequence
from html import escape

from msgspec import Struct

from shield.dual.trace import Event, Trace, Went
from shield.types import Integrity

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _MARGIN, _LEGEND = 190, 54, 60, 34, 24, 40
# Colours that differ in lightness too, so that they can be told apart in print.
_COLOURS = {
    Integrity.USER: ("#d5ecd9", "#1f6f3a", "from the request"),
    Integrity.TOOL_AUTH: ("#d6e6f5", "#1f5a8f", "attested by a tool"),
    Integrity.EXTRACTED: ("#fdeec7", "#9a6a00", "read out by the quarantined model"),
    Integrity.UNTRUSTED: ("#f8d3cf", "#a3261b", "written by anybody"),
}
_DOCUMENT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" \
height="{height}" font-family="system-ui, sans-serif" font-size="12">
<title>{title}</title>
<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" \
orient="auto"><path d="M0 0L8 4L0 8z" fill="#555"/></marker></defs>
<rect width="{width}" height="{height}" fill="#ffffff"/>
{body}
</svg>
"""
_PLAIN = ("#eeeeee", "#555555")
_FAILED = frozenset({Went.FAILED})


class Node(Struct, frozen=True):
    """A step in the picture: all its executions together, its column and row."""

    step: str
    title: str
    note: str
    trust: Integrity | None
    failed: bool
    effect: bool
    uses: tuple[str, ...]
    column: int = 0
    row: int = 0


def svg(trace: Trace, plan: int = -1) -> str:
    """The picture of one plan of a run, the last one when left out, as an SVG document."""
    number = plan if plan >= 0 else max((e.plan for e in trace.events), default=0)
    nodes = _placed(list(_nodes([e for e in trace.events if e.plan == number])))
    columns = max((n.column for n in nodes), default=0) + 1
    rows = max((n.row for n in nodes), default=0) + 1
    width = 2 * _MARGIN + columns * (_WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + rows * (_HEIGHT + _GAP_Y) - _GAP_Y + _LEGEND
    width = max(width, 4 * (_WIDTH + 20))
    title = escape(f"run {trace.id[:12]}: {trace.status.value}")
    return _DOCUMENT.format(
        width=width,
        height=height,
        title=title,
        body="\n".join([*_edges(nodes), *map(_box, nodes), *_legend(height)]),
    )


def _nodes(events: Sequence[Event]) -> Iterator[Node]:
    for step in dict.fromkeys(event.step for event in events):
        own = [event for event in events if event.step == step]
        first = own[0]
        trusts = [event.label.integrity for event in own if event.label is not None]
        times = f" × {len(own)}" if len(own) > 1 else ""
        failed = [event.code.value for event in own if event.code is not None]
        asked = "asked" if any(event.asked for event in own) else ""
        effect = first.effect.value if first.effect is not None else first.kind
        yield Node(
            step=step,
            title=f"{step}{times}",
            note=", ".join(filter(None, [first.tool, effect, asked, *failed[:1]])),
            trust=min(trusts) if trusts else None,
            failed=any(event.went in _FAILED for event in own),
            effect=first.effect is not None and first.effect.value != "read",
            uses=tuple(sorted({use for event in own for use in event.uses})),
        )


def _placed(nodes: list[Node]) -> list[Node]:
    """Columns by how far from the start, rows in the order of execution."""
    column: dict[str, int] = {}
    used: dict[int, int] = {}
    placed: list[Node] = []
    for node in nodes:
        at = 1 + max((column.get(use, -1) for use in node.uses), default=-1)
        column[node.step] = at
        row = used.get(at, 0)
        used[at] = row + 1
        placed.append(
            Node(
                node.step, node.title, node.note, node.trust, node.failed, node.effect, node.uses, at, row
            )
        )  # fmt: skip
    return placed


def _corner(node: Node) -> tuple[int, int]:
    return _MARGIN + node.column * (_WIDTH + _GAP_X), _MARGIN + node.row * (_HEIGHT + _GAP_Y)


def _edges(nodes: Sequence[Node]) -> Iterator[str]:
    by_step = {node.step: node for node in nodes}
    for node in nodes:
        x, y = _corner(node)
        for use in node.uses:
            if (source := by_step.get(use)) is None:
                continue  # a loop's variable
            x0, y0 = _corner(source)
            start, end = (x0 + _WIDTH, y0 + _HEIGHT // 2), (x, y + _HEIGHT // 2)
            bend = (start[0] + end[0]) // 2
            colour = _colours(source)[1]
            yield (
                f'<path d="M{start[0]} {start[1]}C{bend} {start[1]} {bend} {end[1]} {end[0]} {end[1]}" '
                f'fill="none" stroke="{colour}" stroke-width="1.5" marker-end="url(#end)"/>'
            )


def _box(node: Node) -> str:
    x, y = _corner(node)
    fill, line = _colours(node)
    dash = ' stroke-dasharray="5 3"' if node.failed else ""
    heavy = 3 if node.effect else 1
    return (
        f'<rect x="{x}" y="{y}" width="{_WIDTH}" height="{_HEIGHT}" rx="6" fill="{fill}" '
        f'stroke="{line}" stroke-width="{heavy}"{dash}/>'
        f'<text x="{x + 10}" y="{y + 22}" font-weight="bold">{escape(_short(node.title))}</text>'
        f'<text x="{x + 10}" y="{y + 41}" fill="#333">{escape(_short(node.note))}</text>'
    )


def _colours(node: Node) -> tuple[str, str]:
    return _PLAIN if node.trust is None else _COLOURS[node.trust][:2]


def _short(text: str) -> str:
    return text if len(text) <= 28 else f"{text[:27]}…"


def _legend(height: int) -> Iterator[str]:
    for place, (fill, line, words) in enumerate(_COLOURS.values()):
        x, y = _MARGIN + place * (_WIDTH + 20), height - _MARGIN - 14
        yield (
            f'<rect x="{x}" y="{y}" width="14" height="14" fill="{fill}" stroke="{line}"/>'
            f'<text x="{x + 20}" y="{y + 11}">{words}</text>'
        )
