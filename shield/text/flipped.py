"""Whole texts in look-alike alphabets, and letters turned upside down."""

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from shield.text.assemble import assembled
from shield.text.canonical import canonical
from shield.text.lexicon import LEAST, lexicon, located, words
from shield.text.points import identity, one_to_one, tables
from shield.text.runs import Ground
from shield.view import View

if TYPE_CHECKING:
    from shield.text.points import Points

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
# Alphabets of the usual generators of fancy text, beyond what Unicode calls confusable.
_ALPHABETS = (
    "₳฿₵ĐɆ₣₲ⱧłJ₭Ⱡ₥₦Ø₱QⱤ₴₮ɄV₩ӾɎⱫ",
    "卂乃匚ᗪ乇千Ꮆ卄丨ﾌҜㄥ爪几ㄖ卩Ɋ尺丂ㄒㄩᐯ山乂ㄚ乙",
    "ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇᔕTᑌᐯᗯ᙭Yᘔ",
    "αвς∂єƒgнιנкℓмησρqяѕтυνωχуz",
    "άвćđέfģħίјķļмήόρqŕšţùνώxчż",
    "ДБСDЁFGНІЈКLМПОРQЯЅТЦVШХУZ",
)
_TURNED = "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz"
_TURNED_TOO = {
    "ı": "i",
    "ᵷ": "g",
    "ן": "l",
    "ʃ": "l",
    "˥": "l",
    "ɓ": "g",
    "ɹ": "r",
    "ɼ": "j",
    "ſ": "j",
}
_TURNED_TOO |= {"∀": "a", "Ɔ": "c", "Ǝ": "e", "Ⅎ": "f", "⅁": "g", "S": "j", "⅂": "l", "Ԁ": "p"}
_TURNED_TOO |= {
    "Ό": "q",
    "ᴚ": "r",
    "⊥": "t",
    "┴": "t",
    "∩": "u",
    "Λ": "v",
    "⅄": "y",
    "W": "m",
    "M": "w",
}
_TURNED_TOO |= {
    "˙": ".",
    "¡": "!",
    "¿": "?",
    "‾": "_",
    "'": ",",
    ",": "'",
    "ᗡ": "d",
    "ᗺ": "b",
    "Ʌ": "v",
}
_TELLING = re.compile("[ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ∀ƆƎℲ⅄⅂⅁]")
_DIGITS = "0123456789"
_EVIDENCE = 3
_GAP = 80
_LATIN = 0.6  # share of a stretch's letters that must be Latin once folded


def unstyled(clean: View, ground: Ground) -> Iterator[View]:
    """Stretches in look-alike letters, whole words included, that read as everyday words."""
    if clean.text.isascii():
        return
    shown = one_to_one(ground.plain, _lookalikes())
    if shown != ground.plain:
        yield from _worded("unstyled", shown, clean, ground.vocabulary, backwards=False)


def upright(raw: View, vocabulary: frozenset[str]) -> Iterator[View]:
    """Stretches of letters that stand upside down, in their order and in reverse."""
    if raw.text.isascii() or len(set(_TELLING.findall(raw.text))) < 2:
        return
    shown = raw.text.translate(_upright())
    yield from _worded("upright", shown[::-1], raw, vocabulary, backwards=True)
    yield from _worded("upright", shown, raw, vocabulary, backwards=False)


def _worded(
    kind: str, shown: str, raw: View, vocabulary: frozenset[str], *, backwards: bool
) -> Iterator[View]:
    latin = shown.encode("ascii", "replace").decode()  # only such words are wanted
    new = {w for w in set(words(latin)) & lexicon() - vocabulary if len(w) > LEAST}
    if sum(len(word) - LEAST for word in new) < _EVIDENCE:
        return
    size = len(shown)
    parts = [
        (shown[s:e], *((size - e, size - s) if backwards else (s, e)))
        for s, e in located(shown, new, _GAP)
        if _is_latin(shown[s:e])
    ]
    made = assembled(kind, parts, raw, backwards=backwards)
    if made is not None:
        yield made


def _is_latin(shown: str) -> bool:
    letters = sum(map(str.isalpha, shown))
    return sum(c.isalpha() and c.isascii() for c in shown) >= _LATIN * letters


@cache
def _lookalikes() -> "Points":
    table = identity()
    twins = tables().twin
    table[twins != 0] = twins[twins != 0]
    for alphabet in _ALPHABETS:
        for char, letter in zip(alphabet, _LETTERS, strict=True):
            plain = canonical(char).text or char
            if (
                len(plain) == 1
                and chr(table[ord(plain)]) in {plain, *_DIGITS}
                and not plain.isascii()
            ):
                table[ord(plain)] = ord(letter)
    return table


@cache
def _upright() -> dict[int, str]:
    return {ord(c): t for c, t in (*zip(_TURNED, _LETTERS, strict=True), *_TURNED_TOO.items())}
