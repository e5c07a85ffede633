"""Styles that take a text out of a reader's sight."""

import re

_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?<![-\w])opacity\s*:\s*(?:0(?:\.0\d*)?|0%)(?![.\d])"
    r"|font-size\s*:\s*(?:[01](?:\.\d+)?(?:px|pt)?|0?\.\d+(?:em|rem|px|pt)|0(?:em|rem|%))(?![.\d\w])"
    r"|(?:left|top|right|bottom|text-indent|margin-left|margin-top)\s*:\s*-\d{3,}"
    r"|clip\s*:\s*rect\(\s*0|clip-path\s*:\s*(?:inset\(\s*(?:50|100)%|circle\(\s*0)|mso-hide\s*:\s*all"
    r"|transform\s*:\s*scale\(\s*0\s*[,)]|(?<![-\w])(?:max-)?(?:height|width)\s*:\s*0(?![.\d])"
    r"|(?<![-\w])color\s*[:=]\s*[\"']?(?:#fff(?:fff)?\b|white\b|transparent|rgba\([^)]{0,40},\s*0(?:\.0+)?\s*\)|rgb\(\s*255\s*,\s*255\s*,\s*255\s*\))"
    r"|\shidden(?=[\s/]|$|=(?![\"']?false))|\btype\s*=\s*[\"']?hidden"
    r"|\bclass\s*=\s*[\"'][^\"']{0,300}(?<![-\w])(?:hidden|sr-only|visually-hidden|invisible|d-none)(?![-\w])",
    re.IGNORECASE,
)
_COLOUR = re.compile(r"(?<![-\w])color\s*:\s*([^;\"'}]{1,40})", re.IGNORECASE)
_GROUND = re.compile(r"(?<![-\w])background(?:-color)?\s*:\s*([^;\"'}]{1,40})", re.IGNORECASE)
_NAMES = re.compile(r"\b(?:class|id)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([\w-]+))", re.IGNORECASE)
_SHEET = re.compile(r"<style\b[^<>]{0,200}>(.*?)(?:</style|\Z)", re.IGNORECASE | re.DOTALL)
_RULE = re.compile(r"\{([^{}]{0,2000})\}")
_SELECTORS = 300  # characters before a rule that may name what it is for
_SELECTOR = re.compile(r"[.#]([\w-]+)")


def is_hiding(tag: str, hiding: frozenset[str]) -> bool:
    """True when a tag hides what stands in it, by itself or by a class of the style sheet."""
    if _HIDING.search(tag) or _same_colour(tag):
        return True
    if not hiding:
        return False
    named = " ".join(next(filter(None, m.groups()), "") for m in _NAMES.finditer(tag))
    return not hiding.isdisjoint(named.split())


def hiding_names(text: str) -> frozenset[str]:
    """The classes and identifiers that the style sheets of a page hide."""
    if "<style" not in text.lower():
        return frozenset()
    return frozenset(
        name
        for sheet in _SHEET.finditer(text)
        for rule in _RULE.finditer(sheet[1])
        if _HIDING.search(rule[1]) or _same_colour(rule[1])
        for name in _SELECTOR.findall(_selectors(sheet[1], rule.start()))
    )


def _selectors(sheet: str, end: int) -> str:
    """What stands between the rule before and this one."""
    return sheet[max(0, end - _SELECTORS) : end].rpartition("}")[2]


def _same_colour(style: str) -> bool:
    """True for letters in the colour of their ground."""
    colour, ground = _COLOUR.search(style), _GROUND.search(style)
    return bool(colour and ground and colour[1].strip().lower() == ground[1].strip().lower())
