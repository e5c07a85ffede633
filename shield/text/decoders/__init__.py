"""Decoders: runs of a text that carry another text in an encoding.

Each reads the places where its alphabet stands in long runs, is linear in them, gives up on
what does not read as text, and never raises. A new encoding is a function and a line here.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from shield.text.assemble import Part, assembled, replaced
from shield.text.decoders.codebooks import read_morse, read_nato
from shield.text.decoders.escapes import (
    read_entities,
    read_escapes,
    read_percent,
    read_punycode,
    read_quoted_printable,
)
from shield.text.decoders.numerals import read_bits, read_codes, read_hex
from shield.text.decoders.radix import read_base32, read_base64, read_base85, read_uuencode
from shield.text.runs import Ground
from shield.view import View

_AROUND = 120


class Decoder(NamedTuple):
    """An encoding; `around` is the text shown on both sides of what was decoded, None for none."""

    kind: str
    read: Callable[[Ground], Iterator[Part]]
    around: int | None = None


DECODERS = (
    Decoder("base64", read_base64),
    Decoder("base32", read_base32),
    Decoder("base85", read_base85),
    Decoder("uuencode", read_uuencode),
    Decoder("hex", read_hex),
    Decoder("binary", read_bits),
    Decoder("codes", read_codes),
    Decoder("percent", read_percent, _AROUND),
    Decoder("entities", read_entities, _AROUND),
    Decoder("escapes", read_escapes, _AROUND),
    Decoder("quoted_printable", read_quoted_printable, _AROUND),
    Decoder("punycode", read_punycode, _AROUND),
    Decoder("morse", read_morse),
    Decoder("nato", read_nato),
)
ENCODED = frozenset(decoder.kind for decoder in DECODERS) | {"braille"}


def decoded(view: View, ground: Ground | None = None) -> Iterator[View]:
    """One view for each encoding that runs of `view` can be read in, its runs in order."""
    ground = ground or Ground(view.text, view.text.lower())
    for decoder in DECODERS:
        if decoder.around is None:
            made = assembled(decoder.kind, decoder.read(ground), view)
        else:
            parts = decoder.read(ground)
            made = replaced(decoder.kind, view.text, parts, view, decoder.around)
        if made is not None and made.text != view.text:
            yield made
