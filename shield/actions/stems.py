"""Tables of stems as patterns."""

from functools import cache

import regex

from shield.actions.verbs import ACCOUNTS, ASKS, ORDERS, READS

# Letters that have no mark to lose, and that the tables write without their stroke.
_STROKES = str.maketrans("łøđ", "lod")
_TO_OTHERS = r"\b(?!'s\b|[ -](?:me|us|mir|uns|moi|nous|mi|nos|mij|ons)\b)"


@cache
def pattern(stems: str) -> "regex.Pattern[str]":
    """One pattern of a table of stems; compiled once, the tables are constants."""
    nouns, words, inside = [], [], []
    for stem in stems.split():
        shown = regex.escape(stem.rstrip("=~_!").replace("_", " "))
        if not _edged(stem):
            inside.append(shown)
        elif stem.endswith("~"):
            nouns.append(shown + r"\b")
        elif stem.endswith("!"):
            words.append(shown + _TO_OTHERS)
        else:
            words.append(shown + (r"\b" if stem.endswith("=") else ""))
    parts = [rf"\b(?:{'|'.join(words)})", *inside]
    return regex.compile("|".join([rf"\b(?P<noun>{'|'.join(nouns) or '(?!)'})", *parts]))


def plain(folded: str) -> str:
    """A folded text in the letters of the tables."""
    return folded.translate(_STROKES)


def _edged(stem: str) -> bool:
    """True for scripts whose words stand apart: Latin, Greek and Cyrillic."""
    return stem[0] < "\u0530"


def is_verb(word: str) -> bool:
    """True for a word by which something is asked for: it tells no record from another."""
    return any(pattern(stems).match(word) for stems in (*ASKS.values(), READS, ORDERS, ACCOUNTS))
