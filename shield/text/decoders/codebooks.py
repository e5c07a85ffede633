"""Alphabets of signals: Morse, the NATO spelling words, Braille."""

import re
from collections.abc import Iterator

from shield.text.assemble import Part, assembled
from shield.text.decoders.readable import reads_as_words
from shield.text.lexicon import located
from shield.text.runs import Alphabet, Ground
from shield.text.segment import segmented
from shield.view import View

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MORSE = dict(
    zip(
        (
            ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - "
            "..- ...- .-- -..- -.-- --.. .---- ..--- ...-- ....- ..... -.... --... ---.. ----. "
            "----- .-.-.- --..-- ..--.. -.-.-- -..-. .----. -....-"
        ).split(),
        _LETTERS + "1234567890.,?!/'-",
        strict=True,
    )
)
_DOTS = str.maketrans("\u00b7\u2022\u2219*\u2013\u2014\u2212_", "....----")
_SIGNAL = re.compile(
    r"[.\u00b7\u2022\u2219*\u2013\u2014\u2212_-]{1,7}"
    r"(?:[ \t/|\r\n]{1,5}[.\u00b7\u2022\u2219*\u2013\u2014\u2212_-]{1,7}){7,}"
)
_WORD_GAP = re.compile(r"\s*[/|]\s*|\s{2,}|\n")
_NATO = dict.fromkeys(["alfa", "alpha"], "a") | dict(
    zip(
        (
            "bravo charlie delta echo foxtrot golf hotel india juliett kilo lima mike november "
            "oscar papa quebec romeo sierra tango uniform victor whiskey xray yankee zulu"
        ).split(),
        _LETTERS[1:],
        strict=True,
    )
)
_NATO |= {"juliet": "j", "whisky": "w", "x-ray": "x"}
_NEAR = 40
_NATO_RUN = re.compile(
    r"\b(?:WORD)(?:(?:[\s,.;:/|_-]{1,4}|[\s,]{1,3}(?:space|stop)[\s,]{1,3})(?:WORD)\b){5,}".replace(
        "WORD", "|".join(sorted(_NATO, key=len, reverse=True))
    ),
    re.IGNORECASE,
)
_NATO_WORD = re.compile(r"x-ray|[a-z]+|[/|\n;.]|\s{2,}", re.IGNORECASE)
_BRAILLE = re.compile(r"[\u2800-\u28ff](?:[\u2800-\u28ff \n]*[\u2800-\u28ff])?")
# Dots of the letters a to j; the next ten add dot 3, the last ones dots 3 and 6; w stands apart.
_FIRST_TEN = (0x01, 0x03, 0x09, 0x19, 0x11, 0x0B, 0x1B, 0x13, 0x0A, 0x1A)
_CELLS = {c: d for c, d in zip(_LETTERS, _FIRST_TEN, strict=False)}
_CELLS |= {c: d | 0x04 for c, d in zip(_LETTERS[10:], _FIRST_TEN, strict=False)}
_CELLS |= {c: d | 0x24 for c, d in zip("uvxyz", _FIRST_TEN, strict=False)} | {"w": 0x3A}
_CELLS |= {",": 0x02, ";": 0x06, ":": 0x12, ".": 0x32, "!": 0x16, "?": 0x26, "'": 0x04, "-": 0x24}
_DOTTED = {0x2800 + dots: char for char, dots in _CELLS.items()} | {0x2800: " "}
_DOTTED |= {0x2820: "", 0x283C: ""}  # signs for capitals and numbers


def read_morse(ground: Ground) -> Iterator[Part]:
    """Morse, letters a blank apart, words a slash, a bar, a line or two blanks apart."""
    for start, end in ground.runs(Alphabet.MORSE, 16):
        if not {".", "-", " "} <= set(ground.text[start:end].translate(_DOTS)):
            continue
        for run in _SIGNAL.finditer(ground.text, start, end):
            said = run[0].translate(_DOTS)
            words = ["".join(_MORSE.get(s, "") for s in w.split()) for w in _WORD_GAP.split(said)]
            shown = " ".join(words)
            if not reads_as_words(shown):
                shown = " ".join(segmented("".join(words)))
            if reads_as_words(shown):
                yield shown, run.start(), run.end()


def read_nato(ground: Ground) -> Iterator[Part]:
    """Words of the NATO alphabet, one a letter."""
    if len(ground.vocabulary & _NATO.keys()) < 4:
        return
    near = located(ground.plain, ground.vocabulary & _NATO.keys(), _NEAR)
    runs = (run for start, end in near for run in _NATO_RUN.finditer(ground.text, start, end))
    for run in runs:
        found = [_nato(m[0].lower()) for m in _NATO_WORD.finditer(run[0])]
        shown = "".join(found)
        words = " ".join(shown.split()) if " " in shown else " ".join(segmented(shown)) or shown
        if len(words) > 5:
            yield words, run.start(), run.end()


def _nato(word: str) -> str:
    return _NATO.get(word, " ")


def braille(raw: View) -> Iterator[View]:
    """Braille cells of grade 1; their blank is no character in the canonical view."""
    if raw.text.isascii():
        return
    parts = [(run[0].translate(_DOTTED), *run.span()) for run in _BRAILLE.finditer(raw.text)]
    made = assembled("braille", [part for part in parts if len(part[0].strip()) > 3], raw)
    if made is not None:
        yield made
