"""Edits: what a redacting verdict cuts, and the text after the cuts."""

import re
from collections.abc import Callable, Iterable, Sequence

from msgspec.structs import replace

from shield.types import Edit, EditForm, Finding, Segment, Span
from shield.wire.chat import KEYS
from shield.wire.vocabulary import KNOWN_KEYS

_KNOWN = KNOWN_KEYS | {"", "turns", "value", "query", KEYS}
_FORMS = tuple(EditForm)
_TELLING = {form: rank for rank, form in enumerate(_FORMS)}
_SHOWN, _LONG = 4, 12
_PLACE = re.compile(r"(?:\?|form:)?\d{0,6}", re.ASCII)


Tokens = Callable[[str, str], str]  # kind and text → placeholder; empty where there is no room


def edits(
    findings: Iterable[Finding],
    segments: Sequence[Segment],
    form: Callable[[Finding], EditForm] = lambda _: EditForm.PLACEHOLDER,
) -> tuple[Edit, ...]:
    """One edit a disjoint range, overlapping spans merged: the kind is the first rule's slug, the
    form the least telling one.
    """
    spans = sorted(
        (span, f.rule.rpartition("/")[2], _TELLING[form(f)]) for f in findings for span in f.spans
    )
    merged: list[Edit] = []
    for span, kind, rank in spans:
        last = merged[-1] if merged else None
        if last and last.span.segment == span.segment and span.start < last.span.end:
            whole = Span(span.segment, last.span.start, max(last.span.end, span.end))
            merged[-1] = Edit(last.path, whole, last.kind, _FORMS[max(rank, _TELLING[last.form])])
        elif span.end > span.start:
            merged.append(Edit(public_path(segments[span.segment].path), span, kind, _FORMS[rank]))
    return tuple(merged)


def public_path(path: str) -> str:
    """A path as verdicts show it: keys that the sender made up are text, and become `*`."""
    return "/".join(p if p in _KNOWN or _PLACE.fullmatch(p) else "*" for p in path.split("/"))


def redacted(
    segments: Sequence[Segment], cuts: Iterable[Edit], tokens: Tokens | None = None
) -> tuple[Segment, ...]:
    """The segments with each cut replaced by what its form leaves of it.

    Without `tokens`, or where they have no room, a tokenised cut is a plain placeholder.
    """
    by_segment: dict[int, list[Edit]] = {}
    for cut in sorted(cuts, key=lambda e: e.span):
        by_segment.setdefault(cut.span.segment, []).append(cut)
    shown = list(segments)
    for number, own in by_segment.items():
        text, pieces, at = shown[number].text, [], 0
        for cut in own:
            pieces += [text[at : cut.span.start], _left(cut, text, tokens)]
            at = cut.span.end
        shown[number] = replace(shown[number], text="".join((*pieces, text[at:])))
    return tuple(shown)


def placeholder(kind: str) -> str:
    """What stands in place of a cut."""
    return f"[REDACTED:{kind}]"


def mask(text: str) -> str:
    """Stars for letters and digits, signs as they are; of twelve or more the last quarter stays,
    at most four.
    """
    count = sum(map(str.isalnum, text))
    hidden = count - (min(_SHOWN, count // 4) if count >= _LONG else 0)
    stars: list[str] = []
    for sign in text:
        covered = sign.isalnum() and hidden > 0
        hidden -= covered
        stars.append("*" if covered else sign)
    return "".join(stars)


def _left(cut: Edit, text: str, tokens: Tokens | None) -> str:
    value = text[cut.span.start : cut.span.end]
    if cut.form is EditForm.MASK:
        return mask(value)
    token = tokens(cut.kind, value) if tokens and cut.form is EditForm.TOKENISE else ""
    return token or placeholder(cut.kind)
