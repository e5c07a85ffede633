"""What a text cites: addresses, identifiers, quotations, numbers of sources, authors and years, files.

Everything is found by its form; code is left alone, because `a[1]` cites nothing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from shield.text.links import links
from shield.text.quoted import Quoted

_DOI = re.compile(r"(?i)\b10\.\d{4,9}/[^\s\"'<>,;(){}\[\]]{1,200}")
_ARXIV = re.compile(r"(?i)\barxiv[:\s/]{1,6}(?:abs/|pdf/)?(\d{4}\.\d{4,5}|[a-z-]{2,12}/\d{7})")
_ISBN = re.compile(r"(?i)\bISBN(?:-1[03])?:?\s?((?:97[89][- ]?)?\d[\d -]{7,14}[\dXx])(?!\d)")
_PMID = re.compile(r"(?i)\bPMID:?\s?(\d{5,9})\b")
_NUMBER = re.compile(
    r"(?<![\w\])])\[\^?(\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,6})\](?![(:\w])|【(\d{1,3})[†:\w\s-]{0,30}】"
)
_QUOTE = re.compile(
    r"[\"“„»](?P<a>[^\"“”„«»\n]{20,1000})[\"”“«]|«\s?(?P<b>[^«»\n]{20,1000}?)\s?»|「(?P<c>[^「」\n]{10,500})」"
)
_BLOCK = re.compile(r"(?m)^[ \t]{0,3}>[ \t]?(?P<line>[^\n]{20,1000})$")
_AUTHORS = re.compile(
    r"(?<![\w-])(?P<name>[A-ZÀ-Þ][\w'’-]{1,30})(?:(?:,? (?:et al\.?|and others|u\. ?a\.|ea\.))|(?:,? (?:and|&|und|et|y|e|en) [A-ZÀ-Þ][\w'’-]{1,30}))?"
    r"(?:,? ?\(|,? )(?P<year>(?:1[5-9]|20)\d{2})[a-z]?(?=[),;:.\s]|$)"
)
_NO_AUTHORS = frozenset(
    "january february march april may june july august september october november december januar februar märz mai juni juli oktober "  # noqa: SIM905
    "dezember janvier février mars avril juin juillet août septembre octobre novembre décembre enero febrero marzo abril mayo junio julio "
    "agosto septiembre octubre noviembre diciembre in since until before after by from the to of for and or between during around circa about "
    "im seit bis vor nach von am en depuis jusqu desde hasta antes después nel dal spring summer autumn fall winter early late mid year "
    "version windows office edition jahr année año anno fy q1 q2 q3 q4 h1 h2 budget world cup report".split()
)
_FILE = re.compile(
    r"(?i)(?<![\w/.-])[\w][\w .()-]{0,80}?\.(?:pdf|docx?|xlsx?|pptx?|csv|txt|md|html?|odt)\b"
)


class Citation(NamedTuple):
    """Something cited at [start, end): `kind` is `url`, `identifier`, `quote`, `number`, `author` or
    `file`; `value` is what to look up.
    """

    kind: str
    value: str
    start: int
    end: int


def citations(text: str) -> Iterator[Citation]:
    """What a text cites, kind by kind."""
    code = Quoted(text)
    for reading in (_addresses, _identifiers, _quotes, _numbers, _authors, _files):
        for one in reading(text):
            if one.start not in code:
                yield one


def identifiers(text: str) -> frozenset[str]:
    """The identifiers of works that a text holds, in the form in which they are compared."""
    return frozenset(one.value for one in _identifiers(text))


def _addresses(text: str) -> Iterator[Citation]:
    for link in links(text):
        if not link.loaded and "//" in link.target:
            yield Citation("url", link.target, link.start, link.end)


def _identifiers(text: str) -> Iterator[Citation]:
    for match in _DOI.finditer(text):
        shown = match[0].rstrip(".*_~")
        yield Citation("identifier", shown.lower(), match.start(), match.start() + len(shown))
    for form in (_ARXIV, _ISBN, _PMID):
        for match in form.finditer(text):
            value = re.sub(r"[ -]", "", match[1]).lower()
            yield Citation("identifier", value, *match.span())


def _quotes(text: str) -> Iterator[Citation]:
    for match in _QUOTE.finditer(text):
        name = next(n for n in "abc" if match[n])
        yield Citation("quote", match[name], *match.span(name))
    for match in _BLOCK.finditer(text):
        yield Citation("quote", match["line"], *match.span("line"))


def _numbers(text: str) -> Iterator[Citation]:
    for match in _NUMBER.finditer(text):
        group = 1 if match[1] else 2
        for number in numbers(match[group]):
            yield Citation("number", str(number), *match.span(group))


def numbers(shown: str) -> list[int]:
    """The numbers of `3`, `1, 4` or `2-5`; a range of more than twenty is read by its ends."""
    found: list[int] = []
    for part in re.split(r"[,;]", shown):
        ends = [int(n) for n in re.findall(r"\d+", part)]
        if len(ends) == 2 and 0 < ends[1] - ends[0] <= 20:
            found += range(ends[0], ends[1] + 1)
        else:
            found += ends
    return found


def _authors(text: str) -> Iterator[Citation]:
    for match in _AUTHORS.finditer(text):
        if match["name"].casefold() not in _NO_AUTHORS:
            yield Citation("author", f"{match['name']} {match['year']}", *match.span())


def _files(text: str) -> Iterator[Citation]:
    for match in _FILE.finditer(text):
        name = match[0].split()[-1] if "(" not in match[0] else match[0]
        yield Citation("file", name.casefold(), match.end() - len(name), match.end())
