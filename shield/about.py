"""What a verdict was about, for observers: names that the operator gave, and digests of the rest.

Digests are HMACs under the guard's key, so that nobody can guess a text from them; who shares
the key can compare them.
"""

import hashlib
import hmac
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from shield.types import Caller, Offer

_DIGITS = 16


class Told(Struct, frozen=True):
    """What a host knows of a request and its answer beside the texts to judge.

    `system` is the system prompt; `asked` and `answered` are names of models, `fingerprint` the
    provider's `system_fingerprint`. Empty where unknown.
    """

    system: str = ""
    asked: str = ""
    answered: str = ""
    fingerprint: str = ""


class Edition(Struct, frozen=True):
    """The policy that judges: its names, its mode (enforce, shadow or off), and the digest of each
    model's card.
    """

    name: str
    version: str
    digest: str
    mode: str
    models: tuple[tuple[str, str], ...] = ()


class About(Struct, frozen=True):
    """What a verdict was about. All but `edition` are keyed digests; empty where unknown."""

    edition: Edition
    principal: str = ""
    session: str = ""
    system: str = ""
    tools: str = ""
    asked: str = ""
    answered: str = ""
    fingerprint: str = ""


def about(
    edition: Edition, caller: Caller, told: Told, offers: Sequence[Offer], key: bytes
) -> About:
    """What observers may know of an exchange; `key` is the guard's."""
    whose = (caller.tenant, caller.principal)
    shown = sorted((o.name, sorted(o.parts.items())) for o in offers)
    tools = msgspec.json.encode(shown).decode() if offers else ""
    return About(
        edition=edition,
        principal=digest(key, "principal", *whose) if caller.principal else "",
        session=digest(key, "session", *whose, caller.session) if caller.session else "",
        system=digest(key, "system", told.system) if told.system else "",
        tools=digest(key, "tools", tools) if tools else "",
        asked=digest(key, "model", told.asked) if told.asked else "",
        answered=digest(key, "model", told.answered) if told.answered else "",
        fingerprint=digest(key, "fingerprint", told.fingerprint) if told.fingerprint else "",
    )


def digest(key: bytes, kind: str, *parts: str) -> str:
    """HMAC over length-prefixed parts, 16 hex digits; distinct for each kind."""
    made = hmac.new(key, b"shield about", hashlib.sha256)
    for part in (kind, *parts):
        raw = part.encode("utf-8", "surrogatepass")
        made.update(len(raw).to_bytes(8, "big") + raw)
    return made.hexdigest()[:_DIGITS]
