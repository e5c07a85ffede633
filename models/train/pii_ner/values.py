"""Values for the slots of the templates: names, places, dates and numbers of many cultures."""

import json
import random
import string
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

from models.train.rows import PHRASES

_POOLED = 0.35
_POSTCODES = (
    *("99999", "9999", "99-999", "999 99", "A9 9AA", "AA99 9AA", "9999 AA", "99999-999"),
    *("99999-9999", "A9A 9A9"),
)
_NUMBER_FIRST = frozenset({"en", "fr", "indian", "african", "arabic"})
# Up to which draw an address has which form.
_FIELD_POST, _NUMBERED_TWICE, _LINE_ONLY, _TOWN_ONLY = 0.03, 0.15, 0.38, 0.82
# Languages whose speakers write dates between the number and the month with a word.
_OF = {"es": " de ", "pt": " de ", "de": ". "}


@cache
def lists() -> dict[str, Any]:
    """The hand-written lists."""
    found: dict[str, Any] = json.loads((PHRASES / "pii_values.json").read_text("utf-8"))
    return found


@cache
def date_words() -> frozenset[str]:
    """Months and days of the week in every language, lower case."""
    tables = (lists()["months"], lists()["days"])
    return frozenset(w.lower() for table in tables for words in table.values() for w in words)


class Values:
    """Draws values; `lang` sets which culture is the likely one, never the only one.

    `pools` holds further values by slot.
    """

    def __init__(
        self, rng: random.Random, pools: Mapping[str, Sequence[str]] = MappingProxyType({})
    ) -> None:
        self._rng, self._pools = rng, pools
        self._makers: dict[str, Callable[[str], str]] = {
            "PERSON": self.person,
            "FIRST": self.first,
            "LAST": self.last,
            "LOCATION": self.location,
            "CITY": lambda lang: self._pick("city", lang),
            "ORGANIZATION": self.organization,
            "DATE_TIME": self.date,
            "YEAR": lambda lang: self._year(),
            "TIME": self.time,
            "ADDRESS": self.address,
            "ID": self.number,
            "CARD": lambda lang: self._card(),
            "IBAN": lambda lang: self._shape(
                "AA99 9999 9999 9999 9999 99", "AA99AAAA99999999999999", "AA999999999999999999"
            ),
            "SSN": lambda lang: self._shape("999-99-9999", "999 99 9999", "999999999"),
            "PHONE": lambda lang: self._shape(
                "+99 999 9999999",
                "(999) 999-9999",
                "999-999-9999",
                "0999 999 99 99",
                "099 99999999",
                "+9 999 999 9999 x999",
            ),
            "EMAIL": self.email,
            "URL": self.url,
            "IP": lambda lang: ".".join(str(rng.randint(1, 254)) for _ in range(4)),
            "NUMBER": lambda lang: str(rng.choice([rng.randint(1, 99), rng.randint(100, 99999)])),
            "MONEY": self.money,
            "ORDER": lambda lang: self._shape(
                "#9999", "AA-99999", "999-9999999", "9999-A", "AAA99999", "#999999"
            ),
            "HEX": lambda lang: "".join(
                rng.choice("0123456789abcdef") for _ in range(rng.choice((7, 12, 32)))
            ),
            "FLIGHT": lambda lang: self._shape("AA999", "AA 9999"),
            "AGE": lambda lang: str(rng.randint(5, 97)),
            "NATIONALITY": lambda lang: rng.choice(lists()["nationality"]),
            "PRODUCT": lambda lang: rng.choice(lists()["product"]),
        }

    def of(self, slot: str, lang: str) -> str:
        """A value for a slot.

        Raises:
            KeyError: no such slot.
        """
        if self._pools.get(slot) and self._rng.random() < _POOLED:
            return self._rng.choice(self._pools[slot])
        return self._makers[slot](lang)

    def person(self, lang: str) -> str:
        rng, culture = self._rng, self._culture("first", lang)
        first, last = self.first(culture), self.last(culture)
        kind = rng.random()
        if kind < 0.62:
            return f"{first} {last}"
        if kind < 0.68:
            return f"{first} {rng.choice(string.ascii_uppercase)}. {last}"
        if kind < 0.73:
            return f"{first[0]}. {last}"
        if kind < 0.78:
            return f"{first} {self.first(culture)} {last}"
        if kind < 0.82:
            return f"{first} {last}-{self.last(culture)}"
        return rng.choice((first, first, last))

    def first(self, lang: str) -> str:
        return self._invented(1, 3) if self._rng.random() < 0.06 else self._pick("first", lang)

    def last(self, lang: str) -> str:
        return self._invented(2, 3) if self._rng.random() < 0.15 else self._pick("last", lang)

    def location(self, lang: str) -> str:
        rng, kind = self._rng, self._rng.random()
        if kind < 0.5:
            return self._pick("city", lang)
        if kind < 0.85:
            return str(rng.choice(lists()["region"]))
        return self._invented(1, 3) + rng.choice(
            ("", "", "burg", "ville", "ford", "dorf", "ham", "by", "wice")
        )

    def organization(self, lang: str) -> str:
        rng, kind, known = self._rng, self._rng.random(), lists()
        if kind < 0.35:
            return str(rng.choice(known["organization"]))
        brand = rng.choice(known["brand"]) if rng.random() < 0.6 else self._invented(2, 3)
        if kind < 0.40:
            return f"{self.last(lang)}, {self.last(lang)} and {self.last(lang)}"
        if kind < 0.45:
            return f"{self.last(lang)}{rng.choice(('-', '-', ' and ', ' & '))}{self.last(lang)}"
        if kind < 0.55:
            return f"{self.last(lang)} {rng.choice(known['form'])}"
        if kind < 0.65:
            return f"{brand}{rng.choice(('', '', 'ly', 'ify', 'hub', 'soft', 'tech', '.com'))}"
        field = f"{brand} {rng.choice(known['field'])}"
        return field if kind < 0.82 else f"{field} {rng.choice(known['form'])}"

    def date(self, lang: str) -> str:
        rng = self._rng
        day, month, year = rng.randint(1, 28), rng.randint(1, 12), self._year()
        name, weekday = lists()["months"][lang][month - 1], rng.choice(lists()["days"][lang])
        of = _OF.get(lang, " ")
        worded = f"{day}{of}{name}{of if lang in {'es', 'pt'} else ' '}{year}"
        if lang == "en":
            worded = rng.choice(
                (
                    worded,
                    f"{name} {day}, {year}",
                    f"{name} {day}",
                    f"{day}th of {name}",
                    f"{name[:3]} {day} {year}",
                    f"{name} {year}",
                )
            )
        shapes = (
            f"{year}-{month:02}-{day:02}",
            f"{day:02}.{month:02}.{year}",
            f"{day}/{month}/{year}",
            f"{month:02}/{day:02}/{year[2:]}",
            f"{year}-{month:02}-{day:02} {self._clock()}:{rng.randint(0, 59):02}",
            f"{year}-{month:02}-{day:02}T{self._clock()}:00Z",
            f"{day}-{name[:3]}-{year[2:]}",
            weekday,
            f"{weekday} {day}{of}{name}",
            f"{weekday}, {worded}",
        )
        kind = rng.random()
        return worded if kind < 0.4 else year if kind < 0.48 else rng.choice(shapes)

    def time(self, lang: str) -> str:
        hour = self._rng.randint(1, 12)
        english = (
            f"{hour}:{self._rng.randint(0, 59):02} pm",
            f"{hour}pm",
            f"{hour} a.m.",
            f"{hour} o'clock",
        )
        return self._rng.choice((self._clock(), self._clock(), *(english if lang == "en" else ())))

    def address(self, lang: str) -> str:
        rng, culture = self._rng, self._culture("street", lang)
        street, city = self._pick("street", culture), self._pick("city", culture)
        number = f"{rng.randint(1, 9999 if rng.random() < 0.3 else 160)}"
        number += rng.choice(("", "", "", "", "a", "B", "/4"))
        post, region = self._shape(*_POSTCODES), rng.choice(lists()["region"])
        flat = rng.choice(
            ("", "", "", " Apt. 999", " Suite 999", ", Flat 9", " 2º B", ", 9th floor")
        )
        flat = "".join(rng.choice("123456789") if c == "9" else c for c in flat)
        kind = rng.random()
        if kind < _FIELD_POST:
            return self._field_post()
        if kind < _NUMBERED_TWICE:
            by = rng.choice(("\n", " ", ", ", "\n>"))
            line = f"{rng.randint(1, 99999)} {street} {rng.randint(1, 999)}{flat}"
            return f"{line}{by} {city}{by} {rng.choice((region + ' ' + post, region, post))}"
        line = f"{number} {street}" if culture in _NUMBER_FIRST else f"{street} {number}"
        by = rng.choice((", ", ", ", "\n", ",\n", " "))
        town = rng.choice((f"{post} {city}", f"{city} {post}", f"{city}, {post}", city))
        if kind < _LINE_ONLY:
            return line
        whole = f"{line}{flat}{by}{town}"
        return whole if kind < _TOWN_ONLY else f"{whole}{by}{region}"

    def _field_post(self) -> str:
        """The addresses of American soldiers abroad."""
        box = self._shape("9999"), self._shape("9999")
        name = self.last("en")
        shape = self._rng.choice(
            ("PSC {}, Box {}".format(*box), "Unit {} Box {}".format(*box), f"USNS {name}")
        )
        office = f"{self._rng.choice(('APO', 'FPO', 'DPO'))} {self._rng.choice(('AA', 'AE', 'AP'))}"
        return f"{shape}\n{office} {self._shape('99999')}"

    def number(self, lang: str) -> str:
        return self._shape(
            "A9999999",
            "AA999999",
            "999999999",
            "99999999A",
            "AAA9999999",
            "99999999999",
            "999.999.999-99",
            "C99A99999",
            "99 999 999",
            "9999-9999",
            "AA-9999-9999",
            "999 999 9999",
            "AAA-999999",
            "AAAAAA99A99A999A",
            "A9999-99999-99999",
            "9999999",
            "99/999/99999",
            "A-999999",
            "99999999999999",
            "A99-999-99-999-9",
        )

    def email(self, lang: str) -> str:
        name = f"{self.first(lang)}.{self.last(lang)}".replace(" ", "").lower()
        return f"{name}@{self._invented(2, 3).lower()}.{self._rng.choice(('com', 'org', 'de', 'fr', 'net', 'pl'))}"

    def url(self, lang: str) -> str:
        return f"https://{self._rng.choice(('www.', '', 'docs.'))}{self._invented(2, 4).lower()}.{self._rng.choice(('com', 'io', 'org', 'es'))}/{self._rng.choice(('', 'help', 'a/b?id=4', 'status'))}"

    def money(self, lang: str) -> str:
        amount = f"{self._rng.randint(1, 9999)}{self._rng.choice(('', '.50', ',00', '.99'))}"
        return self._rng.choice(
            (
                f"${amount}",
                f"{amount} €",
                f"{amount} EUR",
                f"£{amount}",
                f"{amount} zł",
                f"{amount} TL",
                f"{amount} dollars",
            )
        )

    def _pick(self, what: str, lang: str) -> str:
        return str(self._rng.choice(lists()[what][self._culture(what, lang)]))

    def _culture(self, what: str, lang: str) -> str:
        known = lists()[what]
        return lang if lang in known and self._rng.random() < 0.6 else self._rng.choice(list(known))

    def _invented(self, least: int, most: int) -> str:
        rng, known = self._rng, lists()
        made = "".join(rng.choice(known["syllables"]) for _ in range(rng.randint(least, most)))
        return (made + rng.choice(known["endings"])).capitalize()

    def _year(self) -> str:
        return str(self._rng.randint(1930, 2031))

    def _clock(self) -> str:
        return f"{self._rng.randint(0, 23):02}:{self._rng.randint(0, 59):02}"

    def _card(self) -> str:
        return self._shape(
            "9999 9999 9999 9999",
            "9999999999999999",
            "9999-9999-9999-9999",
            "999999999999999",
            "9999 999999 99999",
            "99999999999999",
        )

    def _shape(self, *shapes: str) -> str:
        table = {"9": string.digits, "A": string.ascii_uppercase}
        return "".join(self._rng.choice(table.get(c, c)) for c in self._rng.choice(shapes))
