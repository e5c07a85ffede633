"""All views of a text, within a budget.

Scanners read views and the strictest finding wins; the text itself is never rewritten.
A text whose views do not fit the budget is reported as incomplete, which the policy
decides: what was not looked at is never clean.
"""

from collections.abc import Iterator

from msgspec import Struct

from shield.text.canonical import bare, canonical, lowered
from shield.text.ciphers import deciphered
from shield.text.decoders import ENCODED, decoded
from shield.text.decoders.codebooks import braille
from shield.text.decoders.readable import reads_as_text
from shield.text.displayed import erased, reordered
from shield.text.flipped import unstyled, upright
from shield.text.hidden import hidden
from shield.text.joined import joined, unsigned
from shield.text.leet import leet
from shield.text.lexicon import LEAST, known_share, lexicon, words
from shield.text.markup import markup
from shield.text.respelled import respelled
from shield.text.runs import Ground
from shield.text.spaced import despaced, unglued
from shield.text.structure import acrostics, columns, comments, leaves
from shield.view import View

__all__ = ["ENCODED", "RESPELLED", "ViewBudget", "Views", "expand", "worded"]

CIPHERS = frozenset({"rot13", "atbash", "caesar", "reversed"})
RESPELLED = CIPHERS | {"despaced", "unglued", "leet", "joined", "undrawn", "erased", "reordered"}
RESPELLED |= {"unstyled", "upright", "acrostic", "html_visible", "respelled"}
_NEW = 3


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
    made = _Expansion(budget, max(budget.floor_chars, budget.factor * len(text)))
    raw = View("raw", text)
    try:
        made.keep(raw)
        made.read(raw, budget.depth, "canonical")
    except _SpentError:
        return Views(tuple(made.kept), complete=False)
    return Views(tuple(made.kept), made.complete)


def worded(views: tuple[View, ...]) -> tuple[View, ...]:
    """The views that a classifier reads: canonical, hidden, those decoded into words, and
    respellings that say words which the canonical view does not.
    """
    chosen = [v for v in views if v.kind in {"canonical", "hidden", "html_hidden"}]
    chosen += [v for v in views if v.kind in ENCODED and reads_as_text(v.text)]
    respelled = [v for v in views if v.kind in RESPELLED]
    if respelled:
        plain = frozenset(words(chosen[0].text)) if chosen else frozenset()
        chosen += [v for v in respelled if _says_more(v.text, plain)]
    return tuple(chosen)


def _says_more(text: str, plain: frozenset[str]) -> bool:
    new = (frozenset(words(text)) & lexicon()) - plain
    _, share = known_share(text)
    return sum(max(0, len(word) - LEAST) for word in new) >= _NEW and share >= 0.5


class _SpentError(Exception):
    """The budget is used up."""


class _Expansion:
    """The views of one text while they are made."""

    def __init__(self, budget: ViewBudget, room: int) -> None:
        self.kept: list[View] = []
        self.complete = True
        self._budget, self._room = budget, room
        self._seen: set[str] = set()

    def keep(self, view: View) -> bool:
        """Keep a view; False for one that says what another said.

        Raises:
            _SpentError: there is no room for it.
        """
        if view.text in self._seen:
            return False
        self._room -= len(view.text)
        if self._room < 0 or len(self.kept) == self._budget.views:
            raise _SpentError
        if view.kind != "raw":  # scanners read the canonical view even where it is the same
            self._seen.add(view.text)
        self.kept.append(view)
        return True

    def read(self, source: View, depth: int, kind: str) -> None:
        """Keep all readings of a source: its canonical view, respellings, parts, and what
        decoders find in it, to the depth of the budget.
        """
        clean = bare(source.text, source)
        plain = lowered(clean)
        if not self.keep(View(kind, plain.text, plain.starts, parent=source)):
            return
        ground = Ground(clean.text, plain.text)
        for view in _respelled(plain, ground):
            self.keep(view)
        for view in _parts(clean):
            self.keep(_plain(view))
        if depth == 0:
            self.complete = self.complete and next(decoded(clean, ground), None) is None
            return
        for view in _sources(source, clean, ground):
            self.read(view, depth - 1, view.kind)


def _respelled(plain: View, ground: Ground) -> Iterator[View]:
    """Guesses at spellings that are in canonical form already."""
    yield from leet(plain, ground)
    yield from deciphered(plain, ground.vocabulary)
    yield from joined(plain, ground)
    yield from unsigned(plain, ground)
    yield from unglued(plain, ground)
    yield from respelled(plain, ground.words)


def _parts(clean: View) -> Iterator[View]:
    """Parts of a structured text, one by one and together."""
    for part in (markup, leaves, comments, columns, acrostics):
        yield from part(clean.text, clean)


def _sources(source: View, clean: View, ground: Ground) -> Iterator[View]:
    """Texts inside the text, each to be read like one that came by itself."""
    yield from hidden(source.text, source)
    yield from braille(source)
    yield from erased(source)
    yield from reordered(source)
    yield from unstyled(clean, ground)
    yield from upright(source, ground.vocabulary)
    yield from despaced(clean, ground)
    yield from decoded(clean, ground)


def _plain(view: View) -> View:
    plain = canonical(view.text)
    return View(view.kind, plain.text, plain.starts, parent=view)
