"""What a link carries beside where it leads: data in its query, path, fragment and host.

An address that names a page is short and says nothing of the conversation. One that carries data
holds what was said, plainly or encoded, or characters that look like chance.
"""

import base64
import binascii
import math
import re
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from urllib.parse import unquote_plus

from msgspec import Struct

from shield.text.hosts import Address

_RADIX64 = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_RADIX16 = re.compile(r"(?:[0-9a-fA-F]{2}){8,}")
_RADIX32 = re.compile(r"[A-Za-z2-7]{16,}={0,6}")
_WORD = re.compile(r"[^\W_]{4,}")
_VALUE = re.compile(
    r"(?<![^\s@<>\"'(),;:])[^\s@<>\"'(),;:]{1,64}@[\w.-]{3,255}|(?<![\w.-])(?=[\w.-]{0,80}\d)[\w.-]{5,200}"
    r"|\+?\d[\d ./-]{6,20}\d|(?<![\d,.])\d{1,3}(?:[,.' \u202f]\d{3}){1,4}(?!\d)"
)
_BLANK = re.compile(r"(?i)\{\{?[^{}\s]{1,60}\}?\}|\[[A-Z_ ]{3,60}\]|<[A-Z_ ]{3,60}>|%s\b")
_SIGNED = re.compile(
    r"(?i)^(?:x-(?:amz|goog|ms)-.*|sig|signature|hmac|policy|key-pair-id|expires|token|hash|etag|se|sp|sv|sr|v|ver"
    r"|version|rev|cb|s|h|ixid|ixlib|utm_\w+|gclid|fbclid|si|t|w|q)$"
)
_PRINTABLE = 0.92
_LEAST = 8  # characters of a decoded text
_RANDOM_CHARS, _RANDOM_BITS = 32, 3.7
_LABEL = 20  # characters of a name in a host
_DEPTH = 3
_ENGLISH_BITS = 3.2


class Payload(Struct, frozen=True):
    """What was measured in a link.

    `values` are how many telling values of the conversation it holds (addresses, long numbers),
    `words` how many of its words, `of_words` of how many; `encoded` that some of it is
    readable text in an encoding; `chance` the characters that look random; `unfilled` that it has
    a placeholder; `in_host` that data stands in the host's own name.
    """

    values: int = 0
    words: int = 0
    of_words: int = 0
    encoded: bool = False
    chance: int = 0
    unfilled: bool = False
    in_host: bool = False


class Talk(Struct, frozen=True):
    """What was said in a conversation, as payloads are compared with it."""

    words: frozenset[str]
    values: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> "Talk":
        """The words and telling values of some texts."""
        words: set[str] = set()
        values: set[str] = set()
        for text in texts:
            folded = text.casefold()
            words.update(_WORD.findall(folded))
            values.update(_values(folded))
        return cls(frozenset(words), frozenset(values))


def payload(link: Address, talk: Talk) -> Payload:
    """What a link carries, compared with what was said."""
    parts = [(name, value) for name, value in _carriers(link) if value]
    plain = [unquote_plus(value) for _, value in parts]
    hidden = [text for value in plain for text in _decoded(value, _DEPTH)]
    labels = [part for part in link.host.split(".")[:-2] if len(part) >= _LABEL]
    hidden += [text for part in _joined(labels) for text in _decoded(part, _DEPTH)]
    said = " ".join((*plain, *hidden)).casefold()
    words = set(_WORD.findall(said))
    return Payload(
        values=len(_values(said) & talk.values),
        words=len(words & talk.words),
        of_words=len(words),
        encoded=bool(hidden),
        chance=sum(_chance(name, value) for name, value in parts),
        unfilled=any(_BLANK.search(value) for value in (*plain, link.path)),
        in_host=bool(labels) and any(map(_random, _joined(labels))),
    )


def _joined(labels: list[str]) -> list[str]:
    return ["".join(labels), *labels] if len(labels) > 1 else labels


def _carriers(link: Address) -> list[tuple[str, str]]:
    """The parts of a link that can hold data, with the name that each has."""
    pairs = []
    for pair in re.split("[&;]", link.query):
        name, mark, value = pair.partition("=")
        pairs.append((name, value) if mark and value.strip("=") else ("", pair))
    parts = [("/", part) for part in link.path.split("/")]
    return [*pairs, *parts, ("#", link.fragment), ("@", link.userinfo)]


def _decoded(value: str, depth: int) -> list[str]:
    """Readable texts that stand encoded in a value, encodings of encodings too."""
    found: list[str] = []
    for text in _readings(value):
        found.append(text)
        if depth > 1:
            found += _decoded(text, depth - 1)
    return found


def _readings(value: str) -> list[str]:
    made: list[bytes] = []
    for run in _RADIX64.findall(value):
        even = run.rstrip("=").translate({45: "+", 95: "/"})
        made.append(_tried(lambda e=even: base64.b64decode(e + "=" * (-len(e) % 4))))
    made += (_tried(lambda r=run: bytes.fromhex(r)) for run in _RADIX16.findall(value))
    for run in _RADIX32.findall(value):
        even = run.rstrip("=").upper()
        made.append(_tried(lambda e=even: base64.b32decode(e + "=" * (-len(e) % 8))))
    return [text for raw in made if (text := _readable(raw))]


def _tried(decode: "object") -> bytes:
    try:
        made: bytes = decode()  # type: ignore[operator]
    except (binascii.Error, ValueError):
        return b""
    return made


def _readable(raw: bytes) -> str:
    """The text that bytes spell; empty where they spell none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    shown = sum(c.isprintable() or c in "\r\n\t" for c in text)
    letters = sum(c.isalnum() or c == " " for c in text)
    enough = len(text) >= _LEAST and shown >= _PRINTABLE * len(text) and letters >= 0.7 * len(text)
    return text if enough else ""


def _chance(name: str, value: str) -> int:
    """The characters of a value that look random; 0 under a name that signatures have."""
    if _SIGNED.match(name) or not _random(value):
        return 0
    return len(value)


def _random(value: str) -> bool:
    """True for a long run that no words were joined to."""
    if len(value) < (_LABEL if value.isalnum() else _RANDOM_CHARS):
        return False
    bits = -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())
    digits = sum(map(str.isdigit, value))
    turns = sum(a.islower() and b.isupper() for a, b in pairwise(value))
    mixed = 3 <= digits < len(value) or turns >= 4
    return bits >= (_ENGLISH_BITS if len(value) < _RANDOM_CHARS else _RANDOM_BITS) and mixed


def _values(folded: str) -> set[str]:
    return {re.sub(r"[ /,'\u202f-]", "", v).strip("._") for v in _VALUE.findall(folded)}
