"""HTML and Markdown apart: what a reader sees, and what only a machine reads."""

import re
from collections.abc import Iterator

from shield.text.assemble import Part, assembled
from shield.text.styles import hiding_names, is_hiding
from shield.view import View

# A comment runs to its end or to the end of the text; a tag is bounded, so that "<" in
# prose or code costs nothing.
_TOKEN = re.compile(r"<!--(?P<comment>.*?)(?:-->|\Z)|<(?P<tag>/?[a-zA-Z][^<>]{0,2000})>", re.DOTALL)
_NAME = re.compile(r"/?([a-zA-Z][\w-]*)")
_ATTRIBUTE = re.compile(
    r"\b(?:alt|title|aria-label|aria-description|content|placeholder|summary|label|value|data-[\w-]{1,40})"
    r"\s*=\s*(?:\"([^\"]*)\"|'([^']*)')",
    re.IGNORECASE,
)
# A comment in Markdown is a link that nothing refers to; pictures and links carry titles.
_REMARK = re.compile(
    r"(?m)^[ ]{0,3}\[[^\]\n]{1,60}\]:[ \t]*(?:<>|#|<#>)[ \t]*(?:\(|\"|')(?P<text>[^\n]*)"
)
_TITLE = re.compile(
    r"!?\[(?P<alt>[^\[\]\n]{0,500})\]\([^()\s\"]{0,500}(?:[ ]\"(?P<title>[^\"\n]{0,500})\")?\)"
)
_VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905
)
_UNSEEN = frozenset("template noscript noframes head title desc metadata".split())  # noqa: SIM905
_CODE = frozenset({"script", "style"})
_INLINE = frozenset(
    "a abbr b bdi bdo big cite code em font i kbd label mark q s samp small span strike "  # noqa: SIM905
    "strong sub sup tt u var wbr".split()
)
_DEPTH = 8
_REMEMBERED = 10_000  # tags of a page whose reading is kept


# A stretch of a page, and whether it is seen: None for what is neither shown nor said.
_Stretch = tuple[Part, bool | None]


def markup(text: str, parent: View | None = None) -> Iterator[View]:
    """The hidden parts of a page together, and the text that it shows."""
    yield from _remarks(text, parent)
    if "<" not in text or not _TOKEN.search(text):
        return
    hidden: list[Part] = []
    shown: list[Part] = []
    for part, seen in _stretches(text):
        if seen:
            shown.append(part)
        elif seen is False and part[0].strip():
            hidden.append(part)
    for kind, parts, glue in (("html_hidden", hidden, "\n"), ("html_visible", shown, "")):
        made = assembled(kind, parts, parent, glue=glue)
        if made is not None and made.text.strip():
            yield made


def _remarks(text: str, parent: View | None) -> Iterator[View]:
    if "](" not in text and "]:" not in text:
        return
    parts = [(m["text"], *m.span("text")) for m in _REMARK.finditer(text)]
    for link in _TITLE.finditer(text):
        picture = link[0].startswith("!") and " " in link["alt"]
        names = (*(("alt",) if picture else ()), *(("title",) if link["title"] else ()))
        parts += [(link[name], *link.span(name)) for name in names]
    made = assembled("html_hidden", sorted(parts, key=lambda part: part[1]), parent)
    if made is not None and made.text.strip():
        yield made


def _stretches(text: str) -> Iterator[_Stretch]:
    at, open_ = 0, _Open(hiding_names(text))
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        if start > at:
            yield (text[at:start], at, start), open_.seen
        at = end
        tag = token["tag"]
        if tag is None:
            yield (token["comment"], *token.span("comment")), False
            continue
        if "=" in tag:
            yield from ((part, False) for part in _attributes(tag, start + 1))
        if open_.step(tag) not in _INLINE and open_.seen:
            yield ("\n", end - 1, end), True
    yield (text[at:], at, len(text)), open_.seen


def _attributes(tag: str, start: int) -> Iterator[Part]:
    for value in _ATTRIBUTE.finditer(tag):
        said = value[1] if value[1] is not None else value[2]
        if " " in said:
            place = start + value.start(1 if value[1] is not None else 2)
            yield said, place, place + len(said)


class _Open:
    """The stack of open elements inside the outermost hidden one."""

    def __init__(self, hiding: frozenset[str]) -> None:
        self._hiding = hiding
        self._names: list[str] = []
        self._known: dict[str, tuple[str, bool, bool]] = {}

    @property
    def seen(self) -> bool | None:
        """Whether text is shown here; None inside a program or a style sheet."""
        if self._names and self._names[-1] in _CODE:
            return None
        return not self._names

    def step(self, tag: str) -> str:
        """Take in a tag; its name."""
        name, closes, hides = self._known.get(tag) or self._read(tag)
        if closes:
            if name in self._names[-_DEPTH:]:
                while self._names.pop() != name:
                    pass
        elif name and name not in _VOID and (hides or self._names) and self.seen is not None:
            self._names.append(name)
        return name

    def _read(self, tag: str) -> tuple[str, bool, bool]:
        """Name of a tag, whether it closes an element, whether it hides what it opens."""
        match = _NAME.match(tag)
        name = match[1].lower() if match else ""
        if tag.endswith("/") and name not in _VOID:
            made = "", False, False  # opens nothing
        elif name in _UNSEEN or name in _CODE:
            made = name, tag.startswith("/"), True
        else:
            made = name, tag.startswith("/"), len(tag) > len(name) and is_hiding(tag, self._hiding)
        if len(self._known) < _REMEMBERED:
            self._known[tag] = made
        return made
