"""Amounts follow from known ones, and names from their parts; nothing follows from everything."""

import json

import pytest

from shield.actions.derive import computed, joined
from shield.actions.reading import read, read_own

CART = read(
    json.dumps([{"item": "tent", "price": 89.5, "qty": 2}, {"item": "mat", "price": 20, "qty": 1}])
)


@pytest.mark.parametrize(
    ("value", "given"),
    [
        (32.0, {96.0, 3.0}),
        (110.0, {100.0, 10.0}),
        (90.0, {100.0, 10.0}),
        (179.0, set()),
        (109.5, set()),
        (98.45, {10.0}),
        (80.55, {10.0}),
        (85.5, {4.0}),
        (54.75, set()),
        (2.0, set()),
    ],
)
def test_an_amount_follows(value, given):
    assert computed(value, given, [CART])


@pytest.mark.parametrize(("value", "given"), [(4711.0, {96.0}), (999.99, set()), (1e9, {2.0})])
def test_another_does_not(value, given):
    assert not computed(value, given, [CART])


def test_numbers_of_two_records_make_nothing_together():
    rows = read(json.dumps([{"a": 17.3, "b": 1000.7}, {"a": 5000.1, "c": 3.9}]))
    assert not computed(1004.6, set(), [rows])


def test_many_numbers_do_not_make_everything():
    rows = read(json.dumps([{"n": i * 37.31} for i in range(1, 2000)]))
    made = sum(computed(v + 0.123, {7.0}, [rows]) for v in range(5000, 5100))
    assert made < 50


@pytest.mark.parametrize("value", ["ann/new_project", "reports/2025.pdf", "/downloads/tent"])
def test_a_path_of_known_parts_follows(value):
    own = [read_own("Create new_project, and put reports and 2025.pdf into /downloads")]
    assert joined(value, own, [read(json.dumps([{"owner": "ann", "x": 1}])), CART])


@pytest.mark.parametrize(
    "value", ["ann/other", "ann", "https://a.example/ann", "evil.com/ann", "/" * 40, "a/" * 30]
)
def test_a_path_with_an_unknown_part_or_a_host_does_not(value):
    assert not joined(value, [read_own("ann and a")], [])
