r"""Digits and signs for letters, several of them for one letter too: "1gn0r3", "|\\/|4|<3"."""

import re
from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from shield.text.assemble import Part, replaced
from shield.text.lexicon import LEAST, lexicon, located, merged, words
from shield.text.runs import Ground
from shield.view import View

_DIGITS = {
    "0": "o",
    "1": "il",
    "2": "z",
    "3": "e",
    "4": "a",
    "5": "s",
    "6": "gb",
    "7": "t",
    "8": "b",
    "9": "gq",
    "@": "a",
    "$": "s",
    "!": "i",
    "|": "il",
    "+": "t",
    "(": "c",
    "<": "c",
    "[": "c",
    "{": "c",
    "€": "e",
    "£": "l",
    "¥": "y",
    "§": "s",
    "¢": "c",
}
_BRACKETS = "(<[{"  # too common at the edge of a word to mean a letter
# Every ambiguous sign read one way and the other: what most words need.
_FIRST, _LAST = ({ord(c): said[n] for c, said in _DIGITS.items()} for n in (0, -1))
_SUSPECTED = tuple(
    {code: said for code, said in table.items() if chr(code) not in ignored}
    for table, ignored in ((_FIRST, _BRACKETS + "!|"), (_LAST, _BRACKETS))
)
_SHAPES = (
    *(
        ("|\\/|", "m"),
        ("/\\/\\", "m"),
        ("\\/\\/", "w"),
        ("|/\\|", "w"),
        ("'][", "t"),
        ("|\\|", "n"),
    ),
    *(("/\\/", "n"), ("|_|", "u"), ("(_)", "u"), ("|-|", "h"), (")-(", "h"), ("]-[", "h")),
    *(
        ("/-\\", "a"),
        ("\\_/", "u"),
        ("|<", "k"),
        ("|{", "k"),
        ("|)", "d"),
        ("[)", "d"),
        ("|>", "d"),
    ),
    *(("|=", "f"), ("|°", "p"), ("|*", "p"), ("|?", "r"), ("|2", "r"), ("|3", "b"), ("|_", "l")),
    *(("/\\", "a"), ("\\/", "v"), ("()", "o"), ("[]", "o"), ("<>", "o"), ("}{", "h"), ("><", "x")),
    *(("`/", "y"), ("'/", "y"), ("vv", "w"), ("_|", "j")),
)
_SHAPED = re.compile("|".join(re.escape(shape) for shape, _ in _SHAPES))
_LETTER = dict(_SHAPES)
# Two brackets are in every program; these are not.
_TELLING = ("|\\", "/\\/", "|_|", "|-|", "|<", "(_)", "\\/\\", "/-\\")
_TELLS = re.compile("|".join(map(re.escape, _TELLING)))
_CLUSTER = re.compile(r"[|/\\()\[\]{}<>'`_-]{2}|vv|\|[23?*°]")
_TOKEN = re.compile(r"\S+")
_SIGNS = re.compile(r"[0-9@$!|+(<\[{€£¥§¢/\\]")
_INNER = re.compile(r"[^\W\d_][^a-z\s]+[^\W\d_]")
_LEADING = re.compile(r"[0-9@$!|](?=[^\W\d_]{4})")
_EDGE = "!?.,;:\"'“”()[]{}<>*"
_AMBIGUOUS = re.compile(r"[169|][^169|]*[169|]")
_ORDINAL = re.compile(r"\d*(?:1st|2nd|3rd|\dth|\ds|\dx)|0x[0-9a-f]+|v\d+(?:\.\d+)*[a-z]{0,5}\d*")
_SHORT = frozenset(
    [
        "am",
        "an",
        "as",
        "at",
        "be",
        "by",
        "do",
        "go",
        "he",
        "if",
        "in",
        "is",
        "it",
        "me",
        "my",
        "no",
        "of",
        "on",
        "or",
        "so",
        "to",
        "up",
        "us",
        "we",
    ]
)
_LONGEST = 40
_CHOICES = 16
_MIXED = 2_000
_LONG = 16_000  # characters below which accidents with four letters are rare
_EVIDENCE = 3
_AROUND = 120
_GAP, _NEAR = 200, 30


class _Reading(NamedTuple):
    """What a token says; the weight is the letters of a known word beyond three."""

    said: str
    weight: int


def leet(plain: View, ground: Ground) -> Iterator[View]:
    """The stretches of a canonical view whose disguised words the lexicon knows, undisguised."""
    parts = [part for start, end in _suspect(ground) for part in _parts(plain.text, start, end)]
    made = replaced("leet", plain.text, parts, plain, _AROUND)
    if made is not None and made.text != plain.text:
        yield made


def _suspect(ground: Ground) -> Iterator[tuple[int, int]]:
    """Where reading every sign as a letter makes words that the text has not."""
    text = ground.plain
    near = ground.leets(_NEAR)
    shown = [text[start:end] for start, end in near]
    known = lexicon() - ground.vocabulary
    least = LEAST + 1 if len(text) < _LONG else LEAST + 2
    for table in _SUSPECTED if near else ():
        said = set(words("\n".join(shown).translate(table)))
        new = {word for word in said & known if len(word) >= least}
        if sum(len(word) - LEAST for word in new) >= _EVIDENCE:
            for start, end in near:
                inside = text[start:end].translate(table)
                yield from ((start + s, start + e) for s, e in located(inside, new, _GAP))
            return
    if sum(map(text.count, _TELLING)) > 1:
        yield from merged(
            [(max(0, m.start() - _GAP), m.end() + _GAP) for m in _TELLS.finditer(text)]
        )


def _readings(text: str) -> dict[str, _Reading]:
    """What each disguised token says."""
    tokens = [
        t
        for t in set(text.split())
        if 1 < len(t) <= _LONGEST and _SIGNS.search(t) and not _ORDINAL.fullmatch(t)
    ]
    made: dict[str, _Reading] = {}
    shapes = [token for token in tokens if _CLUSTER.search(token)]
    shaped = [_SHAPED.sub(lambda shape: _LETTER[shape[0]], token) for token in shapes]
    for forms, sources in ((shaped, shapes), (tokens, tokens), (list(map(_core, tokens)), tokens)):
        made |= _known(forms, sources)
    for token in tokens:  # beside words that are sure, what is no word is read too
        if token not in made and _INNER.search(token):
            made[token] = _Reading(token.translate(_FIRST), 0)
    return made


def _core(token: str) -> str:
    return token.strip(_EDGE)


def _known(forms: list[str], sources: list[str]) -> dict[str, _Reading]:
    """The readings of the forms that the lexicon knows, by the tokens that they stand in."""
    made: dict[str, _Reading] = {}
    known = lexicon()
    for table in (_FIRST, _LAST):
        said = "\n".join(forms).translate(table).split("\n") if forms else []
        for word, form, source in zip(said, forms, sources, strict=True):
            if word != form and (word in known or word in _SHORT):
                made[source] = _reading(word, form, source)
    mixed = [(f, s) for f, s in zip(forms, sources, strict=True) if _AMBIGUOUS.search(f)]
    for form, source in mixed[:_MIXED]:
        if source not in made and (word := _one_of(form)):
            made[source] = _reading(word, form, source)
    return made


def _reading(word: str, form: str, source: str) -> _Reading:
    """The word in its token; a digit at the edge of a word is no disguise by itself."""
    head, found, tail = source.partition(form)
    said = f"{head}{word}{tail}" if found else word
    weight = max(0, len(word) - LEAST)
    if found and not _INNER.search(form) and not _LEADING.match(form):
        weight = int(sum(not char.isalpha() for char in form) > 1 and not form.isdigit())
    return _Reading(said, weight)


def _one_of(form: str) -> str:
    """The first known word, ambiguous signs read in every mixture."""
    choices = [_DIGITS.get(char, char) for char in form]
    count = 1
    for place, choice in enumerate(choices):
        count *= len(choice)
        if count > _CHOICES:
            choices[place] = choice[0]
            count //= len(choice)
    words = map("".join, product(*choices))
    return next((word for word in words if word in lexicon()), "")


def _parts(text: str, start: int, end: int) -> Iterator[Part]:
    """Disguised words that stand near others which are sure."""
    readings = _readings(text[start:end])
    tokens = _TOKEN.finditer(text, start, end)
    found = [(readings[m[0]], m.start(), m.end()) for m in tokens if m[0] in readings]
    group: list[tuple[_Reading, int, int]] = []
    for entry in (*found, (_Reading("", 0), end + 2 * _GAP, 0)):
        if group and entry[1] - group[-1][2] > _GAP:
            if sum(reading.weight for reading, _, _ in group) >= _EVIDENCE:
                yield from ((reading.said, first, last) for reading, first, last in group)
            group = []
        group.append(entry)
