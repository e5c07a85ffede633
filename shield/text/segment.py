"""Words that stand without gaps: the likeliest way to cut a run of letters."""

from shield.text.lexicon import LEAST, lexicon

_LONGEST = 18
_HALF = 6
_CAP = 4_000  # a longer run is no phrase; patterns still read it whole
_SHORT_WORDS = frozenset({"a", "i", "to", "of", "in", "is", "it", "me", "my", "on", "no", "or"})
_SHORT_WORDS |= {"an", "as", "at", "be", "by", "do", "go", "he", "if", "so", "up", "us", "we"}


def segmented(run: str) -> tuple[str, ...]:
    """The words of a run of lower-case letters; empty when less than nine tenths are words.

    The cut with the fewest unknown letters wins, then the one with the longest words.
    """
    if not LEAST < len(run) <= _CAP:
        return ()
    known = lexicon()
    best: list[tuple[int, int, int]] = [(0, 0, 0)]  # unknown letters, minus squares, cut before
    for end in range(1, len(run) + 1):
        unknown, squares, _ = best[end - 1]
        choice = unknown + 1, squares, end - 1
        for start in range(max(0, end - _LONGEST), end):
            piece = run[start:end]
            if piece in known or piece in _SHORT_WORDS:
                before = best[start]
                choice = min(choice, (before[0], before[1] - (end - start) ** 2, start))
        best.append(choice)
    if 10 * best[-1][0] > len(run):
        return ()
    return _cut(run, best)


def _cut(run: str, best: list[tuple[int, int, int]]) -> tuple[str, ...]:
    found: list[str] = []
    end = len(run)
    while end:
        start = best[end][2]
        found.append(run[start:end])
        end = start
    return tuple(word for piece in reversed(found) for word in _halved(piece))


def _halved(word: str) -> tuple[str, ...]:
    """A compound of two longer words, of which some languages make one, as the two."""
    known = lexicon()
    for cut in range(_HALF, len(word) - _HALF + 1):
        if word[:cut] in known and word[cut:] in known:
            return word[:cut], word[cut:]
    return (word,)
