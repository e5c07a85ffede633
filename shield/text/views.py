"""All views of a text, within a budget.

Scanners read views and the strictest finding wins; the text itself is never rewritten.
A text whose views do not fit the budget is reported as incomplete, which the policy
decides: what was not looked at is never clean.
"""

from collections.abc import Iterator

from msgspec import Struct

from shield.text.canonical import canonical
from shield.text.decode import decoded, reads_as_text
from shield.text.hidden import hidden
from shield.text.markup import markup
from shield.text.spelling import despaced, leet, mirrored
from shield.view import View

_UNREAD = "unread"  # stands for a decoding that lies deeper than the budget
ENCODED = frozenset({"base64", "base32", "hex", "binary", "percent", "entities", "escapes"})


class ViewBudget(Struct, frozen=True):
    """How much may be made of one text: characters as a multiple of its length, views,
    nested decodings.
    """

    factor: int = 12
    floor_chars: int = 2_000
    views: int = 64
    depth: int = 3


class Views(Struct, frozen=True):
    """The views of one text; `complete` is False when the budget cut some off."""

    views: tuple[View, ...]
    complete: bool = True


def expand(text: str, budget: ViewBudget | None = None) -> Views:
    """Raw first, then every other view in canonical form, equal ones once."""
    budget = budget or ViewBudget()
    room = max(budget.floor_chars, budget.factor * len(text))
    kept: list[View] = []
    seen: set[str] = set()
    complete = True
    for view in _all(View("raw", text), budget.depth):
        if view.kind == _UNREAD:
            complete = False
            continue
        if view.text in seen:
            continue
        room -= len(view.text)
        if room < 0 or len(kept) == budget.views:
            return Views(tuple(kept), complete=False)
        if view.kind != "raw":  # scanners read the canonical view even where it is the same
            seen.add(view.text)
        kept.append(view)
    return Views(tuple(kept), complete)


def worded(views: tuple[View, ...]) -> tuple[View, ...]:
    """The views that a classifier reads: canonical, hidden and those decoded into words."""
    named = [v for v in views if v.kind in {"canonical", "hidden", "html_hidden"}]
    return tuple(named + [v for v in views if v.kind in ENCODED and reads_as_text(v.text)])


def _all(raw: View, depth: int) -> Iterator[View]:
    """Raw as it is; everything else in canonical form."""
    yield raw
    plain = canonical(raw.text, parent=raw)
    yield plain
    yield from despaced(plain)
    yield from leet(plain)
    for part in markup(raw.text, parent=raw):
        yield _plain(part)
    for secret in hidden(raw.text, parent=raw):
        yield _plain(secret)
        yield from _nested(secret, depth)
    yield from _nested(raw, depth)
    yield from mirrored(plain)


def _nested(view: View, depth: int) -> Iterator[View]:
    if depth == 0:
        if next(decoded(view.text), None):
            yield View(_UNREAD, "", parent=view)
        return
    for kind, start, end, shown in decoded(view.text):
        inner = View(kind, shown, whole=(start, end), parent=view)
        plain = _plain(inner)
        yield plain
        yield from mirrored(plain)
        yield from _nested(inner, depth - 1)


def _plain(view: View) -> View:
    plain = canonical(view.text)
    return View(view.kind, plain.text, plain.starts, plain.ends, parent=view)
