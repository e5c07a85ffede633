"""Words cut in two: by hyphens and points inside, by blanks, by the end of a line."""

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from shield.text.assemble import Part, assembled, replaced
from shield.text.lexicon import LEAST, WORD, lexicon, located, merged, words
from shield.text.runs import Ground
from shield.view import View

_CUT = re.compile(
    r"(?<![^\W\d_])[^\W\d_]++(?:(?:-\r?\n[ \t]{0,8}|[-\u00ad\u00b7\u2022\u2027\u2219\u22c5.'\u2019*~_|/\\+=^:,;])[^\W\d_]++)++"
)
_LINE_END = re.compile(r"-\r?\n")
_LETTERS = re.compile(r"[^\W\d_]+")
_EVIDENCE = 3
_AROUND = 120
_GAP = 120
_NEAR = 30
_FRAGMENT = 9
_LEAST_WORD = 5
_NOWHERE = 1 << 60


def unsigned(plain: View, ground: Ground) -> Iterator[View]:
    """Words held together by signs or by emoji, and cells of a table, with blanks instead."""
    for kind, drawn in (("unsigned", False), ("undrawn", True)):
        shown, ranges = ground.unsigned(2, 40, drawn=drawn)
        parts = ((shown[s:e], s, min(e, len(shown))) for s, e in ranges)
        made = assembled(kind, parts, plain)
        if made is not None:
            yield made


class _Cut(NamedTuple):
    """A word in pieces; the weight says how surely it is one."""

    word: str
    start: int
    end: int
    weight: float


def joined(plain: View, ground: Ground) -> Iterator[View]:
    """The stretches of a canonical view in which cut words stand, made whole."""
    cuts = sorted({*_hyphened(plain.text, ground)}, key=_place)
    cuts += _free(sorted({*_blank_split(plain.text, ground)}, key=_place), cuts)
    made = replaced("joined", plain.text, _grouped(sorted(cuts, key=_place)), plain, _AROUND)
    if made is not None:
        yield made


def _place(cut: _Cut) -> tuple[int, int]:
    return cut.start, -cut.end


def _free(cuts: list[_Cut], taken: list[_Cut]) -> Iterator[_Cut]:
    """The cuts that overlap none that is taken; both are in order."""
    at = 0
    for cut in cuts:
        while at < len(taken) and taken[at].end <= cut.start:
            at += 1
        if at == len(taken) or taken[at].start >= cut.end:
            yield cut


def _hyphened(text: str, ground: Ground) -> Iterator[_Cut]:
    """Words with signs inside, or with a hyphen at the end of a line."""
    known = lexicon() - ground.vocabulary
    near = [(m.start() - _NEAR, m.end() + _NEAR) for m in _LINE_END.finditer(text)]
    for shown, origin in ground.closed(_NEAR):
        new = {word for word in set(words(shown)) & known if len(word) >= _LEAST_WORD}
        for start, end in located(shown, new, 0):
            first, last = int(origin[start]), int(origin[min(end, len(origin) - 1)])
            near.append((first - _NEAR, last + _NEAR))
    for start, end in merged(sorted(near)):
        for run in _CUT.finditer(text, max(0, start), end):
            pieces = _LETTERS.findall(run[0])
            word = "".join(pieces)
            if len(word) >= _LEAST_WORD and word in lexicon():
                yield _Cut(word, *run.span(), _weight(word, pieces))


def _weight(word: str, pieces: Iterable[str]) -> float:
    """The letters beyond three when only the whole is a word; two other such words will do too."""
    known = all(piece in lexicon() for piece in pieces)
    return _EVIDENCE / 2 if known else len(word) - LEAST


def _blank_split(text: str, ground: Ground) -> Iterator[_Cut]:
    found = _split_words(ground.words, ground.vocabulary - lexicon())
    if sum(len(word) - LEAST for word in set(found.values())) < _EVIDENCE:
        return
    telling = {max(pieces, key=_strangeness) for pieces in found}
    for start, end in located(text, telling, 80):
        tokens = [(m[0], m.start(), m.end()) for m in WORD.finditer(text, start, end)]
        for place in range(len(tokens)):
            for count in (3, 2):
                row = tokens[place : place + count]
                pieces = tuple(token[0] for token in row)
                # Beside a word that is surely cut, two words may be one too.
                word = found.get(pieces) or _compound(pieces)
                if word and all(b[1] - a[2] <= 3 for a, b in itertools.pairwise(row)):
                    sure = len(word) - LEAST if pieces in found else 0
                    yield _Cut(word, row[0][1], row[-1][2], sure)
                    break


def _compound(pieces: tuple[str, ...]) -> str:
    word = "".join(pieces)
    return word if len(pieces) == 2 and len(word) > _LEAST_WORD and word in lexicon() else ""


def _split_words(said: list[str], unknown: frozenset[str]) -> dict[tuple[str, ...], str]:
    """Neighbours, one of them no word, that make a word together."""
    found: dict[tuple[str, ...], str] = {}
    short = {w for w in unknown if LEAST <= len(w) < _FRAGMENT and _is_fragment(w)}
    seen: set[tuple[str, ...]] = set()
    for place in [i for i, word in enumerate(said) if word in short]:
        near = tuple(said[max(0, place - 2) : place + 3])
        if near not in seen:
            seen.add(near)
            found |= _whole_words(near)
    return found


def _whole_words(near: tuple[str, ...]) -> dict[tuple[str, ...], str]:
    rows = [near[i : i + count] for count in (2, 3) for i in range(len(near) - count + 1)]
    found = {row: "".join(row) for row in rows}
    return {
        row: word
        for row, word in found.items()
        if len(word) >= _LEAST_WORD and word in lexicon() and max(map(_strangeness, row))
    }


def _strangeness(word: str) -> int:
    return 0 if word in lexicon() or len(word) < LEAST else len(word)


def _is_fragment(word: str) -> bool:
    """True when some word begins or ends so."""
    begins, ends = _sorted_lexicon()
    return _has_prefix(begins, word) or _has_prefix(ends, word[::-1])


def _has_prefix(ordered: list[str], prefix: str) -> bool:
    place = bisect_left(ordered, prefix)
    return place < len(ordered) and ordered[place].startswith(prefix)


@cache
def _sorted_lexicon() -> tuple[list[str], list[str]]:
    """The words of some length in order, and in order of their ends."""
    long = [word for word in lexicon() if len(word) >= _LEAST_WORD]
    return sorted(long), sorted(word[::-1] for word in long)


def _grouped(cuts: Iterable[_Cut]) -> Iterator[Part]:
    """The words that stand near others, or are long enough to be no accident."""
    group: list[_Cut] = []
    for cut in (*cuts, _Cut("", _NOWHERE, _NOWHERE, 0)):
        if group and cut.start < group[-1].end:
            continue
        if group and cut.start - group[-1].end > _GAP:
            if sum(known.weight for known in group) >= _EVIDENCE:
                yield from (known[:3] for known in group)
            group = []
        group.append(cut)
