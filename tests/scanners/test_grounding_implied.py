"""Figures that follow from what a sentence names pass in any words; near ones do not."""

import json
from pathlib import Path

import pytest

from shield.scanners.grounding.implied import (
    alike,
    beside,
    bounds,
    clause,
    digits,
    restated,
    summed,
)
from shield.text.figures import figures
from shield.text.sheets import sheets
from tests.scanners.answers import asked

TABLE = """Halden, results (in USD million)

| | 2022 | 2023 |
|---|---|---|
| Revenue | 412.5 | 468.1 |
| Costs | (251.0) | (290.4) |
| Taxes | 20.5 | 23.1 |
"""
CELLS = sheets(TABLE)[0].cells
DATA = Path(__file__).parents[2] / "benchmarks" / "data" / "figures.jsonl"
ask = asked("grounding")


def one(text):
    return figures(text)[-1]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("Revenue went from 2022 to 2023 by $55.6 million.", "Revenue went by $65.6 million."),
        ("Revenue, 13.5% in 2023.", "Revenue, 31.5% in 2023."),
        ("Costs of 2023 are $39.4 million beyond.", "Costs are $93.4 million beyond."),
        ("Revenue passed the $450 million mark.", "Revenue passed the $480 million mark."),
        ("Taxes were less than $24 million.", "Taxes were less than $19 million."),
        ("Taxes of 2023: 4.9% of revenue.", "Taxes of 2023: 7.2% of revenue."),
        ("It came to 468.1, which is 55.6 on 412.5.", "It came to 468.1, which is 65.5 on 412.5."),
    ],
)
def test_what_follows_from_what_is_named_passes_and_what_does_not_is_found(right, wrong):
    assert ask(right, documents=[TABLE]) == {}
    assert max(ask(wrong, documents=[TABLE]).values()) >= 0.5


def test_a_wrong_direction_is_no_change():
    assert ask("Revenue fell by $55.6 million.", documents=[TABLE])
    assert ask("Taxes stood, and revenue rose by $55.6 million.", documents=[TABLE]) == {}


def test_a_profit_of_the_size_of_a_loss_has_the_wrong_sign():
    table = TABLE.replace("Taxes", "Result").replace("23.1", "(23.1)")
    assert "wrong-sign" in ask("A profit of $23.1 million in 2023.", documents=[table])
    assert ask("A result with a loss of $23.1 million in 2023.", documents=[table]) == {}


def test_a_share_is_no_thousands():
    assert ask("Revenue makes 468.1%.", documents=[TABLE])


def test_the_sum_of_a_column_needs_enough_digits_or_a_column():
    assert summed(one("144.6 million"), [c for c in CELLS if c.column == 1], None) is False
    assert summed(one("182 million"), CELLS, None)
    assert summed(one("200.8 million"), CELLS, frozenset({2}))
    assert not summed(one("200.8 million"), CELLS, frozenset({1}))
    assert not summed(one("200.8%"), CELLS, None)


def test_a_bound_is_near_to_what_it_bounds():
    for said, holds in (("more than 400", True), ("more than 100", False), ("exactly 400", False)):
        text = f"It was {said} million"
        assert bounds(one(text), CELLS[:2], text) is holds
    assert not bounds(one("over 431 million"), CELLS[:2], "over 431 million")


def test_what_two_stated_figures_give_is_restated():
    stated = figures("412.5 and 468.1")
    for text, follows in (("55.6", True), ("13.5%", True), ("88.1%", True), ("61.9", False)):
        assert restated(one(text), stated) is follows
    assert restated(one("147"), figures("146 730"))
    assert not restated(one("147 million"), figures("146 730"))
    assert not restated(one("5"), figures("2 and 7"))


@pytest.mark.parametrize(
    ("text", "count"), [("120", 2), ("0.07", 1), ("(12.60)", 4), ("468.1", 4), ("5", 1)]
)
def test_digits_that_tell_something(text, count):
    assert digits(one(text)) == count


def test_a_clause_is_between_commas_that_are_no_decimal_marks():
    text = "Es stieg um 5,5 Mio., während es um 2,1 fiel"
    first, last = figures(text)
    assert clause(text, first) == "Es stieg um 5,5 Mio."
    assert clause(text, last) == " während es um 2,1 fiel"


def test_the_fresh_summaries_that_rules_were_mended_on():
    rows = [json.loads(line) for line in DATA.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row["part"] == "tune"]
    flagged = {
        kind: [
            max(ask(text, documents=[row["document"]]).values(), default=0) >= 0.5
            for row in rows
            for text in row[kind]
        ]
        for kind in ("faithful", "corrupted")
    }

    assert len({row["lang"] for row in rows}) >= 4
    assert sum(flagged["faithful"]) <= 0.02 * len(flagged["faithful"])
    assert sum(flagged["corrupted"]) >= 0.85 * len(flagged["corrupted"])


def test_rows_with_a_word_in_common_are_a_group():
    labels = [("sale", "wine"), ("sale", "oil"), ("cost",), ("sale", "wine", "red")]

    assert alike(["the", "sale", "cost"], labels) == [frozenset({0, 1, 3})]
    assert alike(["wine"], labels) == [frozenset({0, 3})]
    assert alike(["cost", "gain"], labels) == []
    assert alike(["sale"], [("sale",), ("sale",)]) == []


def test_what_lies_beside_a_stated_cell_is_compared_with_it():
    lake = "Month,Level,Rain\nMay,59.8,92.7\nJune,56.1,21.3\n"
    cells = sheets(lake)[0].cells
    june = next(cell for cell in cells if cell.figure.plain == "56.1")

    assert beside(one("3.7"), june, cells, "It fell by 3.7")
    assert not beside(one("7.3"), june, cells, "It fell by 7.3")
    assert not beside(one("6.2%"), june, cells, "It fell by 6.2%")
