"""Words without blanks between them: the likeliest way to part a run of letters."""

import math
from collections.abc import Iterable, Mapping

_LONGEST = 18  # letters of a word
_MOST = 2_000  # letters of a run; a longer one is no sentence
_UNKNOWN = 5.0  # nats for a letter that no word holds
_SURE = 2.2  # nats a letter: sentences come to 1.8, chains of short words to more than 2.5
_MEAN = 3.5  # letters of a word on average
_SHORT = (
    "a i to of in is it me my on no or an as at be by do go he if so up us we de la el le un en es "
    "se te du zu il di da os um na ne et ou al je tu mi si su y o e я и в на не с к у о"
)
_SHORT_NATS = 6.0
_ZIPF = 2.3  # nats of a harmonic number: what makes ranks shares


def nats(words: Iterable[str]) -> Mapping[str, float]:
    """The information in each word of a list that is in order of frequency."""
    ranked = {word: math.log(rank + 10) + _ZIPF for rank, word in enumerate(words)}
    return {**dict.fromkeys(_SHORT.split(), _SHORT_NATS), **ranked}


def parted(run: str, known: Mapping[str, float]) -> tuple[str, ...]:
    """The words of a run of letters that begins with one; none when it is no likely sentence."""
    if len(run) > _MOST or not any(run[:end] in known for end in range(2, _LONGEST)):
        return ()
    cost, cut = [0.0], [0]
    for end in range(1, len(run) + 1):
        best, place = cost[end - 1] + _UNKNOWN, end - 1
        for start in range(max(0, end - _LONGEST), end):
            more = known.get(run[start:end])
            if more is not None and cost[start] + more < best:
                best, place = cost[start] + more, start
        cost.append(best)
        cut.append(place)
    if cost[-1] > _SURE * len(run):
        return ()
    parts = _cut(run, cut, known)
    return parts if len(run) >= _MEAN * len(parts) else ()


def _cut(run: str, cut: list[int], known: Mapping[str, float]) -> tuple[str, ...]:
    """The words from their beginnings; letters that no word holds stay together."""
    parts: list[str] = []
    end, strange = len(run), False
    while end:
        part, end = run[cut[end] : end], cut[end]
        if strange and part not in known:
            parts[-1] = part + parts[-1]
        else:
            parts.append(part)
        strange = part not in known
    return tuple(reversed(parts))
