"""Build one scanner by itself and ask it about an answer and the conversation before it."""

from shield.label import segment
from shield.scanners import Services, scanner_class
from shield.text.patterns import PatternSet
from shield.text.views import expand
from shield.types import Checkpoint, Source, Subject

NOTHING = Services((), PatternSet.of(()), (), {}, 60.0)


def subject(answer, *, system="", user="", documents=(), views=True):
    """What the output checkpoint is asked about an answer."""
    said = [(system, Source.SYSTEM), (user, Source.USER)]
    texts = (answer,) if isinstance(answer, str) else answer
    segments = tuple(segment(text, Source.ASSISTANT) for text in texts)
    return Subject(
        Checkpoint.OUTPUT,
        segments,
        intent=tuple(segment(text, source) for text, source in said if text),
        history=tuple(_document(one, n) for n, one in enumerate(documents)),
        views=tuple(expand(text).views if views else () for text in texts),
    )


def _document(one, number):
    name, text = one if isinstance(one, tuple) else (f"doc-{number + 1}", one)
    return segment(text, Source.DOCUMENT, name)


def asked(name, options=None, services=NOTHING):
    """A function that returns the highest score of each rule on an answer."""
    kind = scanner_class(name)
    scanner = kind(kind.Options.model_validate(options or {}), services)

    def ask(answer, **around):
        found = {}
        for finding in scanner.scan(subject(answer, **around)):
            slug = finding.rule.partition("/")[2]
            found[slug] = max(found.get(slug, 0.0), finding.score)
        return found

    ask.scanner = scanner
    return ask
