"""HTML apart: what a reader sees, and what only a machine reads."""

from collections.abc import Iterator

import regex

from shield.view import View

# A comment runs to its end or to the end of the text; a tag is bounded, so that "<" in
# prose or code costs nothing.
_TOKEN = regex.compile(
    r"<!--(?P<comment>.*?)(?:-->|\Z)|<(?P<tag>/?[a-zA-Z][^<>]{0,2000})>", regex.S
)
_NAME = regex.compile(r"/?([a-zA-Z][\w-]*)")
_HIDING = regex.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d])|font-size\s*:\s*[01](?:px|pt|em)?\b"
    r"|(?:left|top|text-indent)\s*:\s*-\d{3,}|clip\s*:\s*rect\(0|\bhidden\b(?!\s*=\s*[\"']?false)"
    r"|color\s*:\s*(?:#fff(?:fff)?\b|white\b|transparent)|(?:max-)?height\s*:\s*0(?![.\d])",
    regex.I,
)
_ATTRIBUTES = regex.compile(
    r"\b(?:alt|title|aria-label|content)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", regex.I
)
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "source",
        "track",
        "wbr",
    ]
)
_UNSEEN = frozenset({"template", "noscript", "head", "title"})


def markup(text: str, parent: View | None = None) -> Iterator[View]:
    """The hidden parts of an HTML text, one view each, and the visible text as one view."""
    if "<" not in text or not _TOKEN.search(text):
        return
    visible: list[str] = []
    for shown, start, end, seen in _pieces(text):
        if not seen and shown.strip():
            yield View("html_hidden", shown, whole=(start, end), parent=parent)
        elif seen:
            visible.append(shown)
    joined = "".join(visible)
    if joined.strip():
        yield View("html_visible", joined, whole=(0, len(text)), parent=parent)


def _pieces(text: str) -> Iterator[tuple[str, int, int, bool]]:
    at, hiding = 0, _Hiding()
    for token in _TOKEN.finditer(text):
        yield text[at : token.start()], at, token.start(), not hiding.names
        at = token.end()
        if (comment := token["comment"]) is not None:
            yield comment, token.start(), token.end(), False
            continue
        for value in _ATTRIBUTES.finditer(token["tag"]):
            yield value[1] or value[2] or "", token.start(), token.end(), False
        hiding.step(token["tag"])
    yield text[at:], at, len(text), not hiding.names


class _Hiding:
    """The stack of open elements inside the outermost hidden one."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def step(self, tag: str) -> None:
        match = _NAME.match(tag)
        name = match[1].lower() if match else ""
        if tag.startswith("/"):
            if name in self.names[-8:]:
                while self.names.pop() != name:
                    pass
        elif name not in _VOID and not tag.endswith("/"):
            if self.names or name in _UNSEEN or _HIDING.search(tag):
                self.names.append(name)
