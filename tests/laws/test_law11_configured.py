"""Law 11 for the scanners that the user configures: four times the text, less than six times
the CPU time.
"""

from collections.abc import Callable
from functools import cache

import pytest

from shield.label import segment
from shield.scanners import Scanner, Services, scanner_class
from shield.text.patterns import PatternSet
from shield.text.views import expand
from shield.types import Checkpoint, Source, Subject
from tests.conftest import CONFIGURED
from tests.growth import assert_linear
from tests.laws.test_law11_linear import HOSTILE, ORDINARY, _text

EVERYWHERE = {"surfaces": ["user", "data", "answer"]}
PHRASES = {"phrases": ["free money", "guaranteed return", "aaaaaaab", "漢字"], "fuzzy": True}
OPTIONS = {
    "banned_phrases": {"lists": {"a": PHRASES, "b": {"phrases": ["aab"], "inside_words": True}}},
    "code": EVERYWHERE,
    "gibberish": EVERYWHERE,
    "language": {"allow": ["en"], **EVERYWHERE},
    "schema": {"json_schema": {"type": "object"}},
    "size": {"tokens": 1, "characters": 1},
}
MORE = {
    "statements": "SELECT a, b, c FROM t WHERE x = 1 JOIN ",
    "open calls": "def f(((((",
    "arrows": "=> a -> b <- c := ",
    "respelled": "guarnteed retrn fre mony ",
    "new words": "".join(f"{a}{b}{c}xq " for a in "bcdfg" for b in "hjklm" for c in "npqrs"),
    "fences": "```python\n",
    "markup": "<div class=",
}
TEXTS = {**ORDINARY, **HOSTILE, **MORE}
SMALL, LARGE = 16_384, 65_536


@cache
def _scanner(name: str) -> Scanner:
    kind = scanner_class(name)
    assert kind is not None
    services = Services((), PatternSet.of(()), (), {}, 60.0)
    return kind(kind.Options.model_validate(OPTIONS[name]), services)


def _scan(scanner: Scanner, text: str) -> Callable[[int], Callable[[], object]]:
    def work(size: int) -> Callable[[], object]:
        shown = _text(text, size) if text not in MORE else (MORE[text] * size)[:size]
        views = expand(shown).views if scanner.id == "banned_phrases" else ()
        one = segment(shown, Source.DOCUMENT)
        subject = Subject(Checkpoint.INPUT, (one,), views=(views,))
        return lambda: list(scanner.scan(subject))

    return work


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("name", OPTIONS)
def test_a_configured_scanner_costs_no_more_than_the_length(name, text):
    assert_linear(_scan(_scanner(name), text), SMALL, LARGE)


def test_every_configured_scanner_without_a_model_is_measured():
    without = {
        name
        for name in CONFIGURED - {"classifier", "judge", "tool_pins"}
        if not scanner_class(name).models
    }
    assert set(OPTIONS) == without
