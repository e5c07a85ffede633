"""Query strings and URL-encoded forms ↔ segments."""

from urllib.parse import parse_qsl, urlencode

from shield.errors import WireError
from shield.label import segment
from shield.types import Segment, Source

QUERY, FORM = "?", "form:"
Pairs = list[tuple[str, str]]


def pairs(raw: bytes, most: int) -> Pairs:
    """The names and values of an encoded form.

    Raises:
        WireError: 400 when it does not decode to UTF-8 or has more than `most` fields.
    """
    try:
        found = parse_qsl(
            raw.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=most
        )
    except ValueError:
        raise WireError(400, "undecodable", "the form does not decode to UTF-8") from None
    return found


def segments(found: Pairs, prefix: str) -> tuple[Segment, ...]:
    """Two segments a pair: the name, then the value."""
    return tuple(
        segment(text, Source.USER, path=f"{prefix}{number}/{part}")
        for number, pair in enumerate(found)
        for part, text in zip(("name", "value"), pair, strict=True)
    )


def encoded(after: tuple[Segment, ...]) -> bytes:
    """The form whose names and values, in turn, are these segments."""
    texts = [s.text for s in after]
    return urlencode(list(zip(texts[::2], texts[1::2], strict=True))).encode("ascii")
