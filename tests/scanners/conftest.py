"""Run one scanner of the shipped policy on one text."""

from collections.abc import Callable
from typing import Any

import pytest

from shield.guard import Guard
from shield.label import segment
from shield.scanners import Services, scanner_class
from shield.text.patterns import PatternSet
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


@pytest.fixture
def alone() -> Callable[..., Scan]:
    """Build one scanner with options of its own, without policy, rules or guard."""

    def build(name: str, options: dict[str, Any], engine: Any = None) -> Scan:
        kind = scanner_class(name)
        assert kind is not None
        services = Services((), PatternSet.of(()), (), {}, 1.0, engine)
        scanner = kind(kind.Options.model_validate(options), services)

        def run(
            *texts: str,
            source: Source = Source.USER,
            at: Checkpoint = Checkpoint.INPUT,
            history: tuple[str, ...] = (),
        ) -> list[Finding]:
            segments = tuple(segment(t, source, turn=i) for i, t in enumerate(texts))
            past = tuple(segment(t, Source.USER) for t in history)
            views = tuple(expand(t).views for t in texts)
            return list(scanner.scan(Subject(at, segments, history=past, views=views)))

        return run

    return build
