"""What a person agreed to: the assistant's words that a plain yes answers."""

import itertools
from collections.abc import Iterator, Sequence

import regex

from shield.label import trusted
from shield.text.canonical import canonical
from shield.types import Segment, Source

_MOST = 60
_YES = regex.compile(
    r"\W*(?:yes|yep|yeah|yup|ok|okay|sure|go ahead|do it|please do|confirm|confirmed|correct|approved|agreed"
    r"|ja|jawohl|genau|passt|mach das|bitte|oui|d'accord|vas-y|allez-y|si|sí|vale|adelante|confirmo|de acuerdo"
    r"|sim|pode|isso|confirmado|sì|certo|procedi|va bene|confermo|tak|zgoda|potwierdzam|evet|tamam|onaylıyorum"
    r"|да|давай|подтверждаю|так|згоден|ano|jo|jep|kyllä|joo|igen|rendben|ναι|نعم|موافق|हाँ|हां|はい|お願いします"
    r"|好的|可以|是的|好|네|예|vâng|đồng ý|iya|ya)(?![^\W_])",
)
_NO = regex.compile(
    r"\b(?:but|not|don't|dont|no|instead|except|wait|change|nicht|aber|kein\w*|nein|mais|pas|non|pero|mas|não"
    r"|ma|ale|nie|ama|hayır|но|не|нет)\b|[?？]"
)


def agreed(history: Sequence[Segment]) -> Iterator[Segment]:
    """The assistant's texts whose answer is a short yes without reservations.

    A person who read a value and agreed to it has stated it. A longer answer, a question or
    any reservation states only what it says.
    """
    for before, answer in itertools.pairwise(history):
        # The label first: of a hundred results none is a person's.
        if trusted(answer.label) and before.source is Source.ASSISTANT and _is_yes(answer):
            yield before


def _is_yes(segment: Segment) -> bool:
    if segment.source is not Source.USER:
        return False
    text = canonical(segment.text).text.strip()
    return len(text) <= _MOST and bool(_YES.match(text)) and not _NO.search(text)
