"""Ways to disguise a sentence, by name: what attackers publish, one function each."""

import base64
import binascii
import codecs
import html
import json
from collections.abc import Callable
from urllib.parse import quote

from shield.text.decoders.codebooks import _CELLS, _MORSE, _NATO
from shield.text.flipped import _ALPHABETS, _LETTERS, _TURNED

Disguise = Callable[[str], str]

_MORSE_OF = {letter: code for code, letter in _MORSE.items()}
_NATO_OF = {letter: name for name, letter in _NATO.items()}
_LEET = str.maketrans("oieast", "013457")
_ATBASH = str.maketrans(_LETTERS, _LETTERS[::-1])
_TWINS = str.maketrans("aceopxyi", "\u0430\u0441\u0435\u043e\u0440\u0445\u0443\u0456")
_GREEK = str.maketrans("ovAEO", "\u03bf\u03bd\u0391\u0395\u039f")
_SHAPES = {"m": "|\\/|", "n": "|\\|", "u": "|_|", "h": "|-|", "k": "|<", "v": "\\/", "w": "\\/\\/"}


def _shift(first: int) -> Disguise:
    return lambda t: "".join(chr(first + ord(c) - 97) if c.isalpha() else c for c in t)


def _glue(sign: str) -> Disguise:
    return sign.join


def _spell(sign: str, gap: str) -> Disguise:
    return lambda t: gap.join(sign.join(word) for word in t.split())


def _bytes(form: str, glue: str = " ") -> Disguise:
    return lambda t: glue.join(form.format(b) for b in t.encode())


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _by_word(change: Disguise, glue: str = " ") -> Disguise:
    return lambda t: glue.join(map(change, t.split()))


def _alphabet(letters: str) -> Disguise:
    return lambda t: "".join(letters[_LETTERS.index(c)] if c in _LETTERS else c for c in t)


def _tags(text: str) -> str:
    return "".join(chr(0xE0000 + ord(c)) for c in text)


def _selectors(text: str) -> str:
    return "".join(chr(0xFE00 + b if b < 16 else 0xE0100 + b - 16) for b in text.encode())


def _binary(zero: str, one: str) -> Disguise:
    return lambda t: "".join(f"{b:08b}" for b in t.encode()).replace("0", zero).replace("1", one)


def _wrapped(text: str) -> str:
    whole = _b64(text)
    return "\n".join(whole[i : i + 20] for i in range(0, len(whole), 20))


def _uu(text: str) -> str:
    raw = text.encode()
    return "".join(binascii.b2a_uu(raw[i : i + 45]).decode() for i in range(0, len(raw), 45))


def _halved(text: str, sign: str) -> str:
    return " ".join(
        f"{w[: len(w) // 2]}{sign}{w[len(w) // 2 :]}" if len(w) > 6 else w for w in text.split()
    )


CHARACTERS: dict[str, Disguise] = {
    "upper case": str.upper,
    "alternating case": lambda t: "".join(c.upper() if i % 2 else c for i, c in enumerate(t)),
    "full width": lambda t: "".join(chr(ord(c) + 0xFEE0) if c != " " else "\u3000" for c in t),
    "mathematical bold": _shift(0x1D41A),
    "mathematical sans": _shift(0x1D5BA),
    "mathematical fraktur": _shift(0x1D586),
    "monospace": _shift(0x1D68A),
    "circled": _shift(0x24D0),
    "in brackets": _shift(0x249C),
    "squared": _shift(0x1F130),
    "negative squared": _shift(0x1F170),
    "regional indicators": _shift(0x1F1E6),
    "small capitals": _alphabet("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ"),
    "Cyrillic twins": lambda t: t.translate(_TWINS),
    "Greek twins": lambda t: t.translate(_GREEK),
    "acutes": _glue("\u0301"),
    "Zalgo": _glue("\u0334\u0345\u0302\u0489\u0350"),
    "underlines": _glue("\u0332"),
    "strikes": _glue("\u0336"),
    "enclosing circles": _glue("\u20dd"),
    "Thai marks": _glue("\u0e47"),
    "zero-width spaces": _glue("\u200b"),
    "zero-width joiners": _glue("\u200d"),
    "word joiners": _glue("\u2060"),
    "soft hyphens": _glue("\u00ad"),
    "grapheme joiners": _glue("\u034f"),
    "byte order marks": _glue("\ufeff"),
    "Hangul fillers": _glue("\u3164"),
    "variation selectors": _glue("\ufe0f"),
    "backspaces": lambda t: "".join(f"{c}x\b" for c in t),
    "deletes": lambda t: "".join(f"{c}q\x7f" for c in t),
    "carriage return": lambda t: f"all is well\r{t}",
    "terminal colours": lambda t: "".join(f"\x1b[3{i % 8}m{c}" for i, c in enumerate(t)),
    "bidi override": lambda t: f"\u202e{t[::-1]}\u202c",
    "bidi override by word": _by_word(lambda w: f"\u202e{w[::-1]}\u202c"),
    "bidi isolates": _glue("\u2068"),
    "no-break spaces": lambda t: t.replace(" ", "\u00a0"),
    "tabs and line breaks": lambda t: t.replace(" ", "\t\n"),
    "line separators": lambda t: t.replace(" ", "\u2028"),
    "upside down": _alphabet(_TURNED),
    "upside down and reversed": lambda t: _alphabet(_TURNED)(t)[::-1],
    **{f"fancy alphabet {n}": _alphabet(a) for n, a in enumerate(_ALPHABETS)},
}
SPELLINGS: dict[str, Disguise] = {
    "spaced": _spell(" ", "   "),
    "spaced without gaps": lambda t: " ".join(t.replace(" ", "")),
    "dotted": _spell(".", " "),
    "dashed": _spell("-", " "),
    "slashed": _spell("/", " "),
    "emoji between letters": lambda t: "\U0001f600".join(t.replace(" ", "")),
    "one letter a line": lambda t: "\n".join(t.replace(" ", "")),
    "emoji between words": lambda t: t.replace(" ", "\U0001f525"),
    "underscores": lambda t: t.replace(" ", "_"),
    "hyphens between words": lambda t: t.replace(" ", "-"),
    "points between words": lambda t: t.replace(" ", "."),
    "no blanks": lambda t: t.replace(" ", ""),
    "camel case": lambda t: t.title().replace(" ", ""),
    "leet": lambda t: t.translate(_LEET),
    "leet of shapes": lambda t: "".join(_SHAPES.get(c, c) for c in t).translate(_LEET),
    "hyphens inside": lambda t: _halved(t, "-"),
    "blanks inside": lambda t: _halved(t, " "),
    "line ends inside": lambda t: _halved(t, "-\n"),
    "backwards": lambda t: t[::-1],
    "words backwards": _by_word(lambda w: w[::-1]),
    "table row": lambda t: "| " + t.replace(" ", " | ") + " |",
    "table column": lambda t: "\n".join(f"| {w} | {n} |" for n, w in enumerate(t.split())),
    "comments": lambda t: "\n".join(f"# {w}" for w in t.split()),
    "quotation": lambda t: "\n".join(f"> {w}" for w in t.split()),
    "acrostic": lambda t: "\n".join(f"{c}oday was like this" for c in t if c != " "),
    "JSON leaves": lambda t: json.dumps([{"part": w} for w in t.split()]),
    "torn by tags": lambda t: "<p>" + "<b></b>".join(t) + "</p>",
    "hidden in a page": lambda t: f"<p>Welcome</p><div style='display:none'>{t}</div>",
    "comment in a page": lambda t: f"<p>Welcome</p><!-- {t} -->",
    "alternative text": lambda t: f'<img src="a.png" alt="{t}">',
}
ENCODINGS: dict[str, Disguise] = {
    "base64": _b64,
    "base64 unpadded": lambda t: _b64(t).rstrip("="),
    "base64 for URLs": lambda t: base64.urlsafe_b64encode(t.encode()).decode(),
    "base64 over lines": _wrapped,
    "base64 by word": _by_word(_b64),
    "base64 twice": lambda t: _b64(_b64(t)),
    "base64 backwards": lambda t: _b64(t)[::-1],
    "base32": lambda t: base64.b32encode(t.encode()).decode(),
    "base85": lambda t: base64.b85encode(t.encode()).decode(),
    "ascii85": lambda t: base64.a85encode(t.encode(), adobe=True).decode(),
    "uuencode": _uu,
    "hex": lambda t: t.encode().hex(),
    "hex pairs": lambda t: t.encode().hex(" "),
    "hex with 0x": _bytes("0x{:02x}", ", "),
    "bits": _bytes("{:08b}"),
    "bits unbroken": _bytes("{:08b}", ""),
    "decimal": _bytes("{}"),
    "octal": _bytes("{:03o}"),
    "places": _by_word(lambda w: "-".join(str(ord(c) - 96) for c in w)),
    "percent": lambda t: quote(t, safe=""),
    "percent everywhere": _bytes("%{:02x}", ""),
    "percent twice": lambda t: quote(_bytes("%{:02x}", "")(t)),
    "decimal entities": _bytes("&#{};", ""),
    "hex entities": _bytes("&#x{:x};", ""),
    "escaped entities": lambda t: html.escape(_bytes("&#{};", "")(t)),
    "unicode escapes": _bytes("\\u{:04x}", ""),
    "hex escapes": _bytes("\\x{:02x}", ""),
    "braced escapes": _bytes("\\u{{{:x}}}", ""),
    "quoted-printable": _bytes("={:02X}", ""),
    "ROT13": lambda t: codecs.encode(t, "rot13"),
    "Atbash": lambda t: t.translate(_ATBASH),
    "Morse": lambda t: " / ".join(" ".join(_MORSE_OF[c] for c in w) for w in t.split()),
    "NATO": lambda t: " / ".join(" ".join(_NATO_OF[c] for c in w) for w in t.split()),
    "Braille": lambda t: "".join(chr(0x2800 + _CELLS[c]) if c != " " else "\u2800" for c in t),
    "tag characters": _tags,
    "tags in a flag": lambda t: f"\U0001f3f4{_tags(t)}\U000e007f",
    "selector bytes": lambda t: f"\U0001f600{_selectors(t)}",
    "selectors strewn": lambda t: "".join(f"\U0001f600{s}" for s in _selectors(t)),
    "zero-width bits": _binary("\u200b", "\u200c"),
    "sneaky bits": _binary("\u2062", "\u2064"),
    "base64 in a comment": lambda t: f"<p>hi</p><!-- {_b64(t)} -->",
    "base64 in tags": lambda t: _tags(_b64(t)),
    "base64 spelled": lambda t: " ".join(_b64(t)),
    "ROT13 in hex": lambda t: codecs.encode(t, "rot13").encode().hex(),
    "full width in base64": lambda t: _b64(CHARACTERS["full width"](t)),
}
ALL = {**CHARACTERS, **SPELLINGS, **ENCODINGS}
