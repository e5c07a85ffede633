"""Who the caller of a connection is, when the application does not say."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from shield.types import Caller

Identify = Callable[[Scope], Caller]
_CREDENTIALS = ("authorization", "x-api-key", "api-key", "cookie")


def caller_of(key: bytes) -> Identify:
    """The default identity: the authenticated user of the scope, else an HMAC of the credential.

    Who sends none is nobody: what is kept for a principal (an approval, what it has tried) would
    otherwise be shared by all strangers.
    """

    def identify(scope: Scope) -> Caller:
        headers = Headers(scope=scope)
        user = scope.get("user")
        if user is not None and getattr(user, "is_authenticated", False):
            principal = f"user:{_named(user)}"
        else:
            given = [headers.get(name, "") for name in _CREDENTIALS]
            sent = "\0".join(given).encode("latin-1")
            principal = hmac.new(key, sent, hashlib.sha256).hexdigest() if any(given) else ""
        return Caller(principal=principal, session=headers.get("x-shield-session", ""))

    return identify


def _named(user: Any) -> str:
    """Starlette's `BaseUser` lets `identity` raise where a subclass does not define it."""
    try:
        return str(user.identity)
    except (AttributeError, NotImplementedError):
        return str(user.display_name)
