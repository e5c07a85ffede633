"""How far a leaf of an untrusted text is believed."""

import json

import pytest

from shield.actions.fields import ANY, NONE, Fields
from shield.actions.place import Text
from shield.actions.reading import read

ROWS = json.dumps([{"iban": "DE75512108001245126199"}])
LINES = "name: Eve\niban: DE75512108001245126199"
CELLS = "name,iban\nEve,DE75512108001245126199"
DUMP = "- iban: DE75512108001245126199\n  name: Eve"


@pytest.mark.parametrize(
    ("raw", "fields", "led", "believed"),
    [
        (ROWS, ANY, 0, True),
        (DUMP, ANY, 0, True),
        (LINES, ANY, 0, False),
        (CELLS, ANY, 0, False),
        (LINES, ANY, 1, False),
        (LINES, ANY, 2, True),
        (CELLS, ANY, 2, True),
        (LINES, Fields(frozenset({"iban"})), 0, True),
        (LINES, Fields(frozenset({"name"})), 0, False),
        (ROWS, NONE, 2, False),
        (ROWS, Fields(None, frozenset({"iban"})), 2, False),
    ],
)
def test_lines_and_cells_that_anybody_can_write_need_more_than_their_shape(
    raw, fields, led, believed
):
    reading = read(raw)
    (leaf,) = reading.whole["de75512108001245126199"]
    assert Text(raw, "t", reading, fields, led).believes(leaf) is believed
