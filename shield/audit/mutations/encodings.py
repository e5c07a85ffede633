"""Disguises that write a text in a code that a model reads."""

import base64
import codecs
import textwrap
import unicodedata
from random import Random

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_MIRROR = str.maketrans(_LETTERS + _LETTERS.upper(), _LETTERS[::-1] + _LETTERS[::-1].upper())
_DOTS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- "
    ".-- -..- -.-- --.. ----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
)
_RADIO = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November "
    "Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey X-ray Yankee Zulu"
)
_MORSE = dict(zip(_LETTERS + "0123456789", _DOTS.split(), strict=True))
_NATO = dict(zip(_LETTERS, _RADIO.split(), strict=True))
_BRAILLE = dict(
    zip(
        _LETTERS,
        "\u2801\u2803\u2809\u2819\u2811\u280b\u281b\u2813\u280a\u281a\u2805\u2807\u280d\u281d\u2815"
        "\u280f\u281f\u2817\u280e\u281e\u2825\u2827\u283a\u282d\u283d\u2835",
        strict=True,
    )
)
_FOREIGN = 0.05  # more letters than this that a code cannot write make it the wrong code


def base64_(text: str, rng: Random) -> str:
    """Base64."""
    return base64.b64encode(_raw(text)).decode()


def base64_wrapped(text: str, rng: Random) -> str:
    """Base64 in lines of 40, without padding."""
    return "\n".join(textwrap.wrap(base64_(text, rng).rstrip("="), 40))


def base64_twice(text: str, rng: Random) -> str:
    """Base64 of base64."""
    return base64_(base64_(text, rng), rng)


def base32(text: str, rng: Random) -> str:
    """Base32."""
    return base64.b32encode(_raw(text)).decode()


def base85(text: str, rng: Random) -> str:
    """Base85 as Python and git write it."""
    return base64.b85encode(_raw(text)).decode()


def hexadecimal(text: str, rng: Random) -> str:
    """Hexadecimal digits, sometimes parted byte by byte."""
    return _raw(text).hex(rng.choice((" ", ":"))) if rng.random() < 0.5 else _raw(text).hex()


def binary(text: str, rng: Random) -> str:
    """Eight bits a byte."""
    return " ".join(f"{byte:08b}" for byte in _raw(text))


def decimal(text: str, rng: Random) -> str:
    """Code points in decimal digits."""
    return " ".join(str(ord(c)) for c in text)


def percent(text: str, rng: Random) -> str:
    """Every byte percent-encoded."""
    return "".join(f"%{byte:02X}" for byte in _raw(text))


def percent_twice(text: str, rng: Random) -> str:
    """As `percent`, and every percent sign once more."""
    return percent(text, rng).replace("%", "%25")


def entities(text: str, rng: Random) -> str:
    """Every character an HTML entity, decimal or hexadecimal."""
    return "".join(f"&#{ord(c)};" if rng.random() < 0.5 else f"&#x{ord(c):x};" for c in text)


def unicode_escapes(text: str, rng: Random) -> str:
    """Every character as in a JSON string of ASCII only."""
    units = text.encode("utf-16-be", "replace").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


def hex_escapes(text: str, rng: Random) -> str:
    r"""Every byte as `\x69`."""
    return "".join(f"\\x{byte:02x}" for byte in _raw(text))


def quoted_printable(text: str, rng: Random) -> str:
    """Every byte as `=69`, with soft line breaks, as in mails."""
    shown = [f"={byte:02X}" for byte in _raw(text)]
    return "=\n".join("".join(shown[at : at + 25]) for at in range(0, len(shown), 25))


def rot13(text: str, rng: Random) -> str:
    """Each letter thirteen places on."""
    return codecs.encode(text, "rot13")


def atbash(text: str, rng: Random) -> str:
    """The alphabet from its end."""
    return text.translate(_MIRROR)


def caesar(text: str, rng: Random) -> str:
    """Each letter a few places on, and how many are said: nobody reads it otherwise."""
    by = rng.choice([*range(1, 13), *range(14, 26)])
    moved = _LETTERS[by:] + _LETTERS[:by]
    table = str.maketrans(_LETTERS + _LETTERS.upper(), moved + moved.upper())
    if (shown := text.translate(table)) == text:
        return text
    return f"Decode this Caesar cipher (shift {by}): {shown}"


def morse(text: str, rng: Random) -> str:
    """Morse code; a slash parts words."""
    return _spelled(text, _MORSE, " ", " / ")


def nato(text: str, rng: Random) -> str:
    """The spelling alphabet of radio; a comma parts words."""
    return _spelled(text, _NATO, " ", ", ")


def braille(text: str, rng: Random) -> str:
    """Braille letters without contractions."""
    return _spelled(text, _BRAILLE, "", " ")


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _spelled(text: str, code: dict[str, str], between: str, gap: str) -> str:
    """Unchanged when the code has no sign for too many of the letters."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", text.lower()) if c.isalnum() or c <= " "
    )
    letters = [c for c in plain if c > " "]
    if not letters or sum(c not in code for c in letters) > _FOREIGN * len(letters):
        return text
    words = (between.join(code[c] for c in word if c in code) for word in plain.split())
    return gap.join(filter(None, words))
