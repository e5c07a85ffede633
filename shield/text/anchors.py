"""What a translation leaves as it is: numbers, names in the middle of a sentence, codes, addresses."""

import regex

_NUMBER = regex.compile(r"\d+(?:[.,:]\d+)*")
_CODE = regex.compile(r"(?<!\S)(?=\S*[\d_@/#-])(?=\S*\p{L})[\w@./#-]{3,60}\w")
_NAME = regex.compile(r"(?<=[\p{L}\d,;:)'’\"]\s{1,2}[\"'“(]?)\p{Lu}[\p{L}\d]{2,30}")


def anchors(text: str) -> frozenset[str]:
    """The anchors of a sentence, casefolded; numbers without their separators."""
    found = {regex.sub(r"[.,:]", "", m[0]) for m in _NUMBER.finditer(text)}
    found |= {m[0].casefold() for form in (_CODE, _NAME) for m in form.finditer(text)}
    return frozenset(found)


def held(wanted: frozenset[str], text: str) -> frozenset[str]:
    """Those of the wanted anchors that stand in a text, whatever their letters' case there."""
    low = text.casefold()
    numbers = {regex.sub(r"[.,:]", "", m[0]) for m in _NUMBER.finditer(text)}
    return frozenset(
        one
        for one in wanted
        if (one in numbers if one.isdigit() else regex.search(rf"(?<!\w){regex.escape(one)}", low))
    )
