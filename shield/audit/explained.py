"""An explanation on a terminal. The only place where text of a case is printed."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape

from shield.audit.corpus import Case
from shield.audit.explain import Read, Reading, Step
from shield.exits import printable
from shield.policy.load import Policy
from shield.policy.schema import CheckpointEntry
from shield.types import Finding, Segment

_SHOWN = 240
_INDENT = "  "


def show(
    policy: Policy, case: Case, steps: Sequence[Step], console: Console, *, text: bool
) -> None:
    """Print what each scanner saw at each checkpoint; `text` False prints lengths instead."""
    line = case.line
    place = f"{case.kind}/{case.group}, {line.split}, {line.lang}"
    console.print(escape(printable(f"{case.id} ({place}) expects {line.expect}")), highlight=False)
    for number, step in enumerate(steps, 1):
        console.print()
        for told in _step(policy, number, step, text=text):
            console.print(told, highlight=False, soft_wrap=True)


def _step(policy: Policy, number: int, step: Step, *, text: bool) -> Iterator[str]:
    verdict = step.verdict
    entry = policy.document.checkpoints.get(verdict.checkpoint, CheckpointEntry())
    weighed = f"severities {verdict.score}, block at {entry.block_at}"
    yield f"[bold]{number}. {verdict.checkpoint} → {verdict.decision}[/bold] ({weighed})"
    yield f"{_INDENT}asked: {', '.join(step.scanners) or 'nobody'}"
    for skip in verdict.coverage.skipped:
        yield escape(f"{_INDENT}not looked at: {skip.path or 'a tier'} ({skip.reason})")
    if step.subject.call is not None:
        yield from _call(step, text=text)
    for read in step.read:
        yield from _segment(policy, read, text=text)
    if step.whole:
        yield f"{_INDENT}the message as a whole"
        for finding in step.whole:
            yield _finding(policy, finding, step.subject.segments, text=text)


def _call(step: Step, *, text: bool) -> Iterator[str]:
    call = step.subject.call
    if call is not None:
        yield escape(f"{_INDENT}call {_clipped(call.name)}")
        for argument in call.arguments:
            value = _text(str(argument.value), shown=text)
            yield escape(f"{_INDENT * 2}{argument.path} = {value}")


def _segment(policy: Policy, read: Read, *, text: bool) -> Iterator[str]:
    segment = read.segment
    size = f"{len(segment.text)} characters"
    yield escape(f"{_INDENT}{segment.path or 'text'} ({segment.source}, {size})")
    for reading in read.readings:
        if reading.view is not None or reading.findings:
            yield escape(f"{_INDENT * 2}{_name(reading)}: {_reading(read, reading, shown=text)}")
        for finding in reading.findings:
            yield _finding(policy, finding, (segment,), text=text)
    if not read.complete:
        yield f"{_INDENT * 2}not all views could be made: counted as not scanned"


def _name(reading: Reading) -> str:
    """The kinds of a view and of those it was made from."""
    kinds: list[str] = []
    view = reading.view
    while view is not None:
        kinds.append(view.kind)
        view = view.parent
    return " of ".join(kinds) or "the text itself"


def _reading(read: Read, reading: Reading, *, shown: bool) -> str:
    whole = read.segment.text if reading.view is None else reading.view.text
    return _text(whole, shown=shown)


def _finding(
    policy: Policy,
    finding: Finding,
    segments: Sequence[Segment],
    *,
    text: bool,
) -> str:
    weight = f"{policy.decision(finding)}, severity {int(policy.severity(finding))}"
    against = f"{finding.score:.3f} against {policy.threshold(finding):.3f}"
    spans = ", ".join(
        _span(segments, s.segment, s.start, s.end, shown=text) for s in finding.spans[:3]
    )
    told = f"{finding.scanner} {finding.rule} {against}: {_state(policy, finding)}"
    colour = "red" if _counts(policy, finding) else "dim"
    return f"{_INDENT * 3}[{colour}]{escape(told)}[/{colour}] ({weight}) {escape(spans)}".rstrip()


def _span(segments: Sequence[Segment], number: int, start: int, end: int, *, shown: bool) -> str:
    place = f"{number}[{start}:{end}]" if len(segments) > 1 else f"[{start}:{end}]"
    return f"{place} {_clipped(segments[number].text[start:end])}" if shown else place


def _counts(policy: Policy, finding: Finding) -> bool:
    return _state(policy, finding) in {"counts", "failed"}


def _state(policy: Policy, finding: Finding) -> str:
    if finding.error:
        return "failed"
    if finding.score < policy.threshold(finding):
        return "below"
    return "counts" if policy.level(finding) <= policy.document.level else "shadow"


def _text(text: str, *, shown: bool) -> str:
    return _clipped(text) if shown else f"{len(text)} characters"


def _clipped(text: str) -> str:
    head = printable(text[:_SHOWN])
    return head if len(text) <= _SHOWN else f"{head} … {len(text) - _SHOWN} more"
