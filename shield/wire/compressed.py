"""Request bodies that come compressed: read whole, under a byte limit and a ratio cap.

A few bytes can be written so that they unpack to a thousand times as many. The application gets
the plain bytes, so that it cannot read them in another way than they were scanned.

References: RFC 9110, 8.4.1 (gzip and deflate; `x-gzip` is the same as `gzip`); CWE-409.
"""

import zlib
from collections.abc import Iterable

from shield.errors import WireError

# A deflate stream unpacks to at most 1,032 times its size; texts that people send to 3 to 20 times.
_RATIO = 100
_FREE = 65_536
_GZIP, _RAW = 16 + zlib.MAX_WBITS, -zlib.MAX_WBITS


def plain(raw: bytes, encodings: Iterable[str], limit: int) -> bytes:
    """The body without its content encoding.

    Args:
        raw: the body as it was sent.
        encodings: the values of all `Content-Encoding` headers.
        limit: the most bytes that it may unpack to.

    Raises:
        WireError: 415 for an encoding other than gzip, deflate and identity, or for more than one;
            413 over the limit, or when the body unpacks to more than 64 KiB and 100 times its size;
            400 when the bytes do not fit the encoding.
    """
    names = [n.strip().lower() for value in encodings for n in value.split(",")]
    names = [n for n in names if n not in {"", "identity"}]
    if not names or not raw:
        return raw
    if len(names) > 1 or names[0] not in {"gzip", "x-gzip", "deflate"}:
        raise WireError(415, "content_encoding", "send the body plain, or in gzip or deflate")
    return _unpacked(raw, _bits(raw, names[0]), limit)


def _bits(raw: bytes, name: str) -> int:
    """How zlib is told what it reads. `deflate` means zlib's wrapping; some send it without."""
    if name != "deflate":
        return _GZIP
    wrapped = len(raw) > 1 and raw[0] & 15 == 8 and (raw[0] * 256 + raw[1]) % 31 == 0
    return zlib.MAX_WBITS if wrapped else _RAW


def _unpacked(raw: bytes, bits: int, limit: int) -> bytes:
    most = min(limit, max(_FREE, _RATIO * len(raw)))
    reader = zlib.decompressobj(bits)
    try:
        found = reader.decompress(raw, most + 1)
    except zlib.error:
        raise WireError(400, "undecodable", "the body does not fit its content encoding") from None
    if len(found) > most:
        raise WireError(413, "too_large", "the body unpacks to too many bytes")
    if not reader.eof or reader.unused_data:
        raise WireError(400, "undecodable", "the body does not end where its encoding does")
    return found
