"""The shipped fold tables are what the generator makes, and cannot fold too much."""

import pytest

from shield.text.folds import _plain, folds

BLOCKS = {
    "Latin-1": range(0xC0, 0x100),
    "Latin Extended": range(0x100, 0x180),
    "Latin Extended Additional": range(0x1E00, 0x1F00),
    "number forms": range(0x2150, 0x2190),
    "letterlike": range(0x2100, 0x2139),
    "ligatures": range(0xFB00, 0xFB07),
    "full width": range(0xFF01, 0xFF5F),
    "mathematical letters": range(0x1D400, 0x1D7FF, 3),
    "Cyrillic": range(0x400, 0x460),
    "Greek": range(0x370, 0x400),
    "Arabic": range(0x620, 0x660),
    "Devanagari": range(0x900, 0x970),
    "Han": range(0x4E00, 0x9FFF, 97),
}


@pytest.mark.parametrize("points", BLOCKS.values(), ids=BLOCKS)
def test_the_shipped_table_is_what_the_generator_computes(points):
    table = folds().compat
    shipped = {chr(p): table.get(chr(p), chr(p)) for p in points}
    assert shipped == {c: _plain(c) for c in shipped}


@pytest.mark.parametrize("points", [(0xAC00, 0xD7A3, 11), (0xD800, 0xDFFF, 7)])
def test_hangul_syllables_and_surrogates_are_left_alone(points):
    table = folds().compat
    assert [p for p in range(*points) if chr(p) in table] == []


def test_every_twin_imitates_one_plain_lower_case_character():
    bad = {c: t for c, t in folds().confusable.items() if not (len(t) == 1 and t.isascii())}
    assert bad == {}


def test_no_ascii_character_is_called_a_twin():
    assert [c for c in folds().confusable if c.isascii()] == []


def test_every_entry_stands_for_one_character():
    assert [c for c in (*folds().compat, *folds().confusable) if len(c) != 1] == []


def test_no_printable_ascii_character_is_folded_away():
    table = folds().compat
    assert [chr(p) for p in range(0x20, 0x7F) if chr(p) in table] == []


@pytest.mark.parametrize("char", "\n\t\r")
def test_line_breaks_and_tabs_are_kept(char):
    assert folds().compat.get(char, char) == char


@pytest.mark.parametrize(
    "char",
    [
        *"\u200b\u200c\u200d\u200e\u200f\u202e\u2060\u2066\ufeff\u00ad\u034f\u180e\u3164",
        *"\U000e0001\U000e0061\U000e0100\ufe0f\u2800\x00\x7f",
    ],
    ids=ascii,
)
def test_a_character_that_nobody_sees_is_taken_out(char):
    assert folds().compat[char] == ""


@pytest.mark.parametrize(
    ("char", "letter"),
    [("а", "a"), ("е", "e"), ("о", "o"), ("р", "p"), ("с", "c"), ("ѕ", "s"), ("ο", "o")],
)
def test_the_letters_that_attackers_borrow_have_a_twin(char, letter):
    assert folds().confusable[char] == letter


def test_no_plain_form_needs_another_fold():
    table = folds().compat
    unfinished = {c: f for c, f in table.items() if any(table.get(p, p) != p for p in f)}
    assert unfinished == {}
