"""Dates as people write them, in the forms and languages of trade."""

import re
from typing import NamedTuple

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner janvier enero ene gennaio janeiro januari stycznia styczeń januar ocak",
            "february feb februar février fevrier febrero febbraio fevereiro februari lutego luty şubat",
            "march mar märz maerz mars marzo março maart marca marzec mart",
            "april apr avril abril aprile kwietnia kwiecień nisan",
            "may mai mayo maggio maio mei maja maj mayıs",
            "june jun juni juin junio giugno junho czerwca czerwiec haziran",
            "july jul juli juillet julio luglio julho lipca lipiec temmuz",
            "august aug août aout agosto augustus sierpnia sierpień ağustos",
            "september sep sept septembre septiembre settembre setembro września wrzesień eylül",
            "october oct okt oktober octobre octubre ottobre outubro października październik ekim",
            "november nov novembre noviembre novembro listopada listopad kasım",
            "december dec dez dezember décembre decembre diciembre dicembre dezembro december grudnia grudzień aralık",
        ),
        1,
    )
    for name in names.split()
}
_NAME = r"(?P<month>[^\W\d_]{3,12})\.?"
_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?<![\d/.-])(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?![\d/-])",
        r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?:(?P<d>\d{1,2})日)?",
        r"(?<![\d/.-])(?P<a>\d{1,2})(?P<mark>[./-])(?P<b>\d{1,2})(?P=mark)(?P<y>\d{4}|\d{2})(?![\d/-])",
        rf"(?<![\d.,])(?P<d>\d{{1,2}})(?:st|nd|rd|th|er|\.|º|°)?[ \u00a0](?:(?:de|of|d') ?)?{_NAME}(?:,?[ \u00a0](?:(?:de|del) )?(?P<y>\d{{4}})(?!\d))?",
        rf"\b{_NAME}[ \u00a0](?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?[ \u00a0](?P<y>\d{{4}}))?(?![\d.,]?\d)",
        rf"\b{_NAME},?[ \u00a0](?:(?:de|del) )?(?P<y>\d{{4}})(?!\d)",
    )
)


class Day(NamedTuple):
    """A date; 0 for a part that is not said."""

    year: int
    month: int
    day: int

    def fits(self, other: "Day") -> bool:
        """True when nothing that both say differs, and the other says all that this one does."""
        return all(own in {0, theirs} for own, theirs in zip(self, other, strict=True)) or (
            self.month == other.month and self.day == other.day and 0 in {self.year, other.year}
        )


class Dated(NamedTuple):
    """A date as it is written at [start, end), and what it can mean."""

    days: tuple[Day, ...]
    start: int
    end: int


def dates(text: str) -> list[Dated]:
    """The dates of a text in order; of two that overlap the first form counts."""
    found: list[Dated] = []
    for form in _FORMS:
        for match in form.finditer(text):
            days = _days(match.groupdict())
            if days:
                found.append(Dated(days, *match.span()))
    kept: list[Dated] = []
    for one in sorted(found, key=lambda dated: (dated.start, -dated.end)):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _days(parts: dict[str, str | None]) -> tuple[Day, ...]:
    year = int(parts.get("y") or 0)
    year += 2000 if 0 < year < 100 else 0
    if "month" in parts:
        month = _MONTHS.get((parts["month"] or "").casefold(), 0)
        tried = [(month, int(parts.get("d") or 0))] if month else []
    elif "a" in parts:
        first, second = int(parts["a"] or 0), int(parts["b"] or 0)
        tried = [(second, first), (first, second)]
    else:
        tried = [(int(parts["m"] or 0), int(parts["d"] or 0))]
    return tuple(Day(year, m, d) for m, d in dict.fromkeys(tried) if 1 <= m <= 12 and d <= 31)
