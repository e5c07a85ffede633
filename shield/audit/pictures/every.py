"""All pictures of a report, in the order in which a page shows them."""

from collections.abc import Iterator

from shield.audit.pictures.disguised import disguised
from shield.audit.pictures.latency import latency
from shield.audit.pictures.prices import prices
from shield.audit.pictures.rates import detection, false_positives
from shield.audit.pictures.tradeoff import tradeoff
from shield.audit.report import Report

PICTURES = {
    "detection": detection,
    "false_positives": false_positives,
    "tradeoff": tradeoff,
    "prices": prices,
    "disguised": disguised,
    "latency": latency,
}


def pictures(made: Report) -> Iterator[tuple[str, str]]:
    """The name and the SVG of each picture for which there is something to draw."""
    for name, draw in PICTURES.items():
        shown = draw(made)
        if shown:
            yield name, shown
