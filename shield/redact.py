"""Edits: what a redacting verdict cuts, and the text after the cuts."""

import re
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from shield.types import Edit, Finding, Segment, Span
from shield.wire.chat import KEYS, KNOWN_KEYS

_KNOWN = KNOWN_KEYS | {"", "turns", "value", "query", KEYS}
_PLACE = re.compile(r"(?:\?|form:)?\d{0,6}", re.ASCII)


def edits(findings: Iterable[Finding], segments: Sequence[Segment]) -> tuple[Edit, ...]:
    """One edit a disjoint range, overlapping spans merged; the kind is the first rule's slug."""
    spans = sorted((span, f.rule.rpartition("/")[2]) for f in findings for span in f.spans)
    merged: list[Edit] = []
    for span, kind in spans:
        last = merged[-1] if merged else None
        if last and last.span.segment == span.segment and span.start < last.span.end:
            whole = Span(span.segment, last.span.start, max(last.span.end, span.end))
            merged[-1] = Edit(last.path, whole, last.kind)
        elif span.end > span.start:
            merged.append(Edit(public_path(segments[span.segment].path), span, kind))
    return tuple(merged)


def public_path(path: str) -> str:
    """A path as verdicts show it: keys that the sender made up are text, and become `*`."""
    return "/".join(p if p in _KNOWN or _PLACE.fullmatch(p) else "*" for p in path.split("/"))


def redacted(segments: Sequence[Segment], cuts: Iterable[Edit]) -> tuple[Segment, ...]:
    """The segments with each cut replaced by its placeholder, `[REDACTED:kind]`."""
    shown = list(segments)
    for cut in sorted(cuts, key=lambda e: e.span, reverse=True):
        segment = shown[cut.span.segment]
        text = segment.text
        text = f"{text[: cut.span.start]}{placeholder(cut.kind)}{text[cut.span.end :]}"
        shown[cut.span.segment] = replace(segment, text=text)
    return tuple(shown)


def placeholder(kind: str) -> str:
    """What stands in place of a cut."""
    return f"[REDACTED:{kind}]"
