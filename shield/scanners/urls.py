"""Links that lead where they do not seem to lead, or where the policy does not want them to lead.

Detects: hosts that the policy denies or, where it lists some, does not allow; IP addresses for
hosts, in any form that browsers take; hosts written in letters that look like others; a host's
name put before an `@`; links whose text shows another host than they lead to; links that run
programs (`javascript:`, `data:text/html`).
Misses: shorteners, redirects of honest hosts, hosts that are only spelled alike.
False positives: documentation that names addresses of a network; honest hosts in several scripts.
Cost: linear; 0.1 ms for an answer without links, 20 µs a link.
References: UTS #39, restriction levels; the URL standard of the WHATWG; OWASP LLM05:2025.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from shield.document import Document
from shield.scanners import Services
from shield.text.canonical import canonical
from shield.text.hosts import Address, address, host, is_internal, listed
from shield.text.links import Link, links
from shield.text.quoted import Quoted
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject

_MESSAGES = {
    "denied-host": "A link leads to a host that the policy denies.",
    "other-host": "A link leads to a host that the policy does not list.",
    "ip-literal": "A link leads to an IP address.",
    "look-alike": "The letters of a link's host look like those of another.",
    "userinfo": "A link shows a host before the one that it leads to.",
    "mismatch": "The text of a link shows another host than it leads to.",
    "program": "A link runs a program.",
}
_SEVERITIES = {"denied-host": Severity.ERROR, "other-host": Severity.WARNING}
_HOSTLIKE = re.compile(r"(?i)(?:^|[.:/@%\s])(?:[a-z0-9-]{1,63}\.)+[a-z]{2,24}$")
_SHOWN = re.compile(
    r"(?i)^\s*(?:https?://)?(?P<host>(?:[^\W_](?:[\w-]{0,62})\.)+[a-z]{2,24})(?:[/:?#]\S*)?\s*$"
)
_ENDINGS = frozenset(
    "com org gov edu bank info biz shop int mil de fr uk es it nl be ch at se no dk fi ie pt eu us ca au nz br mx jp kr cn in ru tr"  # noqa: SIM905
    " za gr cz".split()
)
_PROGRAMS = frozenset({"javascript", "vbscript", "livescript"})
_PAGES = re.compile(r"(?i)^(?:text/html|image/svg\+xml|application/(?:xhtml\+)?xml|text/xml)")
_PRIVATE, _IN_CODE = 0.2, 0.3
_PLACES = 50
_ALIKE = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC"})

Host = Annotated[str, Field(pattern=r"^(?:\*?\.)?[^\s/:@*]+$", max_length=255)]
Hosts = Annotated[tuple[Host, ...], Field(max_length=10_000)]


class UrlsOptions(Document):
    """Hosts as `example.org`, or `.example.org` for all under it. With `allow` all others are
    reported; `deny` goes before it. `trusted` are hosts to whose names others must not look alike.
    """

    allow: Hosts = ()
    deny: Hosts = ()
    trusted: Hosts = ()


class Urls:
    """See the module's docstring."""

    id: ClassVar[str] = "urls"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = UrlsOptions

    def __init__(self, options: UrlsOptions, services: Services) -> None:
        self._allow, self._deny = _lower(options.allow), _lower(options.deny)
        trusted = {name.lstrip("*.") for name in (*options.trusted, *options.allow)}
        self._skeletons = {_skeleton(name): name for name in trusted}

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule and segment; the score is that of the worst link.

        Links that the user or the application wrote themselves are reported only where the policy
        denies their host.
        """
        vouched: frozenset[str] | None = None
        for index, segment in enumerate(subject.segments):
            found = () if segment.source is Source.SYSTEM else links(segment.text)
            if found and vouched is None:
                vouched = frozenset(link.target for s in subject.intent for link in links(s.text))
            seen: dict[str, list[tuple[float, Span]]] = {}
            code = Quoted(segment.text) if found else None
            for link in found:
                factor = _IN_CODE if code and link.start in code else 1.0
                for rule, score in self._judged(link, vouched or frozenset()):
                    weighed = score if rule == "denied-host" else score * factor
                    seen.setdefault(rule, []).append((weighed, Span(index, link.start, link.end)))
            yield from (_finding(rule, seen[rule], segment) for rule in sorted(seen))

    def _judged(self, link: Link, vouched: frozenset[str]) -> Iterator[tuple[str, float]]:
        where = address(link.target)
        if where is None:
            return
        if where.host and listed(where.host, self._deny):
            yield "denied-host", 1.0
        if link.target in vouched:
            return
        if where.host and self._allow and not listed(where.host, self._allow):
            yield "other-host", 1.0
        yield from _tricks(link, where)
        score = self._alike(where)
        if score:
            yield "look-alike", score

    def _alike(self, where: Address) -> float:
        """How surely a host is meant to be taken for another."""
        twin = self._skeletons.get(_skeleton(where.host))
        if twin and twin != where.host.removeprefix("www."):
            return 1.0
        return 0.8 if any(map(_mixed, where.host.split("."))) else 0.0


def _tricks(link: Link, where: Address) -> Iterator[tuple[str, float]]:
    if where.ip is not None:
        plain = where.written.partition(":")[0] == str(where.ip) or "[" in where.written
        private = is_internal(where.ip) and plain
        yield "ip-literal", _PRIVATE if private else 0.6 if plain else 0.95
    if where.userinfo:
        yield "userinfo", 0.95 if _HOSTLIKE.search(_front(where)) else 0.2
    shown = _SHOWN.match(link.label) if link.label else None
    if shown and where.host and not _same(host(shown["host"]), where.host):
        yield "mismatch", 0.85 if _is_address(link.label, shown["host"], where.host) else 0.4
    if where.scheme in _PROGRAMS or (where.scheme == "data" and _PAGES.match(where.path)):
        yield "program", 0.95


def _is_address(label: str, name: str, leads_to: str) -> bool:
    """True for what readers take for an address; `readme.md` and `socket.io` name other things."""
    parts = name.lower().split(".")
    return (
        len(parts) > 2 or "://" in label or parts[-1] in _ENDINGS or f"{name.lower()}." in leads_to
    )


def _front(where: Address) -> str:
    """What a reader takes for the host."""
    return host(where.userinfo.partition(":")[0]).partition("/")[0]


def _same(one: str, other: str) -> bool:
    """True where both hosts are under one name of two parts or more."""
    return one.split(".")[-2:] == other.split(".")[-2:]


def _skeleton(name: str) -> str:
    """What a host looks like: look-alike letters folded, as the canonical view folds them."""
    bare = name.removeprefix("www.")
    folded = canonical(f"{bare} the").text[: -len(" the")]
    return folded.replace("rn", "m").replace("vv", "w").replace("0", "o").replace("1", "l")


def _mixed(label: str) -> bool:
    """True for one name of a host in letters of two scripts that look alike."""
    if label.isascii():
        return False
    scripts = {unicodedata.name(c, "").partition(" ")[0] for c in label if c.isalpha()}
    return len(scripts & _ALIKE) > 1


def _lower(hosts: Iterable[str]) -> tuple[str, ...]:
    return tuple(name.lower() for name in hosts)


def _finding(rule: str, seen: list[tuple[float, Span]], segment: Segment) -> Finding:
    worst = sorted(seen, key=lambda pair: (-pair[0], pair[1]))[:_PLACES]
    return Finding(
        rule=f"urls/{rule}",
        scanner=Urls.id,
        severity=_SEVERITIES.get(rule, Severity.ERROR),
        score=worst[0][0],
        message=_MESSAGES[rule],
        spans=tuple(sorted(span for _, span in worst)),
        tags=("owasp:llm05",),
        surface=segment.surface,
    )
