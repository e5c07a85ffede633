"""Whether the principal left a value to somebody else's words: "to the address in her mail"."""

from collections.abc import Iterable

import regex

from shield.text.canonical import canonical
from shield.types import Segment

_PHRASES = (
    (
        r"\b(?:whatever|whoever|whomever|wherever|what|who|whom|those|everyone|everybody|people)\b[^.!?\n]{0,30}"
        r"\b(?:says?|said|names?|named|lists?|listed|asks?|asked|proposes?|proposed|suggests?|suggested"
        r"|mentions?|mentioned|wants?|wrote|gives?|gave)\b"
    ),
    (
        r"\b(?:address|mail|e-mail|email|number|account|iban|details|contact|password|code|link|name)s?\b"
        r"[^.!?\n]{0,24}\b(?:is|are|in|on|from|at the bottom of|below)\b[^.!?\n]{0,24}"
        r"\b(?:mail|e-mail|email|message|letter|invoice|bill|note|file|document|pdf|page|list|sheet|thread|attachment)\b"
    ),
    r"\b(?:as|like|the way)\s+(?:he|she|they|it|the\s+\w+)\s+(?:says?|said|asks?|asked|wants?|wanted|requests?|requested)\b",
    r"\bthey want\b[^.!?\n]{0,60}\b(?:at|to)\b[^.!?\n]{0,20}\baddress",
    r"\b(?:was|wen|wer)\b[^.!?\n]{0,30}\b(?:steht|schreibt|nennt|vorschlägt|vorschlagt|will)\b",
    r"\b(?:adresse|nummer|konto|iban|passwort)\b[^.!?\n]{0,24}\b(?:steht|in der mail|im anhang|auf der rechnung)\b",
    r"\b(?:l'adresse|le numero|l'iban|le compte)\b[^.!?\n]{0,24}\b(?:dans|sur)\b[^.!?\n]{0,20}\b(?:mail|facture|message)",
    r"\b(?:la direccion|el numero|la cuenta|el iban)\b[^.!?\n]{0,24}\ben\b[^.!?\n]{0,20}\b(?:correo|mail|factura|mensaje)",
)
_DELEGATES = regex.compile("|".join(_PHRASES))


def delegated(intent: Iterable[Segment]) -> bool:
    """True when trusted text says that a value is to be found in somebody else's text.

    Whoever writes that text then decides the value: the verdict says so.
    """
    return any(_DELEGATES.search(canonical(segment.text).text) for segment in intent)
