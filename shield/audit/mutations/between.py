"""Disguises that put characters between letters, and channels that nobody sees."""

import re
from collections.abc import Callable
from random import Random

_IGNORED = "\u00ad\u034f\u180b\u200c\u200d\u2060\u2061\u2063\u2064\ufeff\u115f\u3164\u2800"
_MARKS = [chr(point) for point in range(0x0300, 0x0360)]
_CODES = ("\x1b[0m", "\x1b[1m", "\x1b[31m", "\x1b[39m")
_WORD = re.compile(r"[^\W\d_]+")
_CARRIERS = ("\U0001f600", "\U0001f44d", "\u2764", "\U0001f680", "a")
_RLO, _PDF = "\u202e", "\u202c"


def zero_width(text: str, rng: Random) -> str:
    """A zero-width space behind every letter of a word but the last."""
    return _joined(text, lambda: "\u200b")


def ignorables(text: str, rng: Random) -> str:
    """As `zero_width`, with any of the characters that are not drawn."""
    return _joined(text, lambda: rng.choice(_IGNORED))


def zalgo(text: str, rng: Random) -> str:
    """Three to six combining marks on every letter."""
    return "".join(
        c + "".join(rng.choices(_MARKS, k=rng.randint(3, 6))) if c.isalpha() else c for c in text
    )


def underlined(text: str, rng: Random) -> str:
    """A combining low line under every letter."""
    return _marked(text, "\u0332")


def struck(text: str, rng: Random) -> str:
    """A combining stroke through every letter."""
    return _marked(text, "\u0336")


def spaces(text: str, rng: Random) -> str:
    """Letters one blank apart, words three."""
    return "   ".join(" ".join(word) for word in text.split())


def even_spaces(text: str, rng: Random) -> str:
    """Letters one blank apart, and nothing shows where a word ends."""
    return " ".join("".join(text.split()))


def dots(text: str, rng: Random) -> str:
    """Letters parted by full stops, words by blanks."""
    return " ".join(".".join(word) for word in text.split())


def uneven(text: str, rng: Random) -> str:
    """Letters parted by one or two of several signs, words by wider blanks."""
    return "    ".join(
        word[:1] + "".join(rng.choice("-_*/|~ ") * rng.randint(1, 2) + c for c in word[1:])
        for word in text.split()
    )


def deleted(text: str, rng: Random) -> str:
    """Behind every third letter a wrong one and the backspace that takes it away."""
    return "".join(
        c + rng.choice("xqzjk") + "\b" if c.isalpha() and at % 3 == 0 else c
        for at, c in enumerate(text)
    )


def coloured(text: str, rng: Random) -> str:
    """Terminal colour codes inside words."""
    return _joined(text, lambda: rng.choice(_CODES) if rng.random() < 0.5 else "")


def overridden(text: str, rng: Random) -> str:
    """Written from its end, with an override that shows it the right way."""
    return "\n".join(f"{_RLO}{line[::-1]}{_PDF}" for line in text.split("\n"))


def overridden_words(text: str, rng: Random) -> str:
    """As `overridden`, word by word."""
    return " ".join(f"{_RLO}{word[::-1]}{_PDF}" if word else word for word in text.split(" "))


def tags(text: str, rng: Random) -> str:
    """All of it in tag characters behind a greeting; only ASCII has them."""
    if not text.isascii():
        return text
    return "Good morning!" + "".join(chr(0xE0000 + ord(c)) for c in text if " " <= c <= "~")


def selectors(text: str, rng: Random) -> str:
    """All of it as bytes in variation selectors behind one emoji."""
    raw = text.encode("utf-8", "replace")
    return rng.choice(_CARRIERS) + "".join(
        chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16) for byte in raw
    )


def zero_width_bits(text: str, rng: Random) -> str:
    """All of it as bits in two zero-width characters inside a greeting."""
    zero, one = rng.sample("\u200b\u200c\u2060\u2062", 2)
    bits = "".join(f"{byte:08b}" for byte in text.encode("utf-8", "replace"))
    return f"Good {bits.translate({48: zero, 49: one})}morning!"


def _joined(text: str, between: Callable[[], str]) -> str:
    def word(match: re.Match[str]) -> str:
        return match[0][0] + "".join(between() + c for c in match[0][1:])

    return _WORD.sub(word, text)


def _marked(text: str, mark: str) -> str:
    return "".join(c + mark if c.isalpha() else c for c in text)
