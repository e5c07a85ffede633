"""Numbers are read in every locale, with scale, unit and sign."""

import pytest

from shield.text.figures import figures, free, readings
from tests.growth import assert_linear

READ = [
    ("1,234.56", [1234.56]),
    ("1.234,56", [1234.56]),
    ("1 234,56", [1234.56]),
    ("1\u202f234,56", [1234.56]),
    ("1'234.56", [1234.56]),
    ("1,23,456", [123456]),
    ("12.345.678", [12345678]),
    ("1.234", [1234, 1.234]),
    ("0.234", [0.234]),
    ("12.5", [12.5]),
    ("2026", [2026]),
]
SCALED = [
    ("$12.6 million", 12.6e6, "USD"),
    ("€120m", 120e6, "EUR"),
    ("EUR 3,5 Mrd.", 3.5e9, "EUR"),
    ("18,4 M€", 18.4e6, "EUR"),
    ("415 k€", 415e3, "EUR"),
    ("91,73 Mio. Euro", 91.73e6, "EUR"),
    ("₹25 crore", 25e7, "INR"),
    ("3 lakh", 3e5, ""),
    ("640百万円でした", 640e6, "JPY"),
    ("10,6 millions d'euros", 10.6e6, ""),
    ("412,5 tys. zł", 412500, "PLN"),
    ("R$ 38,90", 38.9, "BRL"),
    ("CHF 5", 5, "CHF"),
    ("8,3 %", 8.3, "%"),
    ("42 percent", 42, "%"),
    ("41 Prozent", 41, "%"),
    ("3.6 percentage points", 3.6, "pp"),
    ("5 km", 5, ""),
]


@pytest.mark.parametrize(("shown", "values"), READ, ids=[shown for shown, _ in READ])
def test_digits_keep_every_reading_that_their_form_allows(shown, values):
    assert [value for value, _ in readings(shown)] == values
    (figure,) = figures(f"so {shown} it is")
    assert figure.plain == shown


@pytest.mark.parametrize("broken", ["1.2.3.4.5", "1,2.3,4", "12.34.56"])
def test_what_is_no_number_has_no_reading(broken):
    assert readings(broken) == ()


@pytest.mark.parametrize(("shown", "value", "unit"), SCALED, ids=[s for s, _, _ in SCALED])
def test_scale_and_unit_in_many_languages(shown, value, unit):
    (figure,) = figures(f"It was {shown}")
    assert figure.values[0] == pytest.approx(value)
    assert figure.unit == unit


@pytest.mark.parametrize("text", ["Q3", "x86", "abc123def", "H1N1", "", "no number", "v2a"])
def test_numbers_inside_words_are_none(text):
    assert figures(text) == []


@pytest.mark.parametrize(
    ("text", "negative"),
    [("-5", True), ("fell by \u22125.2", True), ("10-12", False), ("5", False)],
)
def test_a_minus_sign_is_no_hyphen(text, negative):
    assert any(figure.negative for figure in figures(text)) is negative


def test_a_rounded_figure_is_near_what_it_was_rounded_from():
    (figure,) = figures("$1.2 million")

    assert figure.near(1_234_567)
    assert not figure.near(1_270_000)
    assert not figure.near(1_200)
    assert figure.near(-1_200_000)


def test_about_lets_zeros_stand_for_other_digits():
    (plain,), (about,) = figures("54.500 people"), figures("unos 54.500 habitantes")

    assert not plain.near(54_538)
    assert about.near(54_538)
    assert not about.near(57_500)


def test_whole_numbers_without_unit_are_known():
    assert [f.whole for f in figures("3 of 2026 and 5 % or 12,5")] == [3, 2026, None, None]


def test_figures_outside_of_ranges():
    found = figures("1 22 333 4444")
    assert [f.plain for f in free(found, [(0, 3), (5, 9)])] == ["4444"]
    assert list(free(found, [])) == found


@pytest.mark.parametrize("unit", ["1", "1 ", "1,", "1.", "-", "12 345 ", "$", "1e", "九", "1'"])
def test_hostile_texts_cost_no_more_than_their_length(unit):
    def work(size):
        text = (unit * size)[:size]
        return lambda: figures(text)

    assert_linear(work, 8_000, 32_000, limit=8, slack=0.03)


def test_parts_of_one_number_are_one_figure():
    (one, other) = figures("売上高は1412億3000万円、利益は5億円")

    assert (one.values, one.unit, one.start) == ((141_230_000_000.0,), "JPY", 4)
    assert other.values == (500_000_000.0,)
    assert [f.values for f in figures("3 million 5")] == [(3e6,), (5.0,)]


def test_hundredths_are_a_scale():
    assert figures("80 centesimi")[0].values == (0.8,)


def test_millimetres_are_no_millions():
    assert figures("92.7 mm of rain")[0].values == (92.7,)
