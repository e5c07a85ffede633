"""The canonical view: what a text says once invisible and look-alike characters are undone."""

from typing import TYPE_CHECKING, Any

from shield.text.points import clipped, offsets, plain, points, spelled, tables
from shield.view import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from shield.text.points import Points

_PLAIN_BYTES = bytes(p for p in range(0x80) if p >= 0x20 or p in b"\t\n\r")[:-1]


def canonical(text: str, parent: View | None = None) -> View:
    """Invisibles and marks removed, compatibility and confusables folded, lower case.

    Words that are wholly in another script stay as they are, unless the whole text is
    mostly Latin and every letter of the word imitates a Latin one.
    """
    return lowered(bare(text, parent))


def bare(text: str, parent: View | None = None) -> View:
    """As `canonical`, but with capital letters: what decoders read."""
    if text.isascii() and not text.encode("ascii").translate(None, _PLAIN_BYTES):
        return View("canonical", text, parent=parent)
    codes, starts = plain(points(text))
    codes, starts = _unmarked(_untwinned(codes), starts)
    held = offsets(starts) if starts is not None else None
    return View("canonical", spelled(codes), held, parent=parent)


def lowered(view: View) -> View:
    """A view in lower case, character for character."""
    if view.text.isascii():
        shown = view.text.lower()
    else:
        codes = points(view.text)
        # Beyond the tables there is no capital letter.
        shown = spelled(_where_known(codes, tables().low[clipped(codes)]))
    return View(view.kind, shown, view.starts, view.pieces, view.whole, view.parent)


def _where_known(codes: "Points", shown: "Points") -> "Points":
    import numpy as np

    return np.where(codes < len(tables().low) - 1, shown, codes)


def _ascii_letters(codes: "Points") -> "NDArray[np.bool_]":
    import numpy as np

    return (codes < 0x80) & ((codes | 0x20) - 97 < 26) if codes.size else np.zeros(0, bool)


def _untwinned(codes: "Points") -> "Points":
    """Look-alike letters as what they imitate, where the word or the text is Latin."""
    import numpy as np

    table = tables()
    known = clipped(codes)
    twins = table.twin[known]
    if not twins.any():
        return codes
    letters, latin = table.letter[known], _ascii_letters(codes)
    begins = letters.copy()
    begins[1:] &= ~letters[:-1]
    word = np.cumsum(begins)  # of letters; other characters are masked out below
    count = int(word[-1]) + 1
    mixed, foreign = np.zeros(count, bool), np.zeros(count, bool)
    mixed[word[latin]] = True
    foreign[word[letters & ~latin & (twins == 0)]] = True
    folded = mixed
    if 2 * latin.sum() >= letters.sum():
        folded = mixed | (~foreign & (np.bincount(word[letters], minlength=count) > 1))
    return np.where(letters & (twins != 0) & folded[word], twins, codes)


def _unmarked(codes: "Points", starts: "Points | None") -> "tuple[Points, Points | None]":
    """Without the marks that stand on Latin letters, digits, signs or blanks."""
    import numpy as np

    marks = tables().mark[clipped(codes)]
    if not marks.any():
        return codes, starts
    bearer = np.maximum.accumulate(np.where(marks, 0, np.arange(len(codes))))
    kept = ~(marks & (codes[bearer] < 0x80))
    if kept.all():
        return codes, starts
    places: Any = np.flatnonzero(kept) if starts is None else starts[kept]
    return codes[kept], places
