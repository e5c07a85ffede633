"""What is inside content, code and links that leave: identifiers, quotations, pieces, data."""

from itertools import chain
from urllib.parse import unquote_plus

import regex

from shield.actions.place import Provenance
from shield.actions.provenance import Index
from shield.actions.reading import words
from shield.actions.values import accounts, addresses, fold, host, link, links
from shield.actions.verbs import COMMON

_SPLIT = regex.compile(r"\s*(?:&&|\|\||[;|\n])\s*")
_DATA = regex.compile(r"[/?&=#:]+")
_MIN_PIECE, _MIN_DATA, _LONG = 12, 4, 24
_MOST = 64


def identifiers(text: str) -> list[str]:
    """Addresses, links and IBANs inside a text, folded."""
    folded = fold(text)
    found = [
        *addresses(folded),
        *(shown for shown in links(folded) if _leads(shown)),
        *accounts(folded),
    ]
    return list(dict.fromkeys(found))[:_MOST]


def _leads(shown: str) -> bool:
    """True for what somebody could follow: a link, not a file's name or an abbreviation."""
    return "://" in shown or shown.startswith("www.") or "/" in shown


def foreign(text: str, known: Index) -> list[str]:
    """The identifiers in a content that neither the user nor a believed field gave."""
    return [
        shown
        for shown in identifiers(text)
        if known.of(shown) in {Provenance.TEXT, Provenance.NONE}
    ]


def quoted(value: str, known: Index) -> bool:
    """True when the whole of a content stands in one untrusted text: it is being passed on."""
    return known.of(value) in {Provenance.TEXT, Provenance.LEAF}


def retold(value: str, known: Index) -> bool:
    """True when most that a content says was said in untrusted text and not by the user."""
    said = frozenset(w for w in words(fold(value)) if w not in COMMON)
    own = said & frozenset(chain(*(r.words for r in known.user)))
    theirs = (said - own) & frozenset(chain(*(t.reading.words for t in known.texts)))
    return len(theirs) > len(own)


def dictated(code: str, known: Index) -> list[str]:
    """The commands of some length in code that stand word for word in untrusted text only."""
    pieces = [piece for piece in _SPLIT.split(code.strip()) if len(piece) >= _MIN_PIECE]
    return [p for p in pieces[:_MOST] if " " in p and known.of(p) is Provenance.TEXT]


def carries(url: str, known: Index) -> bool:
    """True when a link that stands nowhere leads to a host of untrusted text, with data put in.

    Data is what the query or fragment says, and what in the path is an address, a number or long; what
    the user wrote, or what the text itself holds of the link, is none.
    """
    folded = fold(url)
    name = host(folded)
    if known.of(name) in {Provenance.USER, Provenance.NONE, Provenance.DERIVED}:
        return False
    path, _, query = link(unquote_plus(folded)).removeprefix(name).partition("?")
    path, _, fragment = path.partition("#")
    parts = [p for p in _DATA.split(f"{query}#{fragment}") if len(p) >= _MIN_DATA]
    parts += [p for p in path.split("/") if "@" in p or _digits(p) >= _LONG // 3]
    long = [p for p in path.split("/") if len(p) >= _LONG]
    public = {Provenance.USER, Provenance.TEXT}
    return any(known.of(part) not in public for part in parts[:_MOST]) or any(
        known.of(part) is Provenance.NONE for part in long[:_MOST]
    )


def _digits(text: str) -> int:
    return sum(map(str.isdigit, text))
