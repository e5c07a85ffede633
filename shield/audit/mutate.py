"""Named disguises of an attack, each a pure function of a text and a seed.

`benchmarks/evasion_matrix.py` measures what still is detected under them. The classes follow
the study of evasions that the design rests on; `published` marks the twelve character
injections of Hackett et al. 2025 (arXiv 2504.11168).
"""

from collections.abc import Callable
from enum import StrEnum
from random import Random

from msgspec import Struct

from shield.audit.mutations import between, encodings, frames, letters, spelling, splits

Change = Callable[[str, Random], str | tuple[str, ...]]


class Idea(StrEnum):
    """What a transform changes, in the order in which two of them can follow each other."""

    SPELLING = "spelling"
    TOKEN = "token"
    CHARACTER = "character"
    ENCODING = "encoding"
    SPLIT = "split"
    FRAME = "frame"


class Transform(Struct, frozen=True):
    """One disguise. Its change returns the text, or the turns that carry it now."""

    name: str
    idea: Idea
    change: Change
    published: bool = False

    def __call__(self, text: str, seed: int) -> tuple[str, ...]:
        """The turns that say what `text` says; equal to `(text,)` where nothing can be done."""
        shown = self.change(text, Random(f"{self.name}\0{seed}"))  # noqa: S311 — repeatable
        return (shown,) if isinstance(shown, str) else shown


def _of(idea: Idea, *, published: bool = False, **changes: Change) -> tuple[Transform, ...]:
    return tuple(Transform(name, idea, change, published) for name, change in changes.items())


TRANSFORMS: dict[str, Transform] = {
    made.name: made
    for made in (
        *_of(
            Idea.CHARACTER,
            published=True,
            numbers=letters.numbers,
            homoglyphs=letters.homoglyphs,
            zero_width=between.zero_width,
            diacritics=letters.diacritics,
            spaces=between.spaces,
            underlined=between.underlined,
            upside_down=letters.upside_down,
            bidi_override=between.overridden,
            full_width=letters.full_width,
            emoji_smuggling=between.selectors,
            deletion_characters=between.deleted,
            unicode_tags=between.tags,
        ),
        *_of(
            Idea.CHARACTER,
            some_numbers=letters.some_numbers,
            drawn_letters=letters.signs,
            one_homoglyph=letters.one_homoglyph,
            ignorables=between.ignorables,
            zalgo=between.zalgo,
            even_spaces=between.even_spaces,
            dots=between.dots,
            uneven_signs=between.uneven,
            struck_through=between.struck,
            bidi_words=between.overridden_words,
            bold=letters.bold,
            fraktur=letters.fraktur,
            circled=letters.circled,
            squared=letters.squared,
            small_capitals=letters.small_capitals,
            zero_width_bits=between.zero_width_bits,
            terminal_colours=between.coloured,
            alternating_case=letters.alternating,
            exotic_blanks=letters.exotic_blanks,
            backwards=letters.backwards,
            words_backwards=letters.words_backwards,
        ),
        *_of(
            Idea.ENCODING,
            base64=encodings.base64_,
            base64_wrapped=encodings.base64_wrapped,
            base64_twice=encodings.base64_twice,
            base32=encodings.base32,
            base85=encodings.base85,
            hexadecimal=encodings.hexadecimal,
            binary=encodings.binary,
            decimal=encodings.decimal,
            percent=encodings.percent,
            percent_twice=encodings.percent_twice,
            entities=encodings.entities,
            unicode_escapes=encodings.unicode_escapes,
            hex_escapes=encodings.hex_escapes,
            quoted_printable=encodings.quoted_printable,
            rot13=encodings.rot13,
            atbash=encodings.atbash,
            caesar=encodings.caesar,
            morse=encodings.morse,
            nato=encodings.nato,
            braille=encodings.braille,
        ),
        *_of(
            Idea.SPLIT,
            variables=splits.variables,
            concatenated=splits.concatenated,
            numbered_parts=splits.numbered,
            table_cells=splits.table,
            json_fields=splits.fields,
            code_comments=splits.comments,
            line_breaks=splits.lines,
            inline_tags=splits.inline_tags,
            emphasis=splits.emphasis,
            turns=splits.turns,
            turns_with_fillers=splits.turns_with_fillers,
        ),
        *_of(
            Idea.FRAME,
            chatml=frames.chatml,
            llama2_tags=frames.llama2,
            llama3_headers=frames.llama3,
            gemma_turns=frames.gemma,
            harmony=frames.harmony,
            forged_dialogue=frames.dialogue,
            xml_system=frames.xml_system,
            html_comment=frames.comment,
            html_invisible=frames.invisible,
            html_attribute=frames.attribute,
            padded_front=frames.padded_front,
            padded_back=frames.padded_back,
        ),
        *_of(
            Idea.SPELLING,
            typoglycemia_30=spelling.scrambled(0.3),
            typoglycemia_60=spelling.scrambled(0.6),
            typoglycemia_100=spelling.scrambled(1.0),
            swapped_letters=spelling.swapped,
            dropped_letters=spelling.dropped,
            doubled_letters=spelling.doubled,
            mixed_typos=spelling.mixed,
            without_vowels=spelling.without_vowels,
        ),
        *_of(
            Idea.TOKEN,
            prefixed_words=spelling.prefixed,
            broken_words=spelling.broken,
            hyphenated_words=spelling.hyphenated,
            glued_words=spelling.glued,
        ),
    )
}

_ORDER = list(Idea)
# Two of these in one text leave nothing that a reader could undo.
_ALONE = frozenset({Idea.SPELLING, Idea.TOKEN, Idea.SPLIT, Idea.FRAME})


def pairs() -> tuple[tuple[Transform, Transform], ...]:
    """All pairs that a reader can still undo: the first is applied first."""
    made = TRANSFORMS.values()
    return tuple((a, b) for a in made for b in made if follows(a.idea, b.idea) and a != b)


def both(first: Transform, second: Transform, text: str, seed: int) -> tuple[str, ...]:
    """`second` over what `first` makes of a text; over each turn where those are several."""
    return tuple(turn for part in first(text, seed) for turn in second(part, seed))


def follows(first: Idea, second: Idea) -> bool:
    """True when a reader can still undo the second over the first."""
    if first is second:
        return first not in _ALONE
    return _ORDER.index(first) < _ORDER.index(second)
