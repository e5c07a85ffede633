"""The scanner with options of a test's own, and what it finds in a text."""

from functools import cache

from shield.label import segment
from shield.scanners import Services
from shield.scanners.pii import Pii, PiiOptions
from shield.text.patterns import PatternSet
from shield.types import Checkpoint, Source, Subject

COUNTS = 0.5  # the threshold where a policy's lock names none


@cache
def scanner(*entities: str, regions: tuple[str, ...] = ()) -> Pii:
    """The scanner for these entities and regions; the default ones without any."""
    options = PiiOptions(entities=entities or None, regions=regions)
    return Pii(options, Services((), PatternSet.of([]), (), {}, 1.0))


def found(text, *entities, regions=(), source=Source.USER, at=Checkpoint.INPUT, least=COUNTS):
    """Rule slug and text of what counts."""
    subject = Subject(at, (segment(text, source),))
    return [
        (f.rule.removeprefix("pii/"), text[f.spans[0].start : f.spans[0].end])
        for f in scanner(*entities, regions=regions).scan(subject)
        if f.score >= least
    ]
