"""Numbers as people write them: in any locale, with scale, unit, currency and sign.

`1.234` is a thousand in Germany and little more than one in England; a figure therefore keeps every
reading that its form allows. It also keeps how precisely it is written, so that a rounded
figure can be compared with the one that it was rounded from.
"""

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from shield.text.measures import CURRENCIES, PERCENT, POINTS, SCALES

_SPACE = " \u00a0\u202f\u2009"
_NUMBER = re.compile(
    rf"(?<![\w.,])(?:\d{{1,3}}(?:[{_SPACE}'’]\d{{3}})+(?:[.,]\d{{1,8}})?|\d{{1,18}}(?:[.,]\d{{1,18}}){{0,8}})(?!\d)"
    rf"|(?<=[^\W\d_a-zA-Z.,])\d{{1,18}}(?:[.,]\d{{1,18}}){{0,8}}(?!\d)"
)
_BEFORE = re.compile(
    r"(?P<minus>(?:(?<![\w)\]%])|(?<=^))[-\u2212\u2013]\s?)?(?:(?P<code>[A-Z]{0,2}[$€£¥₹₩]|\b(?:[A-Z]{3}|Rs\.?|kr\.?))"
    rf"[{_SPACE}]{{0,2}}(?P<later>[-\u2212])?)?$"
)
_AFTER = re.compile(rf"[{_SPACE}]{{0,2}}(?P<word>[^\W\d_]{{1,14}}\.?|%|‰|[€$£¥₹])")
_SHORT_SCALES = frozenset({"m", "k", "b", "t", "cr", "l"})
_ABOUT = re.compile(
    r"(?i)(?:about|around|roughly|approximately|nearly|almost|some|over|under|circa|ca\.?|rund|etwa|ungefähr|knapp|fast|gut"
    r"|environ|près de|quelque|unos|unas|cerca de|aproximadamente|casi|circa|quasi|ongeveer|bijna|około|prawie|約|~|≈)\s*\W?$"
)
_HINT = re.compile(
    r"[^\d\s.,;:'’]"
)  # nothing else can stand before a number and say something of it
_FAR = 14
_SYMBOLS = tuple("€$£¥₹")


class Figure(Struct, frozen=True):
    """A number at [start, end), with its unit.

    `readings` are the values that its form allows and the size of the last digit written, both before
    `scale`; `scaled` says that a scale was written. `unit` is a currency code, `%`, `pp` or empty.
    """

    readings: tuple[tuple[float, float], ...]
    start: int
    end: int
    scale: float = 1.0
    scaled: bool = False
    unit: str = ""
    negative: bool = False
    about: bool = False
    plain: str = ""

    @property
    def whole(self) -> int | None:
        """The value of a plain whole number of at most four digits, else None."""
        small = self.plain.isdigit() and len(self.plain) <= 4
        return int(self.plain) if small and not self.unit and not self.scaled else None

    @property
    def values(self) -> tuple[float, ...]:
        """Each reading in full."""
        return tuple(value * self.scale for value, _ in self.readings)

    def near(self, value: float, scale: float | None = None) -> bool:
        """True when it can be `value` as it is written, or rounded to as many digits."""
        own = self.scale if scale is None else scale
        wanted = abs(value)
        return any(
            abs(known * own - wanted) <= self._slack(known, step) * own + 1e-9 * wanted
            for known, step in self.readings
        )

    def reach(self, value: float) -> float:
        """How far from `value`, one of its own, a number can be that it was rounded from."""
        steps = [self._slack(known, step) for known, step in self.readings]
        return max(steps, default=0.0) * self.scale + 1e-9 * abs(value)

    def _slack(self, value: float, step: float) -> float:
        if not self.about:
            return 0.5 * step
        rounded = step
        while step >= 1 and value >= rounded * 10 and value % (rounded * 10) == 0:
            rounded *= 10
        return max(1.0 * rounded, 0.01 * value)


def figures(text: str) -> list[Figure]:
    """The numbers of a text in order. Linear; numbers inside words are none."""
    found: list[Figure] = []
    for match in _NUMBER.finditer(text):
        one = _figure(text, match)
        if found and found[-1].end == one.start and found[-1].scale > one.scale >= 1:
            one = _compound(found.pop(), one)
        found.append(one)
    return found


def _compound(high: Figure, low: Figure) -> Figure:
    """Two parts of one number, as in `1412億3000万円`."""
    more = [value * high.scale / low.scale for value, _ in high.readings]
    both = tuple((m + value, step) for m in more for value, step in low.readings)
    return replace(
        low,
        readings=both,
        start=high.start,
        unit=low.unit or high.unit,
        negative=high.negative,
        about=high.about,
        plain=high.plain + low.plain,
    )


def readings(shown: str) -> tuple[tuple[float, float], ...]:
    """The values of digits with separators, and the size of the last digit in each."""
    bare = re.sub(rf"[{_SPACE}'’]", "", shown)
    spaced = bare != shown
    marks = [sign for sign in bare if sign in ".,"]
    if not marks:
        return ((float(bare), 1.0),)
    if len(set(marks)) == 2:
        return _decimal(bare, marks[-1]) if marks.count(marks[-1]) == 1 else ()
    parts = re.split("[.,]", bare)
    grouped = not spaced and len(parts[0]) <= 3 and _in_groups(parts[1:])
    if len(marks) > 1:
        return ((float("".join(parts)), 1.0),) if grouped else ()
    decimal = _decimal(bare, marks[0])
    if grouped and parts[0].lstrip("0"):
        return ((float("".join(parts)), 1.0), *decimal)
    return decimal


def _in_groups(parts: list[str]) -> bool:
    """Thousands, or hundreds and a last thousand as in India."""
    return len(parts[-1]) == 3 and all(len(part) in {2, 3} for part in parts)


def _decimal(bare: str, mark: str) -> tuple[tuple[float, float], ...]:
    whole, _, part = bare.rpartition(mark)
    whole = re.sub("[.,]", "", whole)
    return ((float(f"{whole or 0}.{part}"), 10.0 ** -len(part)),)


def _figure(text: str, match: "re.Match[str]") -> Figure:
    ahead = text[max(0, match.start() - _FAR) : match.start()]
    hinted = _HINT.search(ahead) is not None
    before = _BEFORE.search(text, max(0, match.start() - 8), match.start()) if hinted else None
    minus = code = None
    if before:
        minus, code = before["minus"] or before["later"], before["code"]
    end, scale, scaled, unit = _tail(text, match.end())
    front = unit or CURRENCIES.get((code or "").lower().rstrip("."), "")
    closed = text[match.start() - 1 : match.start()] == "(" and text[end : end + 1] == ")"
    return Figure(
        readings(match[0]),
        match.start(),
        end,
        scale,
        scaled,
        front,
        negative=bool(minus),
        about=hinted and _ABOUT.search(text, match.start() - len(ahead), match.start()) is not None,
        plain=f"({match[0]})" if closed else match[0],
    )


def _tail(text: str, at: int) -> tuple[int, float, bool, str]:
    """What follows a number: where it ends, its scale, whether one was written, its unit."""
    scale, scaled, unit = 1.0, False, ""
    for _ in range(3):
        word = _AFTER.match(text, at)
        if not word:
            break
        shown = word["word"].rstrip(".")
        name = shown.casefold()
        attached = word.start("word") == at or text.startswith(_SYMBOLS, word.end())
        stop = word.end()
        if not name.isascii() and name not in SCALES and name not in CURRENCIES:
            name = _known_front(name)
            stop = word.start("word") + len(name)
        if not scaled and name in SCALES and (attached or name not in _SHORT_SCALES):
            scale, scaled = SCALES[name], True
            unit = "JPY" if name.endswith("円") else unit
        elif unit in {"", "%"} and _points(text, word.end(), name):
            unit = "pp"
        elif not unit and (name in PERCENT or name in CURRENCIES):
            unit = "%" if name in PERCENT else CURRENCIES[name]
        elif name not in {"de", "of", "d"} or scale == 1.0:
            both = re.match(r"(?i)([kmb]|mio|mrd|t)([€$£]|eur|usd)$", shown)
            compound = name.removesuffix("€")
            if both and not scaled:
                scale, scaled, unit = (
                    SCALES.get(both[1].lower(), 1.0),
                    True,
                    CURRENCIES[both[2].lower()],
                )
                at = word.end()
            elif compound != name and compound in SCALES:
                scale, scaled, unit = SCALES[compound], True, "EUR"
            break
        else:
            break
        at = stop
    return at, scale, scaled, unit


def _known_front(name: str) -> str:
    """The longest beginning that is a scale or a currency, where words have no blanks between."""
    sizes = range(min(4, len(name)), 0, -1)
    return next((name[:n] for n in sizes if name[:n] in SCALES or name[:n] in CURRENCIES), name)


def _points(text: str, end: int, name: str) -> bool:
    """True for percentage points, in one word or several."""
    if name in POINTS:
        return True
    rest = text[end : end + 16].casefold().lstrip(_SPACE + "-")
    return name in {"percentage", "%", "percent"} and rest.startswith("point")


def free(found: Iterable[Figure], taken: Iterable[tuple[int, int]]) -> Iterator[Figure]:
    """The figures that no taken range holds; both in order."""
    ranges = iter(taken)
    here = next(ranges, None)
    for one in found:
        while here is not None and here[1] <= one.start:
            here = next(ranges, None)
        if here is None or one.start < here[0]:
            yield one
