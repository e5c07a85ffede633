"""XML that says something else than it shows: entities that it defines, an encoding that it names itself."""

import re

from shield.errors import WireError

_NAMED = re.compile(r"\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"'>]*)[\"']")
# Encodings in which ASCII bytes are ASCII characters.
_PLAIN = re.compile(
    r"utf-?8|(?:us-)?ascii|iso-?8859-\d+|latin-?1|windows-125\d|cp125\d", re.IGNORECASE
)


def check(text: str) -> None:
    """Refuse XML whose reader would see a text that is not there.

    Raises:
        WireError: 400, code `ambiguous`: it defines entities, or names an encoding of other letters.
    """
    shown = text.lstrip("\ufeff \t\r\n")
    if not shown.startswith("<"):
        return
    named = _NAMED.match(shown)
    if "<!ENTITY" in shown or (named and not _PLAIN.fullmatch(named[1])):
        raise WireError(400, "ambiguous", "XML may define no entities and name no other encoding")
