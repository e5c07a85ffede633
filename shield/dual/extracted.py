"""What an answer of the quarantined model is worth: strict decoding, checksums, grounding.

The model is taken to be in the attacker's hands. Nothing here believes it: a value passes
because of its own form, or because it stands in the data that was read.
"""

import unicodedata
from datetime import datetime
from urllib.parse import urlsplit

import regex

from shield.dual.failures import Code, StepError
from shield.dual.fields import (
    IDENTIFIERS,
    MAX_ID,
    Choice,
    Date,
    Email,
    Field,
    Flag,
    Iban,
    Id,
    Kind,
    Many,
    Number,
    Phone,
    Text,
    Url,
)
from shield.errors import WireError
from shield.types import Scalar
from shield.wire.strict import Json, Shape, decode

Answer = dict[str, Scalar | tuple[Scalar, ...]]

_EMAIL = regex.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,63}"
)
_IBAN = regex.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_PHONE = regex.compile(r"\+?[\d ().\-/]{7,30}")
_SHAPE = Shape(depth=6, nodes=2_000)
_MAX_URL = 2_048
_PATTERN_SECONDS = 0.05
_HIDDEN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})


def read(answer: str, fields: tuple[Field, ...], data: str) -> Answer:
    """The values of an answer to `fields`, each checked against its type and `data`.

    Raises:
        StepError: `EXTRACT_SCHEMA`, `EXTRACT_NOT_FOUND` or `EXTRACT_UNGROUNDED`.
    """
    document = _document(answer)
    if not isinstance(document, dict) or document.keys() != {f.name for f in fields}:
        raise StepError(Code.EXTRACT_SCHEMA)
    source = _Source(data)
    return {field.name: _value(field, document[field.name], source) for field in fields}


def shown(text: str) -> str:
    """A text without the characters that no reader sees; line breaks and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _HIDDEN)


class _Source:
    """The data that was read, folded for comparison."""

    def __init__(self, data: str) -> None:
        self.text = " ".join(data.casefold().split())
        self.squashed = _squash(self.text)

    def holds(self, kind: Kind, value: str) -> bool:
        if isinstance(kind, Iban | Phone):
            return _squash(value.casefold()) in self.squashed
        wanted = " ".join(value.casefold().split())
        if isinstance(kind, Text):
            return wanted in self.text
        return _stands(wanted, self.text)


def _stands(wanted: str, text: str) -> bool:
    """True when `wanted` is in `text` and is no part of a longer word there."""
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        before, after = text[at - 1 : at], text[end : end + 1]
        if not (before.isalnum() and wanted[0].isalnum()) and not (
            after.isalnum() and wanted[-1].isalnum()
        ):
            return True
        at = text.find(wanted, at + 1)
    return False


def _squash(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _document(answer: str) -> Json:
    try:
        return decode(answer.encode("utf-8", "surrogatepass"), _SHAPE)
    except WireError:
        raise StepError(Code.EXTRACT_SCHEMA) from None


def _value(field: Field, entry: Json, source: _Source) -> Scalar | tuple[Scalar, ...]:
    if not isinstance(entry, dict) or entry.keys() != {"found", "value"}:
        raise StepError(Code.EXTRACT_SCHEMA)
    found, value = entry["found"], entry["value"]
    if not isinstance(found, bool) or found is (value is None):
        raise StepError(Code.EXTRACT_SCHEMA)
    if not found:
        if field.optional:
            return None
        raise StepError(Code.EXTRACT_NOT_FOUND)
    if not isinstance(field.kind, Many):
        return _one(field.kind, value, source)
    if not isinstance(value, list) or len(value) > field.kind.most:
        raise StepError(Code.EXTRACT_SCHEMA)
    return tuple(_one(field.kind.of, item, source) for item in value)


def _one(kind: Kind, value: Json, source: _Source) -> Scalar:
    match kind, value:
        case Flag(), bool():
            return value
        case Number(), int() | float() if not isinstance(value, bool):
            return _number(kind, value)
        case Choice(), str() if value in kind.values:
            return value
        case Date(), str():
            return _date(kind, value)
        case Text(), str():
            text = shown(value)
            if len(value) <= kind.max_chars:
                return _grounded(kind, text, source) if kind.verbatim else text
        case _, str() if isinstance(kind, IDENTIFIERS) and _has_form(kind, value):
            return _grounded(kind, value, source)
    raise StepError(Code.EXTRACT_SCHEMA)


def _grounded(kind: Kind, value: str, source: _Source) -> str:
    if not value or not source.holds(kind, value):
        raise StepError(Code.EXTRACT_UNGROUNDED)
    return value


def _number(kind: Number, value: float) -> int | float:
    if not kind.least <= value <= kind.most or (kind.whole and value != int(value)):
        raise StepError(Code.EXTRACT_SCHEMA)
    return int(value) if kind.whole else value


def _date(kind: Date, value: str) -> str:
    form = "%Y-%m-%d %H:%M" if kind.time else "%Y-%m-%d"
    try:
        # strptime takes 2026-1-2 and digits of other scripts too; one spelling is allowed.
        same = datetime.strptime(value, form).strftime(form) == value  # noqa: DTZ007
    except ValueError:
        same = False
    if not same or not value.isascii():
        raise StepError(Code.EXTRACT_SCHEMA)
    return value


def _has_form(kind: Kind, value: str) -> bool:
    match kind:
        case Email():
            return _EMAIL.fullmatch(value) is not None
        case Url():
            return _is_url(value)
        case Iban():
            return is_iban(value)
        case Phone():
            digits = sum(map(str.isdigit, value))
            return value.isascii() and 7 <= digits <= 15 and _PHONE.fullmatch(value) is not None
        case Id():
            return len(value) <= MAX_ID and _matches(kind.pattern, value)
        case _:
            return False


def is_iban(value: str) -> bool:
    """True when `value`, spaces aside, is an IBAN whose checksum is right (ISO 13616)."""
    packed = value.replace(" ", "").upper()
    if not packed.isascii() or not _IBAN.fullmatch(packed):
        return False
    return int("".join(str(int(c, 36)) for c in packed[4:] + packed[:4])) % 97 == 1


def _is_url(value: str) -> bool:
    if not value.isascii() or not value.isprintable() or " " in value or len(value) > _MAX_URL:
        return False
    try:
        parts = urlsplit(value)
        host, has_user = parts.hostname or "", "@" in parts.netloc
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and "." in host and not has_user


def _matches(pattern: str, value: str) -> bool:
    try:
        return regex.fullmatch(pattern, value, timeout=_PATTERN_SECONDS) is not None
    except (TimeoutError, regex.error):
        return False
