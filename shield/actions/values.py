"""When two spellings are one value: dates, telephone numbers, links, addresses, codes, amounts.

Everything works on folded text (`fold`), in one pass. A value that merely resembles another is a different
one: `resembles` finds such pairs, which only ever raises a risk.
"""

import math
from collections.abc import Iterable, Iterator
from itertools import chain

import regex
from rapidfuzz.distance import OSA

from shield.text.canonical import canonical

_SPACE = regex.compile(r"\s+")
_NOT_ALNUM = regex.compile(r"[^\w]|_")
_NUMBER = regex.compile(r"\d[\d.,'_]*+")
_SPACED = regex.compile(r"(?<![\d.,])\d{1,3}(?: \d{3})++(?:[.,]\d{1,2})?(?!\d)")
_ADDRESS = regex.compile(r"(?<![\w.+-])[\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,8}")
_LINK = regex.compile(
    r"(?<![\w@./-])(?:https?://|ftp://)?(?:[\w-]{1,63}+\.){1,8}[a-z][\w-]{1,62}+(?::\d{1,5})?(?:[/?#][^\s<>\"'`)\]}]*+)?"
)
_IBAN = regex.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?\b")
_PHONE = regex.compile(r"(?<![\w])\+?\d(?:[ ()./-]{0,2}\d){6,15}(?![\w])")
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janner janvier janv enero ene gennaio gen janeiro januari stycznia ocak",
            "february feb februar fevrier fevr febrero febbraio fevereiro fev februari lutego subat",
            "march mar marz mars marzo marco maart marca mart",
            "april apr avril avr abril abr aprile kwietnia nisan",
            "may mai mayo maggio mag maio mei maja mayis",
            "june jun juni juin junio giugno giu junho czerwca haziran",
            "july jul juli juillet juil julio luglio lug julho lipca temmuz",
            "august aug aout agosto ago augustus sierpnia agustos",
            "september sep sept septembre septiembre settembre set setembro wrzesnia eylul",
            "october oct oktober okt octobre octubre ottobre ott outubro out pazdziernika ekim",
            "november nov novembre noviembre novembro listopada kasim",
            "december dec dezember dez decembre diciembre dic dicembre dezembro december grudnia aralik",
        ),
        1,
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_YEAR_FIRST = regex.compile(r"(?<!\d)(\d{4})[-/.年년] ?(\d{1,2})[-/.月월] ?(\d{1,2})(?!\d)")
_YEAR_LAST = regex.compile(r"(?<![\d.])(\d{1,2})[-/.] ?(\d{1,2})[-/.] ?(\d{4})(?!\d)")
_DAY_MONTH = regex.compile(
    rf"(?<![\d.:])(\d{{1,2}})(?:st|nd|rd|th|er|[.º])? ?(?:of |de |di |d'|-)?(?:the )?\b({_MONTH})\b\.?,? ?(?:de |of |-)?(\d{{4}})?"
)
_MONTH_DAY = regex.compile(
    rf"\b({_MONTH})\b\.? ?(?:the )?(\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.])(?:,? (\d{{4}}))?"
)
_EASTERN = regex.compile(r"(?<!\d)(\d{1,2})[月월] ?(\d{1,2})[日일]")
_CLOCK = regex.compile(r"[t ]\d{1,2}:\d{2}.*+$")
_AUTHORITY = regex.compile(r"[^/?#\\\s]*")
_LEET = str.maketrans("015", "ols")
_MIN_SQUASHED, _MIN_LABEL, _MIN_LIKE = 5, 4, 8


def fold(text: str) -> str:
    """The form in which values are compared: case, look-alikes, invisibles and spacing undone."""
    return _SPACE.sub(" ", canonical(text).text).strip()


def squash(folded: str) -> str:
    """Letters and digits only."""
    return _NOT_ALNUM.sub("", folded)


def numbers(folded: str) -> Iterator[float]:
    """Every reading of every number in a text: 1.200 is both twelve hundred and one and a fifth."""
    spaced = (shown.replace(" ", "") for shown in _SPACED.findall(folded))
    for match in chain(_NUMBER.findall(folded), spaced):
        shown = match.rstrip(".,'_")
        if len(shown) > 24:
            continue
        for reading in {shown, shown.replace(",", ""), shown.replace(".", "").replace(",", ".")}:
            try:
                yield float(reading.replace("'", "").replace("_", ""))
            except ValueError:
                continue


def size(value: float) -> float:
    """A number without its sign; infinite when it is too large to compute with."""
    try:
        return abs(float(value))
    except OverflowError:
        return math.inf


def addresses(folded: str) -> list[str]:
    """Mail addresses in a text."""
    return [match.rstrip(".-") for match in _ADDRESS.findall(folded)] if "@" in folded else []


def links(folded: str) -> list[str]:
    """Links and host names in a text, as written."""
    return [match.rstrip(".,;:!?") for match in _LINK.findall(folded)] if "." in folded else []


def accounts(folded: str) -> list[str]:
    """IBANs in a text, as written."""
    return _IBAN.findall(folded)


def link(shown: str) -> str:
    """A link without what does not change where it leads."""
    bare = shown.partition("://")[2] or shown
    return bare.removeprefix("www.").rstrip("/.,;:!?")


def host(shown: str) -> str:
    """The host of a link or mail address; empty when there is none."""
    found = _AUTHORITY.match(link(shown))
    name = found[0].rpartition("@")[2].partition(":")[0] if found else ""
    return name if "." in name else ""


def telephone(folded: str) -> str:
    """The digits by which a telephone number is recognised; empty when it is none."""
    match = _PHONE.fullmatch(folded)
    digits = squash(folded)
    return digits[-9:] if match and digits.isdigit() and len(digits) >= 7 else ""


def forms(folded: str) -> frozenset[str]:
    """Everything in a text that has more than one spelling, in one spelling."""
    found = {f"d:{shown}" for shown in dates(folded)}
    found |= {f"u:{link(shown)}" for shown in links(folded)}
    found |= {f"i:{shown.replace(' ', '')}" for shown in accounts(folded)}
    found |= {f"p:{squash(shown)[-9:]}" for shown in _PHONE.findall(folded)}
    return frozenset(found)


def spellings(folded: str) -> frozenset[str]:
    """The forms of one value, any of which makes it the same as one in a text."""
    found: set[str] = set()
    day = list(dates(_CLOCK.sub("", folded)))
    if day and len(folded) <= 32:
        found |= {f"d:{shown}" for shown in day}
        found |= {f"d:-{shown[4:]}" for shown in day if not shown.startswith("--")}
    if (_LINK.fullmatch(folded) or "://" in folded) and " " not in folded:
        found.add(f"u:{link(folded)}")
    if _IBAN.fullmatch(folded):
        found.add(f"i:{folded.replace(' ', '')}")
    if phone := telephone(folded):
        found.add(f"p:{phone}")
    return frozenset(found)


def dates(folded: str) -> Iterator[str]:
    """Days in a text as `2024-05-19`, without a year as `--05-19`; both readings of 5/6/2024."""
    for year, month, day in _YEAR_FIRST.findall(folded):
        yield from _day(year, month, day)
    for one, other, year in _YEAR_LAST.findall(folded):
        yield from _day(year, other, one)
        yield from _day(year, one, other)
    for day, name, year in _DAY_MONTH.findall(folded):
        yield from _day(year, str(_MONTHS[name]), day)
    for name, day, year in _MONTH_DAY.findall(folded):
        yield from _day(year, str(_MONTHS[name]), day)
    for month, day in _EASTERN.findall(folded):
        yield from _day("", month, day)


def _day(year: str, month: str, day: str) -> Iterator[str]:
    if 1 <= int(month) <= 12 and 1 <= int(day) <= 31:
        yield f"{year or '-'}-{int(month):02}-{int(day):02}"


def occurs(folded: str, inside: str, inside_squashed: str) -> bool:
    """True when a folded value stands in a folded text, as a whole or in another grouping."""
    if stands(folded, inside):
        return True
    squashed = squash(folded)
    grouped = "@" not in folded and any(map(str.isdigit, squashed))
    if not grouped or len(squashed) < _MIN_SQUASHED or squashed not in inside_squashed:
        return False
    spread = r"[ ./()\-]{0,2}".join(map(regex.escape, squashed[:64]))
    return regex.search(rf"(?<![a-z0-9]){spread}(?![a-z0-9])", inside) is not None


def stands(folded: str, inside: str) -> bool:
    """True when a folded value stands in a folded text and is not a part of a longer one."""
    named = "@" in folded or "://" in folded
    at = inside.find(folded)
    while at >= 0:
        if not (
            _joined(inside, at - 1, named=named)
            or _joined(inside, at + len(folded) - 1, named=named)
        ):
            return True
        at = inside.find(folded, at + 1)
    return False


def _joined(text: str, left: int, *, named: bool) -> bool:
    """True when the characters at `left` and after it belong to one word, or one address."""
    if left < 0 or left + 1 >= len(text):
        return False
    a, b = text[left], text[left + 1]
    # Scripts without spaces join words to their neighbours; only ASCII words have edges.
    if a.isalnum() and b.isalnum():
        return a.isascii() and b.isascii()
    if not named:
        return False
    # "bob@corp.example" is no part of "bob@corp.example.evil.example" nor of "not.bob@corp.example".
    after = text[left + 2 : left + 3]
    return (b in ".-@" and a.isalnum() and after.isalnum()) or (
        a in ".+-_@/" and b.isalnum() and left > 0 and text[left - 1].isalnum()
    )


def variants(name: str) -> frozenset[str]:
    """Keys of which two names that resemble each other share at least one.

    The name that somebody registered as it looks, with each of its letters left out, and an address
    as it looks.
    """
    label = _label(host(name))
    if len(label) < _MIN_LABEL:
        return frozenset()
    found = {_skeleton(label)}
    if len(label) >= _MIN_LIKE - 1:
        found |= {label[:at] + label[at + 1 :] for at in range(len(label))} | {label}
    return frozenset(found)


def resembles(value: str, known: Iterable[str]) -> bool:
    """True when an address or link is not one of `known` and could be mistaken for one of them.

    Hosts are compared without their last label, so that a company's sites in two countries do not
    look alike.
    """
    mine = _label(host(value))
    if len(mine) < _MIN_LABEL:
        return False
    for other in known:
        theirs = _label(host(other))
        if value == other or len(theirs) < _MIN_LABEL:
            continue
        if mine == theirs:
            # Two colleagues may differ by a letter; not by a nought for an O.
            if "@" in value and "@" in other and _skeleton(value) == _skeleton(other):
                return True
        elif _alike(mine, theirs):
            return True
    return False


def _alike(one: str, other: str) -> bool:
    if one == other:
        return False
    if _skeleton(one) == _skeleton(other):
        return True
    most = 1 if min(len(one), len(other)) >= _MIN_LIKE else 0
    return most > 0 and OSA.distance(one, other, score_cutoff=most) <= most


def _skeleton(text: str) -> str:
    return text.translate(_LEET).replace("rn", "m").replace("vv", "w").replace("-", "")


def _label(name: str) -> str:
    """The name that somebody registered: `corp` of `mail.corp.example`."""
    parts = name.split(".")
    if len(parts) > 2 and len(parts[-2]) <= 3:
        return parts[-3]
    return parts[-2] if len(parts) > 1 else ""
