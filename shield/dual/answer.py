"""Answers are inert: what an untrusted value says is shown, and cannot act.

Applies to every value in an answer that the caller did not write: markup is made text, images
and links lose their form, and free text stands in quotation marks with its origin.
"""

from collections.abc import Iterator, Mapping

import regex

from shield.dual.approval import origin
from shield.dual.extracted import shown
from shield.dual.stated import Stated
from shield.dual.template import pieces
from shield.dual.trace import Quote
from shield.dual.values import Value, text, whole
from shield.types import Capacity, Integrity

_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
_MARKUP = regex.compile(r"[&<>\"]")
# What makes a link or an image of a text: `](`, `][`, `]:`, `![`; a blank between breaks it.
_LINK = regex.compile(r"(?<=\])(?=[(\[:])|(?<=!)(?=\[)")
_SCHEME = regex.compile(
    r"(?i)\b([a-z][a-z0-9+.-]{0,20}):(?=//)|\b(javascript|data|vbscript|mailto):(?=\S)"
)
_BARE = regex.compile(r"(?i)\bwww\.")
_LINKS = frozenset("[]()!")
_WORD = regex.compile(r"[^\s<>\"'()\[\]]+")


def rendered(template: str, values: Mapping[str, Value], trusted: Stated) -> tuple[Quote, ...]:
    """The pieces of an answer, in order; joined they are the text that a person may be shown."""
    return tuple(
        Quote(piece) if isinstance(piece, str) else _piece(values[piece.name], trusted)
        for piece in pieces(template)
    )


def _piece(value: Value, trusted: Stated) -> Quote:
    label, said = whole(value), text(value)
    if label.integrity is Integrity.USER:
        return Quote(said)
    where = origin(label)
    # Two values side by side could make a link together; quotation marks keep them apart.
    is_free = label.capacity >= Capacity.SHORT_TEXT or not _LINKS.isdisjoint(said)
    if is_free and label.integrity <= Integrity.EXTRACTED:
        return Quote(f"“{inert(said, trusted)}” ({where})", where)
    return Quote(inert(said, trusted), where)


def inert(said: str, trusted: Stated) -> str:
    """A text that no renderer makes a link, an image or an element of.

    Links that the caller wrote stay links.
    """
    plain = _LINK.sub(" ", shown(said).replace("”", '"'))
    return _MARKUP.sub(lambda m: _ENTITIES[m[0]], "".join(_defanged(plain, trusted)))


def _defanged(said: str, trusted: Stated) -> Iterator[str]:
    at = 0
    for word in _WORD.finditer(said):
        yield said[at : word.start()]
        at = word.end()
        yield _broken(word[0], trusted)
    yield said[at:]


def _broken(word: str, trusted: Stated) -> str:
    if ":" not in word and "." not in word:
        return word
    if "://" in word and word.rstrip(".,;:!?") in trusted:
        return word
    return _BARE.sub("www[.]", _SCHEME.sub(lambda m: f"{_dead(m[1] or m[2])}[:]", word))


def _dead(scheme: str) -> str:
    return {"http": "hxxp", "https": "hxxps"}.get(scheme.lower(), scheme)
