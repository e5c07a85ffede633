"""Run one scanner of the shipped policy on one text."""

from collections.abc import Callable

import pytest

from shield.guard import Guard
from shield.label import segment
from shield.text.views import expand
from shield.types import Checkpoint, Finding, Source, Subject

Scan = Callable[..., list[Finding]]


@pytest.fixture
def scan(guard: Guard) -> Scan:
    scanners = {bound.scanner.id: bound.scanner for bound in guard.pipeline.scanners}

    def run(
        name: str,
        *texts: str,
        source: Source = Source.USER,
        at: Checkpoint = Checkpoint.INPUT,
        history: tuple[str, ...] = (),
    ) -> list[Finding]:
        segments = tuple(segment(t, source, turn=i) for i, t in enumerate(texts))
        past = tuple(segment(t, Source.USER) for t in history)
        views = tuple(expand(t).views for t in texts)
        return list(scanners[name].scan(Subject(at, segments, history=past, views=views)))

    return run
