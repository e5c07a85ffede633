"""Which row and column of a table a sentence speaks of where it states a figure."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from shield.scanners.grounding.supplied import Labels, Token
from shield.text.figures import Figure

_CONNECTING = re.compile(
    r"(?i)^[\s(\u00a0]*(?:[^\W\d_][\w/²³.°]{0,13}\s+){0,2}?(?:of|in|for|at|during|from|by|bei|beim|auf|am|zum|zur|à|chez|sur|dans|al|allo|alla|ai|agli|alle|nel|nella|nei|dal|dalla|sul|sulla|no|na|nos|nas|ao|aos|på|för|op|bij|dla|we|für|im|in|aus|der|des|de|du|en|au|aux|pour|dans|del|da|do"
    r"|em|di|ad|van|voor|w)\s+(?:(?:the|den|dem|la|le|el|het|year|years|jahr|jahre|année|año|anno|ano|fiscal|financial|geschäftsjahr|exercice|ejercicio|esercizio|exercício|boekjaar|jaar|rok|roku|fy)\s*){0,3}$|^\s*\($"
)
_COMPARED = re.compile(
    r"(?i)(?<![^\W\d_])(?:from|than|versus|vs|compared|against|after|previously|before|von|gegenüber|nach|zuvor|vorher|als|contre|après|depuis"
    r"|auparavant|frente|desde|contra|respecto|da|rispetto|contro|van|tegen|wobec|z)(?![^\W\d_])|から|に対し"
)
# A period that is said in words, and which no label needs to name.
_PERIOD = re.compile(
    r"(?i)^[^,;.\d]{0,30}?\b(?:quarter|half|year|month|quartal|halbjahr|jahr|vorjahr|monat|trimest\w*|semest\w*|année|mois|año|mes|anno|mese|ano"
    r"|mês|kwarta\w*|jaar|maand|rok\w*|år\w*|månad\w*)\b(?!\s*\d)"
)
_GAP = 3  # words between two of one label


class Mention(NamedTuple):
    """A label named at [start, end) of a sentence; `labels` are those that it can be."""

    labels: frozenset[int]
    start: int
    end: int
    size: int


def mentions(said: Sequence[Token], labels: Labels) -> list[Mention]:
    """The labels that a sentence names, in order; the longer of two at one place counts."""
    where: dict[str, list[int]] = {}
    for at, token in enumerate(said):
        where.setdefault(token.stem, []).append(at)
    found: dict[tuple[int, int], set[int]] = {}
    named = {number for stem in where for number in labels.first.get(stem, ())}
    for number in sorted(named):
        stems = labels.stems[number]
        if all(stem in where for stem in stems):
            for first, last in _windows(stems, where):
                found.setdefault((first, last), set()).add(number)
    longest = sorted(found, key=lambda place: (place[0] - place[1], place[0]))
    kept: list[Mention] = []
    taken: set[int] = set()
    for first, last in longest:
        inside = set(range(first, last + 1))
        if not inside & taken:
            taken |= inside
            labelled = frozenset(found[first, last])
            kept.append(Mention(labelled, said[first].start, said[last].end, last - first + 1))
    return sorted(kept, key=lambda one: one.start)


def _windows(stems: tuple[str, ...], where: dict[str, list[int]]) -> list[tuple[int, int]]:
    """Where all stems of a label stand close together."""
    found = []
    for at in where[stems[0]][:20]:
        places = [_nearest(where[stem][:40], at) for stem in stems]
        first, last = min(places), max(places)
        if last - first < len(stems) + _GAP:
            found.append((first, last))
    return found


def _nearest(places: list[int], to: int) -> int:
    return min(places, key=lambda place: abs(place - to))


def bound(
    sentence: str, stated: Sequence[Figure], named: Sequence[Mention], *, periods: bool = False
) -> list[frozenset[int] | None]:
    """For each figure the labels that it can stand for; None where the sentence does not say.

    A figure belongs to the label named before it, or to one that follows at once or with a
    preposition, which then is no other figure's; several labels in a row and as many figures belong
    together one by one. With `periods` a figure that another is compared with has a label of its own.
    """
    runs = _runs(stated, named)
    owners: dict[int, frozenset[int] | None] = {}
    spent: set[int] = set()
    for at, run in enumerate(runs):
        numbers = [one for one in run if isinstance(one, Figure)]
        before = [m for m in _mentions(runs[at - 1]) if m.start not in spent] if at else []
        after = _mentions(runs[at + 1]) if at + 1 < len(runs) else []
        nearby = bool(after and numbers) and _follows(sentence, numbers[-1], after[0])
        for order, figure in enumerate(numbers):
            if nearby and order == len(numbers) - 1:
                owners[figure.start] = after[0].labels
                spent.add(after[0].start)
            elif before and periods and _compared(sentence, figure, before[-1]):
                owners[figure.start] = None
            else:
                owners[figure.start] = _owner(order, len(numbers), before, () if nearby else after)
    return [owners.get(figure.start) for figure in stated]


def _follows(sentence: str, figure: Figure, mention: Mention) -> bool:
    """True when a label stands behind its figure: as its noun, or with a preposition."""
    between = sentence[figure.end : mention.start]
    rest = sentence[mention.end : mention.end + 2].lstrip()
    at_once = not between.strip(" \u00a0") or _CONNECTING.search(between) is not None
    return at_once and not rest.startswith(":")


def _compared(sentence: str, figure: Figure, mention: Mention) -> bool:
    between = sentence[mention.end : figure.start]
    return (
        _COMPARED.search(between) is not None or _PERIOD.search(sentence[figure.end :]) is not None
    )


def _owner(
    order: int, count: int, before: Sequence[Mention], after: Sequence[Mention]
) -> frozenset[int] | None:
    for named in (before, after):
        if len(named) > 1 and len(named) == count:
            return named[order].labels
        if named and named is before:
            return frozenset().union(*(mention.labels for mention in named))
    return None


def _mentions(run: Sequence[Figure | Mention]) -> list[Mention]:
    return [one for one in run if isinstance(one, Mention)]


def _runs(stated: Sequence[Figure], named: Sequence[Mention]) -> list[list[Figure | Mention]]:
    """Figures and mentions in the order of the sentence, those of a kind together."""
    both: list[Figure | Mention] = sorted([*stated, *named], key=lambda one: one.start)
    runs: list[list[Figure | Mention]] = []
    for one in both:
        if runs and isinstance(runs[-1][-1], Mention) is isinstance(one, Mention):
            runs[-1].append(one)
        else:
            runs.append([one])
    return runs
