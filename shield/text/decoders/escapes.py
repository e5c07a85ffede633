"""Characters written as escapes inside a text: URLs, HTML, source code, mail, domain names."""

import html
import re
from collections.abc import Iterator
from urllib.parse import unquote

from shield.text.assemble import Part
from shield.text.runs import Ground

_PERCENT = re.compile(r"%[0-9a-fA-F]{2}")
_CHUNK = re.compile(r"\S+")
# Bounded: `html.unescape` raises on a number of thousands of digits.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][0-9A-Za-z]{1,30};)")
# One expression a first character: so each is found at the speed of a search for it.
_ESCAPES = tuple(
    map(
        re.compile,
        (
            (
                r"\\(?:[ux]\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|U[0-9a-fA-F]{8}"
                r"|(?P<octal>[01][0-7]{2})(?!\d)|0{0,4}(?P<css>[2-7][0-9a-fA-F])(?![0-9a-fA-F]) ?)"
            ),
            r"%[uU][0-9a-fA-F]{4}(?P<octal>)(?P<css>)",
            r"[uU]\+[0-9a-fA-F]{4,6}[ ,]?(?P<octal>)(?P<css>)",
        ),
    )
)
_DIGITS = re.compile(r"[0-9a-fA-F]+")
_QUOTED = re.compile(r"=(?:\r?\n|[0-9A-Fa-f]{2}(?:=[0-9A-Fa-f]{2})*)")
_LABEL = re.compile(r"\bxn--([a-z0-9-]{1,59})", re.IGNORECASE)
_FEW = 3
_SIGNS = ("\\", "%u", "%U", "U+", "u+")


def read_percent(ground: Ground) -> Iterator[Part]:
    """Whole words of URLs with their escapes undone."""
    text, done = ground.text, 0
    for escape in _PERCENT.finditer(text):
        start = escape.start()
        if start < done:
            continue
        while start > done and not text[start - 1].isspace():
            start -= 1
        chunk = _CHUNK.match(text, escape.start())
        done = chunk.end() if chunk else escape.end()
        shown = unquote(text[start:done], errors="ignore").replace("+", " ")
        if shown.strip():
            yield shown, start, done


def read_entities(ground: Ground) -> Iterator[Part]:
    """HTML entities, with or without their semicolon."""
    if ground.text.count("&") >= _FEW:
        found = list(_ENTITY.finditer(ground.text))
        for run in found if len(found) >= _FEW else ():
            yield html.unescape(run[0]), run.start(), run.end()


def read_escapes(ground: Ground) -> Iterator[Part]:
    """Escapes of source code, style sheets and code charts."""
    if not any(sign in ground.text for sign in _SIGNS):
        return
    runs = (run for pattern in _ESCAPES for run in pattern.finditer(ground.text))
    found = sorted((*run.span(), char) for run in runs if (char := _escaped(run)))
    for start, end, char in found if len(found) >= _FEW else ():
        yield char, start, end


def _escaped(run: re.Match[str]) -> str:
    if run["octal"]:
        point = int(run["octal"], 8)
    else:
        digits = run["css"] or _DIGITS.findall(run[0], 2)[0]
        point = int(digits, 16)
    return chr(point) if 8 < point < 0xD800 or 0xE000 <= point < 0x110000 else ""


def read_quoted_printable(ground: Ground) -> Iterator[Part]:
    """Bytes after equals signs, and line ends that mail programs put in."""
    text = ground.text
    if text.count("=") < _FEW and "=\n" not in text and "=\r\n" not in text:
        return
    found = [(shown, m) for m in _QUOTED.finditer(text) if (shown := _unquoted(m[0])) is not None]
    if sum(m[0].count("=") for _, m in found) >= _FEW or not all(shown for shown, _ in found):
        for shown, run in found:
            yield shown, run.start(), run.end()


def _unquoted(run: str) -> str | None:
    if run.endswith("\n"):
        return ""
    try:
        shown = bytes.fromhex(run.replace("=", "")).decode("utf-8")
    except UnicodeDecodeError:
        return None
    return shown if all(c.isprintable() or c.isspace() for c in shown) else None


def read_punycode(ground: Ground) -> Iterator[Part]:
    """Labels of international domain names."""
    if "xn--" not in ground.plain:
        return
    for run in _LABEL.finditer(ground.text):
        try:
            yield run[1].encode("ascii").decode("punycode"), run.start(), run.end()
        except (UnicodeError, OverflowError):
            continue
