"""Tables are read in every form, with the scale and unit that hold for their figures."""

import pytest

from shield.text.sheets import measure, sheets
from tests.growth import assert_linear

MARKDOWN = (
    "| | 2022 | 2023 |\n|---|---:|---:|\n| Sales | 412.5 | 468.1 |\n| Result | 44.3 | (12.6) |\n"
)
FORMS = {
    "Markdown": MARKDOWN,
    "without outer lines": " | 2022 | 2023\n--- | --- | ---\nSales | 412.5 | 468.1\nResult | 44.3 | (12.6)\n",
    "semicolons": ";2022;2023\nSales;412.5;468.1\nResult;44.3;(12.6)\n",
    "commas": "x,2022,2023\nSales,412.5,468.1\nResult,44.3,(12.6)\n",
    "tabs": "x\t2022\t2023\nSales\t412.5\t468.1\nResult\t44.3\t(12.6)\n",
    "blanks": "x         2022     2023\nSales     412.5    468.1\nResult    44.3     (12.6)\n",
    "HTML": "<table><tr><th></th><th>2022</th><th>2023</th></tr><tr><td>Sales</td><td>412.5</td><td>468.1</td>"
    "</tr><tr><td>Result</td><td>44.3</td><td>(12.6)</td></tr></table>",
    "open HTML": "<table><tr><th><th>2022<th>2023<tr><td>Sales<td>412.5<td>468.1<tr><td>Result<td>44.3<td>(12.6)",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=list(FORMS))
def test_every_form_reads_as_the_same_table(text):
    (sheet,) = sheets(f"Some words.\n\n{text}")

    assert sheet.rows == ("Sales", "Result")
    assert sheet.columns[1:] == ("2022", "2023")
    assert [c.values[0] for c in sheet.cells] == [412.5, 468.1, 44.3, -12.6]
    assert [(c.row, c.column) for c in sheet.cells] == [(0, 1), (0, 2), (1, 1), (1, 2)]


@pytest.mark.parametrize(
    ("title", "scale", "unit"),
    [
        ("Results (in USD million)", 1e6, "USD"),
        ("Angaben in Tsd. Euro", 1e3, "EUR"),
        ("en millions d'euros", 1e6, "EUR"),
        ("业绩(单位:百万円)", 1e6, "JPY"),
        ("销售额(单位:万元)", 1e4, "CNY"),
        ("Outlay (₹ crore)", 1e7, "INR"),
        ("Compte, en k€", 1e3, "EUR"),
        ("Some results", 1.0, ""),
    ],
)
def test_a_title_says_in_what_figures_are(title, scale, unit):
    (sheet,) = sheets(f"{title}\n\n{MARKDOWN}")
    assert {c.scale for c in sheet.cells} == {scale}
    assert {c.unit for c in sheet.cells} == {unit}


def test_a_column_says_in_what_its_figures_are():
    (sheet,) = sheets("a | Income (EUR) | Rate (%) | People (m)\n--|--|--|--\nx | 5 | 6 | 7\n")
    assert [(c.unit, c.scale) for c in sheet.cells] == [("EUR", 1.0), ("%", 1.0), ("", 1e6)]


def test_a_scale_does_not_hold_for_percentages():
    (sheet,) = sheets("In USD million\n\n| a | b | c |\n|--|--|--|\n| x | 5 | 6% |\n")
    assert [c.scale for c in sheet.cells] == [1e6, 1.0]


def test_changes_are_written_with_a_sign():
    (sheet,) = sheets("a;b;c\nx;+5%;5%\ny;-3%;\u22122%\n")
    assert [c.signed for c in sheet.cells] == [True, False, True, True]
    assert [c.figure.negative for c in sheet.cells] == [False, False, True, True]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "One line, two words.",
        "a, b and c\nd, e and f.",
        "| only |",
        "x;y;z",
        "<table>",
        "a|b\nc|d\n",
    ],
)
def test_prose_and_tables_without_figures_are_none(text):
    assert sheets(text) == []


def test_two_tables_stay_apart():
    text = f"First\n\n{MARKDOWN}\nSecond\n\n{MARKDOWN}"
    first, second = sheets(text)
    assert first.end <= second.start
    assert text[second.start : second.end].startswith("| | 2022")


def test_labels_name_scales_and_units():
    assert measure("EUR million") == (1e6, "EUR")
    assert measure("Mrd. €") == (1e9, "EUR")
    assert measure("people") == (1.0, "")


@pytest.mark.parametrize(
    "unit", ["|", "a|1\n", "a;1\n", "<table>", "<tr>", "  ", "a  1  2\n", "a,1\n", "<td>", '"']
)
def test_hostile_texts_cost_no_more_than_their_length(unit):
    def work(size):
        text = (unit * size)[:size]
        return lambda: sheets(text)

    assert_linear(work, 8_000, 32_000, limit=8, slack=0.03)
