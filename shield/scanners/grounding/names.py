"""Names in a sentence that nothing supplied holds."""

import re
from collections.abc import Iterator

from shield.text.lexicon import lexicon

_NAME = re.compile(
    r"(?<![^\W])([A-ZÀ-Þ][a-zà-ÿ'’-]{1,20}(?:\s+(?:van|von|de|der|bin|al)\b)?(?:\s+[A-ZÀ-Þ][a-zà-ÿ'’-]{1,20}){1,3})"
)
# Where every noun has a capital letter, two in a row are hardly a sign of a name.
_GERMAN = re.compile(r"(?i)\b(?:der|die|das|und|ist|ein|eine|im|den|dem|mit|auf|von)\b")
_NOUNS = 0.4
_GOES_ON = re.compile(r",?\s+[a-zà-ÿ]")
_PLAIN = re.compile(r"[^\W\d_]+")


def unknown_names(sentence: str, known: frozenset[str]) -> Iterator[tuple[float, int, int]]:
    """The score and the place of each name with a word that is not among the `known` ones."""
    for match in _NAME.finditer(sentence):
        if _is_unknown(sentence, match, known):
            score = _NOUNS if _GERMAN.search(sentence) else 0.6
            yield score, *match.span(1)


def _is_unknown(sentence: str, match: "re.Match[str]", known: frozenset[str]) -> bool:
    """True for a name of which a word was never supplied and is no everyday word.

    The first word of a sentence has its capital letter from there, and a heading is no name.
    """
    words = [word.casefold() for word in _PLAIN.findall(match[1])]
    if not sentence[: match.start()].strip(" #*•-"):
        words = words[1:] if _GOES_ON.match(sentence, match.end()) else []
    strange = [word for word in words if len(word) > 2 and word not in known]
    return any(word not in lexicon() for word in strange)
