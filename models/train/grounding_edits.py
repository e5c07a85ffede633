"""Edits of a sentence: such as keep what it says, and such as change one fact of it.

Both kinds leave most words in place, so that neither the wording nor the length of a claim tells
whether it is supported. The changes are the ones that models make: another number, date, name,
unit, order, polarity or certainty.
"""

import random
import re

_NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w])")
_NAME = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]+(?: [A-Z][a-z]+){0,2}\b")
_WORD = re.compile(r"[A-Za-z']+")
_GROUPS = (
    "January February March April May June July August September October November December",
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    "one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty",
    "first second third fourth fifth sixth last",
    "million billion thousand hundred",
    "kilometres miles metres feet inches",
    "hours minutes days weeks months years decades",
    "north south east west",
    "northern southern eastern western",
    "dollars euros pounds yen",
    "mother father brother sister son daughter wife husband uncle aunt",
    "red blue green yellow black white brown grey",
    "England France Germany Spain Italy Russia China Japan India Canada Australia Brazil",
    "London Paris Berlin Rome Moscow Tokyo Madrid Chicago Boston Toronto Sydney",
    "actor singer writer painter politician lawyer engineer teacher",
)
_OPPOSITES = (
    "increase decrease|increased decreased|increasing decreasing|increases decreases|rise fall"
    "|rose fell|rising falling|higher lower|high low|highest lowest|more less|most least"
    "|before after|early late|earlier later|earliest latest|former latter|older younger"
    "|always never|often rarely|all none|many few|some no|with without|above below|inside outside"
    "|began ended|begins ends|started stopped|won lost|win lose|accepted rejected|accept reject"
    "|agreed refused|approved rejected|supported opposed|support oppose|success failure"
    "|successful unsuccessful|allowed forbidden|public private|male female|men women|man woman"
    "|his her|he she|large small|larger smaller|largest smallest|long short|longer shorter"
    "|better worse|best worst|good bad|positive negative|major minor|left right|open closed"
    "|opened closed|bought sold|buy sell|joined left|arrived departed|gained lost|profit loss"
    "|strong weak|new old|day night|true false|majority minority|import export|internal external"
    "|enabled disabled|enable disable|required optional|minimum maximum|input output|include exclude"
    "|includes excludes|likes dislikes|happy unhappy|likely unlikely|possible impossible"
    "|same different|easy difficult|remembered forgot|present absent|upper lower|ancient modern"
)
_SWAPS: dict[str, tuple[str, ...]] = {}
for _line in (*_GROUPS, *_OPPOSITES.split("|")):
    _words = tuple(_line.split())
    for _word in _words:
        _SWAPS[_word] = tuple(w for w in _words if w != _word)

_POLARITY = re.compile(
    r"\b(is|was|are|were|has|have|had|can|could|will|would|may|should|did|does)\b( not)?\b"
)
_CERTAINTY = {
    "may": "will",
    "might": "will",
    "could": "will",
    "can": "must",
    "should": "must",
    "will": "may",
    "must": "can",
    "some": "all",
    "often": "always",
    "usually": "always",
    "partly": "wholly",
    "about": "exactly",
    "believed": "proved",
    "planned": "completed",
    "considered": "decided",
    "suggests": "proves",
    "alleged": "proven",
}
_SAME = {
    "began": "started",
    "however": "but",
    "also": "too",
    "located": "situated",
    "born": "brought into the world",
    "large": "big",
    "known": "famous",
    "received": "got",
    "several": "a number of",
    "many": "a lot of",
    "became": "turned into",
    "created": "made",
    "founded": "set up",
    "won": "was awarded",
    "film": "movie",
    "approximately": "about",
    "children": "kids",
    "purchase": "buy",
    "purchased": "bought",
    "company": "firm",
    "university": "college",
    "released": "published",
    "died": "passed away",
    "use": "make use of",
    "uses": "makes use of",
    "required": "needed",
    "provides": "gives",
    "shows": "demonstrates",
    "ended": "finished",
    "said": "stated",
    "currently": "at present",
    "primarily": "mainly",
    "consists": "is made up",
    "contains": "has",
    "because": "since",
    "assist": "help",
    "begin": "start",
    "near": "close to",
    "whole": "entire",
}
_LEADS = (
    "{}",
    "{}",
    "{}",
    "According to the text, {}",
    "The document says that {}",
    "In brief, {}",
    "Yes, {}",
    "It is stated that {}",
    "As far as the source goes, {}",
)


def sentences(text: str) -> list[str]:
    """The sentences of 6 to 60 words, in order."""
    parts = re.split(r"(?<=[.!?])\s+(?=[A-Z0-9\"'(])", " ".join(text.split()))
    return [p for p in parts if 6 <= len(p.split()) <= 60]


def reworded(sentence: str, rng: random.Random) -> str:
    """The same fact in slightly other words, or a part of it; sometimes the sentence as it is."""
    if rng.random() < 0.15:
        return sentence
    made = re.sub(r"\s*\([^()]*\)", "", sentence)
    parts = made.rstrip(".").split(", ")
    if len(parts) > 1 and len(parts[0].split()) > 5 and rng.random() < 0.4:
        made = parts[0] + "."
    words = made.split(" ")
    for i, word in enumerate(words):
        if word in _SAME and rng.random() < 0.7:
            words[i] = _SAME[word]
    made = " ".join(words)
    if rng.random() < 0.3:
        made = made.replace(",", "")
    lead = rng.choice(_LEADS)
    if lead != "{}" and (first := made.split(" ", 1)[0]) in {"The", "A", "In", "He", "She", "It"}:
        made = first.lower() + made[len(first) :]
    return lead.format(made)


def changed(sentence: str, names: list[str], rng: random.Random) -> str | None:
    """The sentence with one fact changed; None where there is nothing to change.

    `names` are names to put in another's place.
    """
    ways = [_number, _swapped, _negated, _certain, lambda s, r: _renamed(s, names, r), _crossed]
    rng.shuffle(ways)
    for way in ways:
        made = way(sentence, rng)
        if made is not None and made != sentence:
            return made
    return None


def names_in(text: str) -> list[str]:
    """Capitalised words that begin no sentence."""
    return sorted({m.group() for m in _NAME.finditer(text)} - _SWAPS.keys())


def _replaced(text: str, match: re.Match[str], new: str) -> str:
    return text[: match.start()] + new + text[match.end() :]


def _number(text: str, rng: random.Random) -> str | None:
    found = list(_NUMBER.finditer(text))
    if not found:
        return None
    match = rng.choice(found)
    digits = [i for i, c in enumerate(match.group()) if c.isdigit()]
    at = rng.choice(digits)
    old = match.group()[at]
    new = rng.choice([d for d in "123456789" if d != old])
    return _replaced(text, match, match.group()[:at] + new + match.group()[at + 1 :])


def _swapped(text: str, rng: random.Random) -> str | None:
    found = [m for m in _WORD.finditer(text) if m.group() in _SWAPS]
    if not found:
        return None
    match = rng.choice(found)
    return _replaced(text, match, rng.choice(_SWAPS[match.group()]))


def _negated(text: str, rng: random.Random) -> str | None:
    match = _POLARITY.search(text)
    if match is None or rng.random() < 0.6:
        return None
    return _replaced(text, match, match.group(1) + ("" if match.group(2) else " not"))


def _certain(text: str, rng: random.Random) -> str | None:
    found = [m for m in _WORD.finditer(text) if m.group() in _CERTAINTY]
    if not found:
        return None
    match = rng.choice(found)
    return _replaced(text, match, _CERTAINTY[match.group()])


def _renamed(text: str, names: list[str], rng: random.Random) -> str | None:
    found = list(_NAME.finditer(text))
    others = [n for n in names if n not in text]
    if not found or not others:
        return None
    return _replaced(text, rng.choice(found), rng.choice(others))


def _crossed(text: str, rng: random.Random) -> str | None:
    """Two names of the sentence in each other's place."""
    found = list({m.group(): m for m in _NAME.finditer(text)}.values())
    if len(found) < 2:
        return None
    first, second = sorted(rng.sample(found, 2), key=lambda m: m.start())
    middle = text[first.end() : second.start()]
    swapped = second.group() + middle + first.group()
    return text[: first.start()] + swapped + text[second.end() :]
