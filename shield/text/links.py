"""The links of a text: Markdown, HTML, style sheets, and addresses that stand bare.

Each link says whether a page loads it by itself when it is shown: what is loaded without a click
sends its address to the host at once. Every pattern is bounded, so that a text of brackets or open
tags costs no more than its length.
"""

import html
import re
from collections.abc import Iterator

from msgspec import Struct

_MOST = 4_096
_INLINE = re.compile(
    rf"\]\([ \t]{{0,4}}(?:<(?P<angled>[^<>\n]{{1,{_MOST}}})>|(?P<bare>[^\s<>]{{1,{_MOST}}}))"
)
_DEFINED = re.compile(
    rf"(?m)^[ >\t]{{0,8}}\[(?P<name>[^\]\[\n]{{1,200}})\]:[ \t]{{0,8}}<?(?P<target>[^\s<>]{{1,{_MOST}}})"
)
_PICTURED = re.compile(r"!\[(?P<alt>[^\[\]\n]{0,200})\](?:\[(?P<name>[^\[\]\n]{0,200})\])?")
_BARE = re.compile(rf"(?i)\b(?:https?|ftp|wss?):[\\/]{{1,3}}[^\s<>\"'`|]{{1,{_MOST}}}")
_TAG = re.compile(r"<(?P<tag>[a-zA-Z][\w:-]{0,20})(?P<inside>[^<>]{0,8192})")
_ATTRIBUTE = re.compile(
    r"(?i)(?:^|[\s\"'/])(?P<name>[a-z][a-z:-]{0,20})[ \t\r\n]{0,4}=[ \t\r\n]{0,4}"
    rf"(?:\"(?P<double>[^\"]{{0,{_MOST}}})|'(?P<single>[^']{{0,{_MOST}}})|(?P<none>[^\s\"'>]{{1,{_MOST}}}))"
)
_CSS = re.compile(
    rf"(?i)(?:\burl\([ \t]{{0,4}}[\"']?|@import[ \t]{{1,4}}[\"'])(?P<target>[^\s\"')<>]{{1,{_MOST}}})"
)
_REFRESH = re.compile(
    r"(?i)^\s{0,4}[\d.]{0,8}\s{0,4}[;,]\s{0,4}(?:url\s{0,4}=)?\s{0,4}[\"']?(?P<target>\S+)"
)
_TRAILING = ".,;:!?\"'*_~"
_TITLE_BACK = 500
_ADDRESSES = frozenset(
    "src href action formaction poster data background xlink:href ping lowsrc dynsrc cite".split()  # noqa: SIM905
)
_CLICKED = frozenset({"a", "area", "q", "blockquote", "ins", "del"})
_ACTIVE = frozenset({"iframe", "frame", "object", "embed", "script", "meta", "base", "form"})


class Link(Struct, frozen=True):
    """A link as it is written at [start, end).

    `kind` is `image`, `link`, `reference`, `bare`, `css`, or the name of an HTML element; `loaded` says
    that nobody has to click; `label` is the text that a reader sees in its place.
    """

    kind: str
    target: str
    start: int
    end: int
    loaded: bool = False
    label: str = ""

    @property
    def active(self) -> bool:
        """True for elements that do more than show: frames, forms, scripts, redirections."""
        return self.kind in _ACTIVE


def links(text: str) -> tuple[Link, ...]:
    """The links of a text in order, each place once; the first reading of a place counts."""
    found: dict[int, Link] = {}
    for reading in (_inline, _references, _elements, _styles, _bare):
        for link in reading(text):
            found.setdefault(link.start, link)
    kept: list[Link] = []
    for link in sorted(found.values(), key=lambda one: (one.start, -one.end)):
        inside = kept and link.start < kept[-1].end
        if link.target and not inside:
            kept.append(link)
    return tuple(kept)


def _inline(text: str) -> Iterator[Link]:
    if "](" not in text:
        return
    for match in _INLINE.finditer(text):
        name = "angled" if match["angled"] else "bare"
        target = match[name] if name == "angled" else _balanced(match[name])
        opened = text.rfind("[", max(0, match.start() - _TITLE_BACK), match.start())
        pictured = opened > 0 and text[opened - 1] == "!"
        label = text[opened + 1 : match.start()] if opened >= 0 else ""
        start = match.start(name)
        kind = "image" if pictured else "link"
        yield Link(kind, _plain(target), start, start + len(target), pictured, label)


def _balanced(target: str) -> str:
    """The target up to the bracket that closes the link."""
    depth = 0
    for at, sign in enumerate(target):
        if sign == "(":
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth < 0:
                return target[:at]
    return target


def _references(text: str) -> Iterator[Link]:
    if "]:" not in text:
        return
    pictured = {
        (m["name"] or m["alt"]).casefold()
        for m in _PICTURED.finditer(text)
        if m["name"] or m["alt"]
    }
    for match in _DEFINED.finditer(text):
        loaded = match["name"].casefold() in pictured
        kind = "image" if loaded else "reference"
        yield Link(kind, _plain(match["target"]), *match.span("target"), loaded)


def _elements(text: str) -> Iterator[Link]:
    if "<" not in text:
        return
    for tag in _TAG.finditer(text):
        name = tag["tag"].lower()
        for found in _ATTRIBUTE.finditer(tag["inside"]):
            group = next(g for g in ("double", "single", "none") if found[g] is not None)
            start = tag.start("inside") + found.start(group)
            yield from _attribute(name, found["name"].lower(), found[group], start)


def _attribute(tag: str, name: str, value: str, start: int) -> Iterator[Link]:
    """The links of one attribute: an address, a list of pictures, a redirection."""
    if name == "srcset":
        for part in value.split(","):
            target = part.strip().partition(" ")[0]
            yield Link(tag, _plain(target), start, start + len(value), loaded=True)
    elif name == "content" and tag == "meta":
        if match := _REFRESH.match(value):
            yield Link(tag, _plain(match["target"]), start, start + len(value), loaded=True)
    elif name in _ADDRESSES:
        loaded = tag not in _CLICKED and name not in {"action", "formaction", "cite"}
        yield Link(tag, _plain(value), start, start + len(value), loaded)


def _styles(text: str) -> Iterator[Link]:
    for match in _CSS.finditer(text):
        yield Link("css", _plain(match["target"]), *match.span("target"), loaded=True)


def _bare(text: str) -> Iterator[Link]:
    for match in _BARE.finditer(text):
        # An address that is the text of a link ends where that does.
        target = _balanced(match[0].partition("](")[0]).rstrip(_TRAILING)
        target = target.rstrip("]}") if "[" not in target and "{" not in target else target
        yield Link("bare", _plain(target), match.start(), match.start() + len(target))


def _plain(target: str) -> str:
    """The address that a browser reads: entities undone, blanks inside taken out."""
    shown = html.unescape(target) if "&" in target else target
    return "".join(shown.split())
