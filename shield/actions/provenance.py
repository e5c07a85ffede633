"""Where an argument value comes from, by exact comparison after folding.

USER: it occurs in what the principal wrote. LEAF: it is a whole short leaf of a
structured tool result. TEXT: it occurs only inside untrusted free text. NONE: nowhere.
Folding (case, look-alikes, invisible characters, spacing, number formats) decides only what
counts as the same value; a value that merely resembles another is a different one.
"""

import json
from collections.abc import Iterable, Iterator
from enum import StrEnum

import regex
from msgspec import Struct

from shield.label import trusted
from shield.text.canonical import canonical
from shield.types import Scalar, Segment, Source

_SPACE = regex.compile(r"\s+")
_NOT_ALNUM = regex.compile(r"[^\w]|_")
_NUMBER = regex.compile(r"\d[\d.,']*+")
_IDENTIFIER = regex.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}+@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}|https?://[^\s<>\"')\]]+|\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
)
_MAILBOX = regex.compile(r"[^<>@\n]{0,80}<([^<>\s@]{1,64}@[^<>\s@]{1,190})>")
_MIN_SQUASHED = 5
_MAX_LEAF = 120


class Provenance(StrEnum):
    """Where a value comes from, from most to least trusted."""

    USER = "user"
    LEAF = "leaf"
    TEXT = "text"
    NONE = "none"


class Index(Struct, frozen=True):
    """What was written by whom, folded once for all arguments of a call."""

    user: str
    user_squashed: str
    user_numbers: frozenset[float]
    leaves: frozenset[str]
    leaf_numbers: frozenset[float]
    text: str
    text_squashed: str

    def of(self, value: Scalar) -> Provenance:
        """Classify one leaf."""
        if isinstance(value, bool) or value is None:
            return Provenance.USER
        if isinstance(value, int | float):
            return self._number(float(value))
        folded = fold(value)
        if not folded:
            return Provenance.USER
        if occurs(folded, self.user, self.user_squashed):
            return Provenance.USER
        if folded in self.leaves:
            return Provenance.LEAF
        if occurs(folded, self.text, self.text_squashed):
            return Provenance.TEXT
        return Provenance.NONE

    def _number(self, value: float) -> Provenance:
        value = abs(value)
        if value in self.user_numbers:
            return Provenance.USER
        if value in self.leaf_numbers:
            return Provenance.LEAF
        return Provenance.TEXT if value in frozenset(_numbers(self.text)) else Provenance.NONE


def index(context: Iterable[Segment], agreed: Iterable[Segment] = ()) -> Index:
    """Fold the texts of a conversation; what the principal agreed to counts as written by them."""
    segments = list(context)
    user = " \n ".join(s.text for s in (*(s for s in segments if trusted(s.label)), *agreed))
    rest = [s for s in segments if not trusted(s.label) and s.source is not Source.ASSISTANT]
    text = " \n ".join(s.text for s in rest)
    leaves = frozenset(fold(leaf) for s in rest for leaf in structured(s.text))
    # "Ann Roe <ann@example.org>" is one field of a mail; its address is as structured as the field.
    leaves |= {fold(m[1]) for leaf in leaves if (m := _MAILBOX.fullmatch(leaf))}
    folded_user, folded_text = fold(user), fold(text)
    return Index(
        user=folded_user,
        user_squashed=_squash(folded_user),
        user_numbers=frozenset(_numbers(folded_user)),
        leaves=leaves,
        leaf_numbers=frozenset(
            n for leaf in leaves if _NUMBER.fullmatch(leaf) for n in _numbers(leaf)
        ),
        text=folded_text,
        text_squashed=_squash(folded_text),
    )


def fold(text: str) -> str:
    """The form in which values are compared."""
    return _SPACE.sub(" ", canonical(text).text).strip()


def occurs(folded: str, inside: str, inside_squashed: str) -> bool:
    """True when a folded value stands in a folded text, as a whole or without punctuation."""
    at = inside.find(folded)
    while at >= 0:
        if not _joined(inside, at - 1, at) and not _joined(
            inside, at + len(folded) - 1, at + len(folded)
        ):
            return True
        at = inside.find(folded, at + 1)
    squashed = _squash(folded)
    is_number = squashed.isdigit() or ("@" not in folded and any(c.isdigit() for c in squashed))
    return len(squashed) >= _MIN_SQUASHED and is_number and squashed in inside_squashed


def _joined(text: str, left: int, right: int) -> bool:
    """True when two neighbours belong to one word, so that a value between is only a part."""
    if left < 0 or right >= len(text):
        return False
    a, b = text[left], text[right]
    # Scripts without spaces join words to their neighbours; only ASCII words have edges.
    return a.isalnum() and b.isalnum() and a.isascii() and b.isascii()


def identifiers(text: str) -> list[str]:
    """Addresses, links and IBANs inside a text."""
    return [match.rstrip(".,;:") for match in _IDENTIFIER.findall(text)]


def structured(text: str) -> Iterator[str]:
    """Short leaves without line breaks of a text that is JSON; nothing for free text."""
    stripped = text.strip()
    if not stripped.startswith(("{", "[")):
        return
    try:
        document = json.loads(stripped)
    except (ValueError, RecursionError):
        return
    yield from _leaves(document)


def _leaves(document: object) -> Iterator[str]:
    stack = [document]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, str) and len(node) <= _MAX_LEAF and "\n" not in node:
            yield node
        elif isinstance(node, int | float) and not isinstance(node, bool):
            yield f"{abs(float(node)):g}"


def _numbers(text: str) -> Iterator[float]:
    for match in _NUMBER.findall(text):
        for shown in {match, match.replace(",", ""), match.replace(".", "").replace(",", ".")}:
            try:
                yield float(shown.rstrip(".,'").replace("'", ""))
            except ValueError:
                continue


def _squash(text: str) -> str:
    return _NOT_ALNUM.sub("", text)
