"""Letters with separators between them, and words without any."""

import re
from array import array
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, pairwise

from shield.text.lexicon import WORD, lexicon, located
from shield.text.runs import Ground
from shield.text.segment import segmented
from shield.view import View

# Single letters or digits, each a short separator of any kind after the one before.
_SPACED = re.compile(r"(?<![^\W_])[^\W_](?:[\W_]{1,5}[^\W_](?![^\W_])){4,}")
_LEAST, _GAP = 5, 6
_GLUED = 16  # letters from which a word that nobody knows may be several
_PHRASE = 24  # letters of the shortest phrase that patterns know
_UNIFORM = 8_000  # characters from which nobody spells a phrase, and speed counts
_SEGMENTED = 20_000  # letters that are cut into words; patterns read the others as they are


class _Letters:
    """A view while it is written, with the source offset of every character."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.starts = array("I")
        self.patience = _SEGMENTED

    def add(self, text: str, start: int, *, step: int) -> None:
        """Characters that came from `start` on, one apart or all from one place."""
        self.shown.append(text)
        self.starts.extend(range(start, start + len(text)) if step else [start] * len(text))

    def view(self, kind: str, parent: View) -> Iterator[View]:
        """The view, if anything was written."""
        if self.shown:
            yield View(kind, "".join(self.shown), self.starts, parent=parent)


def despaced(clean: View, ground: Ground) -> Iterator[View]:
    """The spelled-out runs of a text with their separators taken out."""
    made = _Letters()
    for start, end in ground.lone(_LEAST, _GAP):
        for run in _SPACED.finditer(clean.text, start, end):
            _unspace(run, made)
    yield from made.view("despaced", clean)


def _unspace(run: re.Match[str], made: _Letters) -> None:
    text = run.string
    if len(set(run[0][1::2])) == 1 and run[0][::2].isalnum() and len(run[0]) > _UNIFORM:
        made.shown.append(f"{run[0][::2]}\n")
        made.starts.extend((*range(run.start(), run.end(), 2), run.end() - 1))
        return
    places = [p for p in range(*run.span()) if text[p].isalnum()]
    breaks = _word_breaks(text, places)
    if not breaks and made.patience > 0:
        made.patience -= len(places)
        cut = segmented("".join(text[p] for p in places).lower())
        breaks = set(accumulate(map(len, cut)))
    for count, place in enumerate(places):
        if count in breaks and count:
            made.add(" ", places[count - 1] + 1, step=0)
        made.add(text[place], place, step=0)
    made.add("\n", places[-1], step=0)


def _word_breaks(text: str, places: list[int]) -> set[int]:
    """The letters before which a gap differs from the usual one: there a word begins."""
    gaps = [text[a + 1 : b] for a, b in pairwise(places)]
    usual, _ = Counter(gaps).most_common(1)[0]
    blank = not usual.strip()
    return {
        n
        for n, gap in enumerate(gaps, 1)
        if len(gap) > len(usual)
        or (not blank and not gap.strip())
        or ("\n" in gap and "\n" not in usual)
    }


def unglued(plain: View, ground: Ground) -> Iterator[View]:
    """Long unknown words, such as a phrase without its blanks, cut where the lexicon knows how."""
    long = {w for w in ground.vocabulary if len(w) >= _GLUED} - lexicon()
    if not long:
        return
    made = _Letters()
    longest = max(map(len, long))
    for start, end in located(plain.text, long, 0):
        for word in WORD.finditer(plain.text, start, end + longest):
            if word[0] in long:
                _unglue(word, made)
    yield from made.view("unglued", plain)


def _unglue(word: re.Match[str], made: _Letters) -> None:
    pieces = segmented(word[0]) if made.patience > 0 else ()
    made.patience -= len(word[0])
    if not pieces and len(word[0]) < _PHRASE:
        return
    place = word.start()
    for piece in pieces or (word[0],):
        made.add(piece, place, step=1)
        place += len(piece)
        made.add(" ", place - 1, step=0)
    made.add("\n", place - 1, step=0)
