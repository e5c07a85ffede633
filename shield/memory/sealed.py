"""A record as it leaves the process: encrypted, and bound to its name.

AES-256-GCM with a key of its own for each record, derived from the guard's key; the record's
name is authenticated too, so that what is kept for one session cannot be put in place of
another's. Whoever may write the store can still put back an older state of the same record.
"""

import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shield.errors import StoreError

_FORM = b"\x01"
_NONCE = 12


def sealed(plain: bytes, name: str, secret: bytes) -> bytes:
    """The record, readable by `opened` with the same name and secret only."""
    nonce = os.urandom(_NONCE)
    return _FORM + nonce + AESGCM(_key(secret, name)).encrypt(nonce, plain, name.encode())


def opened(raw: bytes, name: str, secret: bytes) -> bytes:
    """The record that was sealed.

    Raises:
        StoreError: it was sealed under another key or name, or altered since.
    """
    nonce, body = raw[1 : 1 + _NONCE], raw[1 + _NONCE :]
    if raw[:1] != _FORM:
        raise StoreError("a record of another form")
    try:
        return AESGCM(_key(secret, name)).decrypt(nonce, body, name.encode())
    except (InvalidTag, ValueError):
        raise StoreError("a record cannot be opened with this key") from None


def _key(secret: bytes, name: str) -> bytes:
    return hmac.new(secret, b"shield store\0" + name.encode(), hashlib.sha256).digest()
