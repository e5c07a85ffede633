"""The secrets that settings name, by environment variable or by file: they never stand in the file."""

import hashlib
import os
from pathlib import Path

from shield.errors import SetupError
from shield.hosts.settings import Token

_LEAST = 16  # characters of a token: 96 bits in base64


def secret(what: str, env: str, file: Path | None) -> str:
    """The secret that settings name by variable or file; empty when they name none.

    Raises:
        SetupError: it is not there, is empty, or holds what no header can carry. Never says it.
    """
    if not env and file is None:
        return ""
    try:
        found = os.environ.get(env, "") if env else Path(str(file)).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        found = ""
    found = found.strip()
    if not found or not found.isascii() or not found.isprintable() or " " in found:
        raise SetupError(
            f"{what}: {env or file} holds no usable secret",
            mend="set the variable or the file to one line of printable ASCII",
        )
    return found


def token_digest(token: Token) -> bytes:
    """SHA-256 of a token, by which it is recognised.

    Raises:
        SetupError: there is none, or it is too short to be hard to guess.
    """
    found = secret(f"token {token.name!r}", token.env, token.file)
    if len(found) < _LEAST:
        raise SetupError(
            f"token {token.name!r} is shorter than {_LEAST} characters",
            mend="make one with `openssl rand -base64 32`, and name its variable or file",
        )
    return hashlib.sha256(found.encode()).digest()
