"""The canonical view: what a text says once invisible and look-alike characters are undone."""

from array import array
from collections.abc import Mapping

import regex

from shield.text.folds import folds
from shield.view import View

_WORD = regex.compile(r"[^\W\d_]++")
_LATIN = regex.compile(r"[a-zA-Z]")
_CONTROLS = regex.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def canonical(text: str, parent: View | None = None) -> View:
    """Invisibles and marks removed, compatibility and confusables folded, lower case.

    Words that are wholly in another script stay as they are, unless the whole text is
    mostly Latin and every letter of the word imitates a Latin one.
    """
    if text.isascii() and not _CONTROLS.search(text):
        return View("canonical", text.lower(), parent=parent)
    table = folds().compat
    starts: array[int] | None = None
    if all(len(table.get(char, char)) == 1 for char in set(text)):
        plain = "".join([table.get(char, char) for char in text])
    else:
        plain, starts = _compat(text, table)
    shown = "".join([_lower(char) for char in _confusable(plain)])
    ends = array("I", (s + 1 for s in starts)) if starts is not None else None
    return View("canonical", shown, starts, ends, parent=parent)


def _compat(text: str, table: Mapping[str, str]) -> tuple[str, "array[int]"]:
    chars: list[str] = []
    starts = array("I")
    for position, char in enumerate(text):
        for part in table.get(char, char):
            chars.append(part)
            starts.append(position)
    return "".join(chars), starts


def _confusable(plain: str) -> str:
    table = folds().confusable
    if table.keys().isdisjoint(set(plain)):
        return plain
    if 2 * len(_LATIN.findall(plain)) >= sum(map(str.isalpha, plain)):
        return _WORD.sub(lambda word: _imitated(word[0], table, latin=True), plain)
    return _WORD.sub(lambda word: _imitated(word[0], table, latin=False), plain)


def _imitated(word: str, table: Mapping[str, str], *, latin: bool) -> str:
    shown = "".join([table.get(char, char) for char in word])
    mixed = any(char.isascii() for char in word)
    return shown if mixed or (latin and len(word) > 1 and shown.isascii()) else word


def _lower(char: str) -> str:
    low = char.lower()
    return low if len(low) == 1 else char
