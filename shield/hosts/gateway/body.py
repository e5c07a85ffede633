"""An answer that is not streamed: all of it, or why it cannot be passed on."""

import aiohttp
import msgspec

from shield.hosts.gateway import answers
from shield.hosts.gateway.answers import Problem
from shield.hosts.gateway.attempts import Begun

_ERROR_BYTES = 65_536


async def whole(begun: Begun, most: int) -> bytes | Problem:
    """The body of an answer that is JSON and within `most` bytes. Who asked closes the response."""
    failed = begun.response.status != 200
    most = min(most, _ERROR_BYTES) if failed else most
    body = bytearray(begun.first)
    try:
        while len(body) <= most and (chunk := await begun.response.content.readany()):
            body += chunk
        if len(body) > most:
            return answers.HUGE
        if "json" not in begun.kind:
            return answers.STRANGE
        msgspec.json.decode(body)
    except TimeoutError:
        return answers.SLOW
    except (aiohttp.ClientError, OSError):
        return answers.BROKEN
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return answers.STRANGE
    raw = bytes(body)
    return answers.LOCKED if failed and begun.service.betrays(raw) else raw
