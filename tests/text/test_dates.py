"""Dates are the same date in every form and language."""

import pytest

from shield.text.dates import Day, dates
from tests.growth import assert_linear

SAME = [
    "2021-03-12",
    "12 March 2021",
    "March 12, 2021",
    "12th of March 2021",
    "12. März 2021",
    "12 mars 2021",
    "12 de marzo de 2021",
    "12 marzo 2021",
    "12 de março de 2021",
    "12 maart 2021",
    "12 marca 2021",
    "2021年3月12日",
    "12.03.2021",
    "3/12/2021",
    "12/03/21",
]


@pytest.mark.parametrize("shown", SAME)
def test_one_date_in_many_forms(shown):
    (dated,) = dates(f"on {shown} it was")
    assert Day(2021, 3, 12) in dated.days


def test_numbers_in_either_order_keep_both_meanings():
    assert set(dates("on 4/5/2020")[0].days) == {Day(2020, 4, 5), Day(2020, 5, 4)}


@pytest.mark.parametrize(
    "text",
    ["", "5 apples", "12 monkeys 2021", "10.2.3.4", "2021-13-45", "99/99/2021", "1-2", "may be"],
)
def test_what_is_no_date(text):
    assert dates(text) == []


def test_a_month_and_a_year_or_a_day_alone():
    assert dates("in March 2021")[0].days == (Day(2021, 3, 0),)
    assert dates("on 5 May")[0].days == (Day(0, 5, 5),)


def test_what_is_said_fits_what_says_more():
    full = Day(2021, 3, 12)

    assert full.fits(full)
    assert Day(2021, 3, 0).fits(full)
    assert Day(0, 3, 12).fits(full)
    assert full.fits(Day(0, 3, 12))
    assert not Day(2021, 3, 13).fits(full)
    assert not Day(2022, 3, 12).fits(full)
    assert not full.fits(Day(2021, 3, 0))


def test_dates_do_not_overlap():
    found = dates("12 March 2021 and 2021-03-12")
    assert [(d.start, d.end) for d in found] == [(0, 13), (18, 28)]


@pytest.mark.parametrize("unit", ["1.", "12 ", "may ", "1/1/", "2021-", "1 may ", "年1月"])
def test_hostile_texts_cost_no_more_than_their_length(unit):
    def work(size):
        text = (unit * size)[:size]
        return lambda: dates(text)

    assert_linear(work, 8_000, 32_000, limit=8, slack=0.03)
