"""What proves a credential, and what shows that a text of its shape is none."""

import binascii
import hashlib
import json
import math
import zlib
from base64 import b64decode, urlsafe_b64decode
from collections import Counter

import regex

_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RANDOM, _CHECK = 30, 6
# Keys that manuals and emulators publish, by digest: Stripe's two, jwt.io's token, Azurite's and
# the Cosmos DB emulator's.
_PUBLISHED = frozenset(
    {
        "2cafc0970149a84f",
        "f2d6ca16515033e5",
        "7f75367e78812551",
        "0011cc25eb432071",
        "aa6547439583c3a2",
    }
)
_STANDS_IN = regex.compile(
    r"(?i)example|x{6,}|(.)\1{7,}|\*{3}|1234567890|0123456789|abcdefghij|deadbeef"
    r"|your[_-]|placeholder|changeme|change[_-]me|dummy|redacted|replace[_-]?me|insert[_-]"
)
_NO_VALUE = regex.compile(
    r"(?i)example|placeholder|change[_-]?me|your|xxxx|\*{3}|\.\.\.|…|redacted|dummy|sample|insert|replace"
    r"|secret_?key|password|<|\$\{|^[a-z_.]+$|^[A-Z_]+$|^[\d.,:/-]+$|1234567890|abcdefgh"
    r"|^(?:https?|process|os)\b"
)
_KINDS = (str.islower, str.isupper, str.isdigit, lambda sign: not sign.isalnum())


def entropy(value: str) -> float:
    """Shannon entropy in bits a character."""
    counts = Counter(value).values()
    return -sum(n / len(value) * math.log2(n / len(value)) for n in counts)


def kinds(value: str) -> int:
    """How many of lower case, upper case, digits and signs occur, a full stop at the end aside."""
    return sum(any(map(kind, value.rstrip("."))) for kind in _KINDS)


def stands_in(value: str) -> bool:
    """True for what manuals print in place of a key: telling words, small letters alone."""
    words = value.islower() and not any(map(str.isdigit, value))
    return words or _STANDS_IN.search(value) is not None or digest(value) in _PUBLISHED


def no_value(value: str) -> bool:
    """True for what stands beside the name of a secret and is none: a word, a variable, a number."""
    mixed = any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    return not mixed or _NO_VALUE.search(value) is not None


def digest(value: str) -> str:
    """Names a published key: 16 hex digits."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def crc62(token: str) -> bool:
    """True when the last six of 36 characters are the CRC-32 of the others, in base 62.

    GitHub and npm sign their tokens so. Source: GitHub's blog, "Behind GitHub's new
    authentication token formats", 2021.
    """
    body = token.rpartition("_")[2]
    return len(body) == _RANDOM + _CHECK and body[_RANDOM:] == crc62_of(body[:_RANDOM])


def crc62_of(random: str) -> str:
    """The checksum of the random part of a token."""
    number = zlib.crc32(random.encode("ascii", "replace"))
    digits = ""
    while number:
        number, rest = divmod(number, len(_BASE62))
        digits = _BASE62[rest] + digits
    return digits.rjust(_CHECK, "0")


def names_algorithm(token: str) -> bool:
    """True when the head of a JSON Web Token is JSON that names an algorithm."""
    try:
        head = json.loads(_decoded(token.partition(".")[0]))
    except (ValueError, RecursionError):
        return False
    return isinstance(head, dict) and "alg" in head


def names_account(token: str) -> bool:
    """True when the head of a Discord token is an account number: 17 to 20 digits."""
    try:
        head = _decoded(token.partition(".")[0])
    except ValueError:
        return False
    return head.isdigit() and 17 <= len(head) <= 20


def base58_checked(key: str) -> bool:
    """True when the last four bytes are the double SHA-256 of the others, as in Bitcoin's keys."""
    number = 0
    for sign in key:
        digit = _BASE58.find(sign)
        if digit < 0:
            return False
        number = number * 58 + digit
    raw = number.to_bytes((number.bit_length() + 7) // 8, "big")
    inner = hashlib.sha256(raw[:-4]).digest()
    return len(raw) > 4 and hashlib.sha256(inner).digest()[:4] == raw[-4:]


def names_user(value: str) -> bool:
    """True when a Basic credential is a name and a password."""
    try:
        name, colon, password = b64decode(value, validate=True).partition(b":")
    except binascii.Error:
        return False
    return bool(colon and password) and name.isascii()


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
