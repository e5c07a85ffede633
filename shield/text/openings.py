"""Where something may begin at the end of a text that its next characters belong to.

A name, a number in groups, a token or an armoured block is one thing; a text that grows must not
be cut in the middle of it. This says where such a thing may have begun, by its looks alone.
"""

import re

_WORD = re.compile(
    r"[^\s\u3001\u3002\uff0c\uff01\uff1f\u0964]+[\s\u3001\u3002\uff0c\uff01\uff1f\u0964]*"
)
_CLOSED = re.compile(
    r"(?:[.!?\u3002\uff01\uff1f\u0964][\"'”’»)\]*_]*\s+|[\u3002\uff01\uff1f\u0964]\s*)$"
)
_TITLE = re.compile(r"[A-Z][a-z]{0,3}\.\s+")
_VALUE = re.compile(r"\d|[@=/\\+_]|^[\"'(\[]*[^\W\d_a-z]|^-----")
_ARMOUR = "-----BEGIN "


def opening(text: str, reach: int) -> int:
    """The offset from which the end of `text` is not over, at most `reach` characters before its
    end; the length of `text` when nothing is open.

    Open are the word at the end, words that could be groups of one value before it (with digits,
    signs or a capital), and an armoured block whose end has not come. A finished sentence
    closes all but the block.
    """
    floor = max(0, len(text) - reach)
    armour = text.rfind(_ARMOUR, floor)
    at = len(text)
    for word in reversed(list(_WORD.finditer(text, floor))):
        said = word.group()
        if _CLOSED.search(said) and not _TITLE.fullmatch(said):
            break
        if said[-1:].isspace() and not _VALUE.search(said):
            break
        at = word.start()
    is_open = armour >= 0 and text.find("-----END", armour) < 0
    return min(at, armour) if is_open else at
