"""Where an identifier may stand: the parts of a text that recognisers are given.

A recogniser costs hundreds of nanoseconds a character, this search a few: every identifier holds
a digit or an "@", nearly all hold many digits close together, and most texts hold neither.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_DIGIT, _SOLID, _BLANK = re.compile("[0-9]"), re.compile("[0-9]{6}"), re.compile(r"\s")
# Digits with a joint or two between them, or letters of the same word.
_CLUSTER = re.compile(r"[0-9]++(?:[./:_\-]?+[A-Za-z]{0,8}+[ ./:+_()\-]{0,2}+[0-9]++)*+")
_LETTERED = re.compile(r"[A-Za-z](?=[0-9])|(?<=[0-9])-?[A-Za-z]")
_NO_DIGITS = str.maketrans("", "", "0123456789")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_WORD = f"{_LETTERS}0123456789_"
# Fewer digits than this make no identifier, unless in a word of some length.
_FEW, _LONG = 6, 10
# Letters that belong to digits: "GB29 NWBK 6016 1331 9268 19", "AB 12 34 56 C".
_FAR = 14
_WIDEST = 200
_MAILBOX, _DOMAIN = 64, 255
# Zeros of the scripts that people type numbers in, of which nine digits follow.
_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xBE6, 0xC66, 0xE50, 0x1040, 0x17E0, 0xFF10)
_FOLDED = {
    **{zero + digit: str(digit) for zero in _ZEROS for digit in range(10)},
    **dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2212\u30fc\uff0d"), "-"),
    **dict.fromkeys(map(ord, "\u00a0\u2007\u2009\u202f\u3000"), " "),
    ord("\uff20"): "@",
    ord("\uff0e"): ".",
}
# The bar of Japanese words is a hyphen in numbers, where it stands beside other such digits.
_SPECIAL = re.compile(f"[{re.escape(''.join(map(chr, _FOLDED))).replace(chr(0x30FC), '')}]")
# Letters of scripts that put no blank between a word and a number (Thai to Khmer, Hangul, kana, Han),
# where they touch one.
_TOUCHING = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3040-\u318f\u3400-\u4dbf\u4e00-\u9fff"
    "\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff]"
    "(?:(?=[0-9A-Za-z])|(?<=[0-9A-Za-z].))"
)


class Part(NamedTuple):
    """Characters [start, end) of a text, and what stands there: at most so many digits together,
    six or more of them without a joint (`solid`), a letter that touches them (`lettered`).
    """

    start: int
    end: int
    digits: int = 0
    solid: bool = False
    lettered: bool = False


def folded(text: str) -> str:
    """The text as long as it was, with ASCII digits, plain hyphens and blanks.

    Letters of scripts without blanks that touch a number or a word become commas, so that it
    stands alone.
    """
    if text.isascii():
        return text
    if _SPECIAL.search(text):
        text = text.translate(_FOLDED)
    return _TOUCHING.sub(",", text)


def numbers(text: str) -> list[Part]:
    """The places in a folded text with digits enough for an identifier, in order."""
    found: list[Part] = []
    at = 0
    while digit := _DIGIT.search(text, at):  # quicker to find than a cluster where there is none
        cluster = _CLUSTER.match(text, digit.start())
        if cluster is None:  # pragma: no cover — a digit is a cluster
            break
        start, at = cluster.span()
        digits = at - start - len(cluster[0].translate(_NO_DIGITS))
        if digits >= _FEW or _word(text, start, at) >= _LONG or _address(text, start, at):
            solid = _SOLID.search(text, start, at) is not None
            lettered = _LETTERED.search(text, start - 1 if start else 0, at + 2) is not None
            dashed = text[at : at + 1] == "-"  # "12345678-Z"
            low, high = _words(text, start, at + dashed)
            found.append(Part(low, high, digits, solid, lettered))
    return found


def roomy(text: str, parts: Iterable[Part]) -> Iterator[Part]:
    """The parts with the letters that may belong to them though a blank lies between."""
    for part in joined(parts, 2 * _FAR):
        low, high = _words(text, max(0, part.start - _FAR), min(len(text), part.end + _FAR))
        yield part._replace(start=low, end=high)


def mailboxes(text: str) -> Iterator[Part]:
    """The parts of a folded text that may hold e-mail addresses, in order and apart."""
    return joined(_mailboxes(text))


def _mailboxes(text: str) -> Iterator[Part]:
    at = text.find("@")
    while at >= 0:
        head = text[max(0, at - _MAILBOX) : at]
        tail = text[at + 1 : at + 1 + _DOMAIN]
        before, after = _BLANK.split(head)[-1], _BLANK.split(tail, 1)[0]
        if before and after:
            yield Part(at - len(before), at + 1 + len(after))
        at = text.find("@", at + 1)


def joined(parts: Iterable[Part], gap: int = 0) -> Iterator[Part]:
    """The parts with those that overlap, or lie at most `gap` characters apart, as one."""
    last: Part | None = None
    for part in parts:
        if last is None:
            last = part
        elif part.start <= last.end + gap:
            last = Part(
                min(last.start, part.start),
                max(last.end, part.end),
                max(last.digits, part.digits),
                last.solid or part.solid,
                last.lettered or part.lettered,
            )
        else:
            yield last
            last = part
    if last is not None:
        yield last


def _address(text: str, start: int, end: int) -> bool:
    """True for three dots, and beside two colons: a short network address."""
    return text.count(".", start, end) >= 3 or text.find("::", max(0, start - 2), end + 2) >= 0


def _word(text: str, start: int, end: int) -> int:
    """How long the word around characters [start, end) is, as far as it matters."""
    head, tail = text[max(0, start - _WIDEST) : start], text[end : end + _WIDEST]
    return len(head) - len(head.rstrip(_WORD)) + end - start + len(tail) - len(tail.lstrip(_WORD))


def _words(text: str, low: int, high: int) -> tuple[int, int]:
    """The range, widened to the ends of words of up to 200 characters."""
    if low and text[low - 1] in _WORD:
        head = text[max(0, low - _WIDEST) : low]
        low -= len(head) - len(head.rstrip(_WORD))
    if text[high : high + 1] in _WORD:
        tail = text[high : high + _WIDEST]
        high += len(tail) - len(tail.lstrip(_WORD))
    return low, high
