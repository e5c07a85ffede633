"""Where a link leads, read as a browser reads it.

Browsers take a backslash for a slash, strip control characters, decode percent signs in a
host, read `2130706433` and `0x7f.1` as IPv4 addresses, and take full-width dots for dots. Whoever
compares hosts must do the same, or the list that he compares with is no list.
Source: the URL standard of the WHATWG, host parsing.
"""

import ipaddress
import re
from collections.abc import Iterable
from unicodedata import normalize
from urllib.parse import unquote

from msgspec import Struct

_LONGEST = 8_192
_HOST = 1_000
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]{0,30}:")
_BLANK = re.compile(r"[\x00-\x20\x7f]+")
_DOTS = re.compile("[\u3002\uff0e\uff61]")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{0,16}|\d{1,20}")
_PORT = re.compile(r":\d{0,5}$")
_SPECIAL = frozenset({"http", "https", "ws", "wss", "ftp"})
_IPV4_PARTS = 4
Ip = ipaddress.IPv4Address | ipaddress.IPv6Address


class Address(Struct, frozen=True):
    """A link in its parts. `host` is in lower case and, where it was punycode, in its letters."""

    scheme: str
    userinfo: str = ""
    host: str = ""
    path: str = ""
    query: str = ""
    fragment: str = ""
    written: str = ""  # the host as it was written

    @property
    def ip(self) -> Ip | None:
        """The address that the host is, however it is written."""
        return ip(self.host)

    @property
    def page(self) -> str:
        """Host and path, for comparing: without scheme, `www.` and the slash at the end."""
        return self.host.removeprefix("www.") + unquote(self.path).rstrip("/").casefold()


def address(target: str) -> Address | None:
    """The parts of a link; None for one that stays on its page's own host.

    A link without a host, such as `mailto:` or `javascript:`, has its rest as `path`.
    """
    shown = _BLANK.sub("", target[:_LONGEST])
    named = _SCHEME.match(shown)
    scheme = named[0][:-1].lower() if named else ""
    rest = shown[named.end() :] if named else shown
    if scheme and scheme not in _SPECIAL:
        return _other(scheme, rest)
    plain = rest.replace("\\", "/")
    if not scheme and not plain.startswith("//"):
        return None
    return _hosted(scheme or "https", plain.lstrip("/"))


def _hosted(scheme: str, rest: str) -> Address:
    rest, _, fragment = rest.partition("#")
    rest, _, query = rest.partition("?")
    authority, slash, path = rest.partition("/")
    userinfo, _, written = authority.rpartition("@")
    return Address(scheme, userinfo, host(written), slash + path, query, fragment, written)


def _other(scheme: str, rest: str) -> Address:
    """A link of a scheme without slashes; the host of a mail address is behind its sign."""
    path, _, query = rest.partition("?")
    written = path.rpartition("@")[2] if scheme == "mailto" and "@" in path else ""
    return Address(scheme, host=host(written), path=path, query=query, written=written)


def host(written: str) -> str:
    """A host in the form in which hosts are compared."""
    shown = _DOTS.sub(".", unquote(_PORT.sub("", written[:_HOST]))).strip(".")
    if shown.startswith("["):
        return shown.lower()
    # At most 1,000 characters: normalising long runs of marks is quadratic.
    folded = normalize("NFKC", shown).lower()
    return ".".join(map(_letters, folded.split(".")))


def _letters(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def ip(shown: str) -> Ip | None:
    """The IP address that a host is, in the forms that browsers take."""
    if shown.startswith("["):
        try:
            return ipaddress.IPv6Address(shown.strip("[]").partition("%")[0])
        except ValueError:
            return None
    parts = shown.split(".")
    if len(parts) > _IPV4_PARTS or not all(_NUMBER.fullmatch(part) for part in parts):
        return None
    values = [_value(part) for part in parts]
    last = 256 ** (_IPV4_PARTS + 1 - len(values))
    if any(v is None for v in values) or any((v or 0) > 255 for v in values[:-1]):
        return None
    if (values[-1] or 0) >= last:
        return None
    whole = sum((v or 0) << 8 * (3 - at) for at, v in enumerate(values[:-1])) + (values[-1] or 0)
    return ipaddress.IPv4Address(whole)


def _value(part: str) -> int | None:
    try:
        if part[:2].lower() == "0x":
            return int(part[2:] or "0", 16)
        return int(part, 8 if len(part) > 1 and part[0] == "0" else 10)
    except ValueError:
        return None


def is_internal(shown: Ip) -> bool:
    """True for addresses that lead into a private network, to this machine or nowhere."""
    return not shown.is_global


def listed(name: str, hosts: Iterable[str]) -> bool:
    """True when a host is in a list: itself, or under a name that begins with a dot or `*.`."""
    for entry in hosts:
        bare = entry.removeprefix("*")
        if name == bare.lstrip(".") or (bare.startswith(".") and name.endswith(bare)):
            return True
    return False
