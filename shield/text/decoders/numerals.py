"""Text written in numbers: hex, bits, character codes, places in the alphabet."""

import re
from collections.abc import Callable, Iterator

from shield.text.assemble import Part
from shield.text.decoders.readable import promising, reads_as_words, text_of
from shield.text.runs import Alphabet, Ground
from shield.text.segment import segmented

_HEX = re.compile(r"(?:(?:0x)?[0-9a-fA-F]{2}[\s:,;.|_/-]{0,2}){8,}+")
_HEX_SIGNS = re.compile(r"0x|[^0-9a-fA-F]")
_HEX_LETTER = re.compile(r"[a-fA-F]")
_OCTETS = re.compile(r"(?:(?:0b)?[01]{8}[\s,.;:|/_-]{0,2}){4,}+")
_SEPTETS = re.compile(r"(?:(?:0b)?[01]{7}(?:[\s,.;:|/_-]{1,2}|(?![01]))){5,}+")
_BITS = re.compile(r"[01]{7,8}")
_SIGNS = r"[\s,;|/._+\\-]{0,3}"
# A code of two digits starts with 3 to 9 and one of three with 1, so that gaps may be left out;
# the long ones are Greek, Cyrillic, Hebrew and Arabic letters.
_CODE = r"(?:3[2-9]|[4-9]\d|1[01]\d|12[0-6])"
_DECIMAL = re.compile(rf"(?:{_CODE}{_SIGNS}){{6,}}+")
_CODES = re.compile(_CODE)
_FOREIGN = re.compile(r"(?:(?:32|8[89]\d|9\d\d|1[0-7]\d\d)[\s,;|/._+\\-]{1,3}){6,}+(?:\d{2,4})?")
_NUMBER = re.compile(r"\d+")
_OCT = r"0?(?:1[0-7]{2}|[4-7][0-7])"
_OCTAL = re.compile(rf"(?:\\?(?:0o)?{_OCT}{_SIGNS}){{6,}}+")
_OCT_CODE = re.compile(_OCT)
_PLACE = r"(?:1\d|2[0-6]|[1-9])"
_PLACES = re.compile(rf"(?<!\d){_PLACE}(?:[\s,./|_-]{{1,3}}{_PLACE}(?!\d)){{7,}}+")
_PLACE_OR_GAP = re.compile(r"\d+|\s{2,}|[/|\n]|\s(?=\S*-)")
_TAIL = " \t\r\n:,;.|_/-"


def read_hex(ground: Ground) -> Iterator[Part]:
    """Pairs of hex digits, bare, with prefixes or with separators."""
    for start, end in ground.runs(Alphabet.HEX, 16):
        for run in _HEX.finditer(ground.text, start, end):
            digits = _HEX_SIGNS.sub("", run[0])
            shown = _bytes(digits, bytes.fromhex)
            # Any column of numbers between 20 and 79 is letters in hex.
            if shown and (_HEX_LETTER.search(digits) or reads_as_words(shown)):
                yield shown, run.start(), run.start() + len(run[0].rstrip(_TAIL))


def _bytes(digits: str, read: Callable[[str], bytes]) -> str:
    for turned in (digits, digits[::-1]):
        if len(turned) % 2 == 0 and (len(turned) <= 160 or promising(read(turned[:80]))):
            if shown := text_of(read(turned)):
                return shown
    return ""


def read_bits(ground: Ground) -> Iterator[Part]:
    """Octets, or groups of seven bits, in zeros and ones."""
    for start, end in ground.runs(Alphabet.BITS, 32):
        if not {"0", "1"} <= set(ground.text[start:end]):
            continue
        for pattern in (_OCTETS, _SEPTETS):
            for run in pattern.finditer(ground.text, start, end):
                found = bytes(int(bits, 2) for bits in _BITS.findall(run[0].replace("0b", "")))
                if shown := text_of(found):
                    yield shown, run.start(), run.start() + len(run[0].rstrip(_TAIL))


def read_codes(ground: Ground) -> Iterator[Part]:
    """Character codes in decimal or octal, and places of letters in the alphabet."""
    for start, end in ground.runs(Alphabet.NUMBERS, 15):
        if set(ground.text[start:end]).isdisjoint("1234567890"):
            continue
        for pattern, shown_by in _READINGS:
            for run in pattern.finditer(ground.text, start, end):
                if reads_as_words(shown := shown_by(run[0])):
                    yield shown, run.start(), run.start() + len(run[0].rstrip(_TAIL))


def _decimal(run: str) -> str:
    return "".join(chr(int(code)) for code in _CODES.findall(run))


def _foreign(run: str) -> str:
    return "".join(chr(int(code)) for code in _NUMBER.findall(run))


def _octal(run: str) -> str:
    return "".join(chr(int(code, 8)) for code in _OCT_CODE.findall(run))


def _places(run: str) -> str:
    """Letters by their place; with no gap between words, the words that they form."""
    found = [
        chr(96 + int(piece)) if piece.isdigit() else " " for piece in _PLACE_OR_GAP.findall(run)
    ]
    shown = "".join(found)
    return shown if " " in shown.strip() else " ".join(segmented(shown)) or shown


_READINGS = ((_DECIMAL, _decimal), (_FOREIGN, _foreign), (_OCTAL, _octal), (_PLACES, _places))
