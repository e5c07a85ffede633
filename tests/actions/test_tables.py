"""A table has column names and rows of one width; anything else is free text."""

import pytest

from shield.actions.literals import UnreadableError
from shield.actions.tables import table


@pytest.mark.parametrize(
    "text",
    [
        "name,iban\nHal,NL91ABNA0417164300\nDirk,BE68539007547034",
        "name;iban\nHal;NL91ABNA0417164300\nDirk;BE68539007547034\n\n",
        "name\tiban\nHal\tNL91ABNA0417164300\nDirk\tBE68539007547034",
        "| name | iban |\n|---|---|\n| Hal | NL91ABNA0417164300 |\n| Dirk | BE68539007547034 |",
    ],
)
def test_rows_are_read_by_column(text):
    assert table(text) == [
        {"name": "Hal", "iban": "NL91ABNA0417164300"},
        {"name": "Dirk", "iban": "BE68539007547034"},
    ]


def test_a_quoted_cell_holds_its_comma():
    assert table('name,city\n"Roe, Ann",Oslo')[0]["name"] == "Roe, Ann"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one line, only",
        "Hello Ann,\nhow are you?",
        "a,b\n1,2,3",
        "1,2\n3,4",
        "Dear all, thanks, see you\nBest, Bob",
        ",".join(["c"] * 100) + "\n" + ",".join(["1"] * 100),
    ],
)
def test_prose_with_commas_is_no_table(text):
    with pytest.raises(UnreadableError):
        table(text)
