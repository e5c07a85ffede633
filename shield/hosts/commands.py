"""`shield forget`: have a running application erase what it holds of a principal."""

import asyncio
import os
import time
from typing import Annotated

import typer

from shield.exits import FAILED, USAGE, exits, stop

_SECONDS = 30.0


def forget(
    principal: Annotated[str, typer.Argument(help="Whom: the name that the host gives a caller.")],
    at: Annotated[str, typer.Option(help="The URL at which the application mounts `Forget`.")],
    tenant: Annotated[str, typer.Option(help="Their tenant.")] = "",
) -> None:
    """Erase what a running application holds of a principal; reads the guard's key from SHIELD_KEY."""
    with exits():
        from shield.remote.port import RemoteError

        key = os.environ.get("SHIELD_KEY", "").encode()
        if not key:
            stop(USAGE, "SHIELD_KEY is not set; it is the key that the guard was built with")
        try:
            asyncio.run(_ask(at, key, principal, tenant))
        except RemoteError as error:
            stop(FAILED, f"not forgotten: {error.code} {error.http or ''}".rstrip())
        typer.echo("forgotten")


async def _ask(at: str, key: bytes, principal: str, tenant: str) -> None:
    from shield.hosts.forget import as_json, signed
    from shield.remote.client import Client

    async with Client(at) as client:
        order = as_json(signed(key, principal, tenant, int(time.time())))
        await client.post("", order, seconds=_SECONDS)
