"""Disguises that put another character in the place of each letter."""

import unicodedata
from collections.abc import Callable
from random import Random

_A = ord("a")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_DIGITS = str.maketrans("abegiostABEGIOST", "4836105748361057")
_SIGNS = {
    "a": "@",
    "c": "(",
    "d": "|)",
    "e": "3",
    "i": "!",
    "k": "|<",
    "l": "|",
    "m": "/\\/\\",
    "n": "|\\|",
    "o": "0",
    "s": "$",
    "t": "+",
    "v": "\\/",
    "w": "\\/\\/",
}
_TWINS = str.maketrans(
    "aceijopsxyvuhkmtACEHIKMOPSTXY",
    "\u0430\u0441\u0435\u0456\u0458\u043e\u0440\u0455\u0445\u0443\u03bd\u03c5\u04bb\u03ba\u043c"
    "\u0442\u0410\u0421\u0415\u041d\u0406\u039a\u041c\u041e\u0420\u0405\u0422\u0425\u03a5",
)
_FLIPPED = str.maketrans(
    _LETTERS + "?!.,'",
    "\u0250q\u0254p\u01dd\u025f\u0183\u0265\u1d09\u027e\u029el\u026fuodb\u0279s\u0287n\u028c\u028dx"
    "\u028ez\u00bf\u00a1\u02d9'\u002c",
)
_SMALL = str.maketrans(
    _LETTERS,
    "\u1d00\u0299\u1d04\u1d05\u1d07\ua730\u0262\u029c\u026a\u1d0a\u1d0b\u029f\u1d0d\u0274\u1d0f"
    "\u1d18q\u0280s\u1d1b\u1d1c\u1d20\u1d21x\u028f\u1d22",
)
_ACCENTS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0308\u030a\u030c"
_BLANKS = "\u00a0\u2002\u2003\u2005\u2007\u2009\u202f\u205f\u3000\t"


def numbers(text: str, rng: Random) -> str:
    """Every letter that has a digit of like shape is written as that digit."""
    return text.translate(_DIGITS)


def some_numbers(text: str, rng: Random) -> str:
    """As `numbers`, for six letters in ten."""
    return "".join(c.translate(_DIGITS) if rng.random() < 0.6 else c for c in text)


def signs(text: str, rng: Random) -> str:
    """Letters drawn with signs, some with several: `|<` for k."""
    return "".join(_SIGNS.get(c.lower(), c) for c in text)


def homoglyphs(text: str, rng: Random) -> str:
    """Every letter that has a Cyrillic or Greek twin is that twin."""
    return text.translate(_TWINS)


def one_homoglyph(text: str, rng: Random) -> str:
    """One letter of each word is a twin."""
    return " ".join(_one_twin(word, rng) for word in text.split(" "))


def _one_twin(word: str, rng: Random) -> str:
    places = [at for at, c in enumerate(word) if c.translate(_TWINS) != c]
    if not places:
        return word
    at = rng.choice(places)
    return word[:at] + word[at].translate(_TWINS) + word[at + 1 :]


def diacritics(text: str, rng: Random) -> str:
    """An accent on every letter, as one character where there is one."""
    marked = "".join(c + rng.choice(_ACCENTS) if _latin(c) else c for c in text)
    return unicodedata.normalize("NFC", marked)


def upside_down(text: str, rng: Random) -> str:
    """Letters turned on their heads, to be read from the end."""
    return _lines(text, lambda line: line.lower().translate(_FLIPPED)[::-1])


def full_width(text: str, rng: Random) -> str:
    """Printable ASCII in its full-width forms."""
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)


def bold(text: str, rng: Random) -> str:
    """Mathematical bold letters."""
    return _block(text, 0x1D41A, 0x1D400)


def fraktur(text: str, rng: Random) -> str:
    """Mathematical bold Fraktur letters."""
    return _block(text, 0x1D586, 0x1D56C)


def circled(text: str, rng: Random) -> str:
    """Letters in circles."""
    return _block(text, 0x24D0, 0x24B6)


def squared(text: str, rng: Random) -> str:
    """White letters in black squares."""
    return _block(text, 0x1F170, 0x1F170)


def small_capitals(text: str, rng: Random) -> str:
    """Phonetic small capitals."""
    return text.lower().translate(_SMALL)


def alternating(text: str, rng: Random) -> str:
    """CaPiTaLs by the throw of a coin."""
    return "".join(c.upper() if rng.random() < 0.5 else c.lower() for c in text)


def exotic_blanks(text: str, rng: Random) -> str:
    """Every blank is one of the many others that Unicode has."""
    return "".join(rng.choice(_BLANKS) if c == " " else c for c in text)


def backwards(text: str, rng: Random) -> str:
    """Each line from its end."""
    return _lines(text, lambda line: line[::-1])


def words_backwards(text: str, rng: Random) -> str:
    """Each word from its end, in its place."""
    return _lines(text, lambda line: " ".join(word[::-1] for word in line.split(" ")))


def _lines(text: str, change: Callable[[str], str]) -> str:
    return "\n".join(map(change, text.split("\n")))


def _block(text: str, small: int, capital: int) -> str:
    table = {_A + n: small + n for n in range(26)} | {65 + n: capital + n for n in range(26)}
    return text.translate(table)


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()
