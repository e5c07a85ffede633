"""Links that carry what was said to somebody else's host.

Detects: pictures, style sheets and other things that a page loads by itself, and links, whose
query, path, fragment or host name holds values or words of the conversation, plainly or encoded,
or data that looks random, toward a host that the policy does not list; forms, frames, scripts and
redirections of an answer's HTML toward such a host. Markdown in all its forms, HTML, CSS.
Misses: data in the order or the choice of several links; a number under five digits; hosts on the
list that pass data on; what a link shortener hides.
False positives: search and map links that repeat the question where their host was never named;
signed addresses of pictures under parameter names of their own.
Cost: linear; 0.1 ms for an answer without links, 70 µs a link.
References: CVE-2025-32711 (EchoLeak); Rehberger, "Embrace the Red"; OWASP LLM02:2025.
"""

from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal

from msgspec import Struct
from pydantic import Field

from shield.document import Document
from shield.scanners import Services
from shield.text.hosts import Address, address, listed
from shield.text.links import Link, links
from shield.text.payload import Payload, Talk, payload
from shield.text.quoted import Quoted
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject

_MESSAGES = {
    "loaded-data": "Something that is loaded without a click carries data to a foreign host.",
    "link-data": "A link carries data of the conversation to a foreign host.",
    "host-data": "The name of a link's host carries data.",
    "active-element": "An element of the answer's HTML sends, loads or runs something foreign.",
}
_WORDS = 6  # words of the conversation that are more than a search
_CHANCE = 40  # characters
_PLACES = 50  # spans of one finding
# What each kind of content says, in a link that is loaded by itself and in one that is clicked.
_ENCODED = (0.85, 0.6)
_TOLD = (0.95, 0.85)  # encoded, and words or values of the conversation
_VALUES = (0.9, 0.6)  # two or more values
_VALUE = (0.8, 0.35)
_PROSE = (0.8, 0.45)
_UNFILLED = (0.7, 0.55)
_RANDOM = (0.45, 0.2)
_IN_HOST = (0.8, 0.7)
_ACTIVE = {"form": 0.7, "meta": 0.7, "base": 0.6}
_FRAMED = 0.55
_TRUSTED_HOST, _OWN_PAGE, _IN_CODE = 0.3, 0.4, 0.5

Host = Annotated[str, Field(pattern=r"^(?:\*?\.)?[^\s/:@*]+$", max_length=255)]


class ExfiltrationOptions(Document):
    """`allow` are hosts that links may carry data to: `example.org`, or `.example.org` for all under it."""

    allow: Annotated[tuple[Host, ...], Field(max_length=10_000)] = ()


class _Known(Struct, frozen=True):
    """What the conversation holds: its links and hosts by who wrote them, and what was said."""

    talk: Talk
    trusted_hosts: frozenset[str]
    trusted: frozenset[str]
    supplied: frozenset[str]


class _Seen(Struct, frozen=True):
    rule: str
    score: float
    start: int
    end: int


class Exfiltration:
    """See the module's docstring."""

    id: ClassVar[str] = "exfiltration"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "subject"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = ExfiltrationOptions

    def __init__(self, options: ExfiltrationOptions, services: Services) -> None:
        self._allow = tuple(host.lower() for host in options.allow)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a rule and segment; the score is that of the worst link."""
        written = [
            (i, s, links(s.text))
            for i, s in enumerate(subject.segments)
            if s.source is not Source.SYSTEM
        ]
        if not any(found for _, _, found in written):
            return
        known = _known(subject)
        for index, segment, found in written:
            seen = [one for one in self._judged(segment, found, known) if one.score > 0]
            for rule in sorted({one.rule for one in seen}):
                yield _finding(rule, index, segment, [one for one in seen if one.rule == rule])

    def _judged(self, segment: Segment, found: Iterable[Link], known: _Known) -> Iterator[_Seen]:
        code = Quoted(segment.text)
        for link in found:
            where = address(link.target)
            if where is None or not where.host or listed(where.host, self._allow):
                continue
            if link.target in known.trusted:
                continue
            is_code = link.start in code
            factor = _factor(link, where, known) * (_IN_CODE if is_code else 1.0)
            yield from _carrying(link, payload(where, known.talk), factor, shown=is_code)
            if link.active and not is_code:
                score = _ACTIVE.get(link.kind, _FRAMED)
                yield _Seen("active-element", score * factor, link.start, link.end)


def _factor(link: Link, where: Address, known: _Known) -> float:
    """How much less a link says whose host was named by who may name it, or whose very address
    somebody supplied.
    """
    if link.target in known.supplied:
        return _OWN_PAGE
    return _TRUSTED_HOST if where.host in known.trusted_hosts else 1.0


def _carrying(link: Link, held: Payload, factor: float, *, shown: bool) -> Iterator[_Seen]:
    loaded = link.loaded and not shown
    column = 0 if loaded else 1
    score = max(row[column] for row in _weights(held))
    if score:
        rule = "loaded-data" if loaded else "link-data"
        yield _Seen(rule, score * factor, link.start, link.end)
    if held.in_host:
        yield _Seen("host-data", _IN_HOST[column] * factor, link.start, link.end)


def _weights(held: Payload) -> Iterator[tuple[float, float]]:
    """What each part of a payload says, as (loaded, clicked)."""
    tells = held.values > 0 or held.words > 1
    prose = held.words >= _WORDS and 2 * held.words >= held.of_words
    yield 0.0, 0.0
    for holds, weight in (
        (held.encoded and tells, _TOLD),
        (held.encoded, _ENCODED),
        (held.values > 1, _VALUES),
        (held.values == 1, _VALUE),
        (prose, _PROSE),
        (held.unfilled, _UNFILLED),
        (held.chance >= _CHANCE, _RANDOM),
    ):
        if holds:
            yield weight


def _known(subject: Subject) -> _Known:
    """Links of trusted texts and of others, apart; what was said, without what the answer says."""
    trusted = [s.text for s in subject.intent]
    others = [s.text for s in subject.history]
    vouched = {link.target for text in trusted for link in links(text)}
    hosts = {where.host for target in vouched if (where := address(target))}
    supplied = {link.target for text in others for link in links(text)}
    talk = Talk.of((*trusted, *others))
    return _Known(talk, frozenset(hosts), frozenset(vouched), frozenset(supplied))


def _finding(rule: str, index: int, segment: Segment, seen: list[_Seen]) -> Finding:
    worst = sorted(seen, key=lambda one: -one.score)[:_PLACES]
    return Finding(
        rule=f"exfiltration/{rule}",
        scanner=Exfiltration.id,
        severity=Severity.CRITICAL,
        score=worst[0].score,
        message=_MESSAGES[rule],
        spans=tuple(sorted(Span(index, one.start, one.end) for one in worst)),
        tags=("owasp:llm02", "owasp:llm05"),
        surface=segment.surface,
    )
