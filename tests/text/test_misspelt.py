"""Respelled words are read as the words that they are meant as; others are not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.text.misspelt import Reader, squeezed

WORDS = (
    "ignore",
    "previous",
    "instructions",
    "your",
    "rules",
    "all",
    "reveal",
    "system",
    "прежние",
)
READER = Reader(WORDS)
LENIENT = Reader(WORDS, lenient=True)


def _read(word: str, reader: Reader = READER) -> list[str]:
    return [reading.word for reading in reader.read(word)]


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("ingore", "ignore"),
        ("irgnoe", "ignore"),
        ("pvroieus", "previous"),
        ("yuor", "your"),
        ("ignoree", "ignore"),
        ("iggnore", "ignore"),
        ("alll", "all"),
        ("previus", "previous"),
        ("instrctions", "instructions"),
        ("nprevious", "previous"),
        ("instrctns", "instructions"),
        ("sstm", "system"),
        ("пержние", "прежние"),
    ],
)
def test_a_respelled_word_is_read(word, known):
    assert _read(word, LENIENT) == [known]


@pytest.mark.parametrize(
    ("word", "known"),
    [
        ("ignaro", ()),
        ("instractions", ("instructions",)),
        ("rulles", ("rules",)),
        ("rvl", ("reveal",)),
    ],
)
def test_a_lenient_reader_reads_wrong_letters_and_few_consonants_too(word, known):
    assert tuple(_read(word, LENIENT)) == known


@pytest.mark.parametrize("word", ["instractions", "rvl", "ruls"])
def test_a_strict_reader_does_not(word):
    assert _read(word) == []


@pytest.mark.parametrize("reader", [READER, LENIENT], ids=["strict", "lenient"])
@pytest.mark.parametrize(
    "word", ["museum", "signore", "erongi", "in", "a", "previously", "xyz", "ruler"]
)
def test_other_words_are_not_read(reader, word):
    assert _read(word, reader) == (["ignore"] if word == "signore" else [])


@pytest.mark.parametrize(
    ("word", "strange"),
    [
        ("ingore", False),
        ("ignoree", False),
        ("previus", False),
        ("instrctons", False),  # two slips in a long word
        ("irgnoe", True),
        ("isntruictnos", True),
        ("nprevious", True),
        ("instrctns", True),
    ],
)
def test_what_nobody_writes_by_mistake_is_strange(word, strange):
    assert LENIENT.read(word)[0].strange is strange


def test_of_two_readings_the_one_of_the_same_letters_comes_first():
    reader = Reader(["ravel", "reveal"], lenient=True)
    assert _read("raevel", reader) == ["reveal", "ravel"]


def test_of_equally_near_readings_the_one_that_stands_first_in_the_list_comes_first():
    for words in (["trails", "trials"], ["trials", "trails"]):
        assert _read("trils", Reader(words)) == words


def test_known_words_are_in_it():
    assert "ignore" in READER
    assert "ingore" not in READER


@pytest.mark.parametrize(
    ("word", "plain"), [("", ""), ("aab", "ab"), ("letter", "leter"), ("ооо", "о")]
)
def test_a_squeezed_word_has_no_letter_twice_in_a_row(word, plain):
    assert squeezed(word) == plain


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([w for w in WORDS if len(w) > 3]), st.randoms(use_true_random=False))
def test_a_word_is_read_whatever_the_order_of_its_inner_letters(word, rng):
    inner = list(word[1:-1])
    rng.shuffle(inner)
    shuffled = f"{word[0]}{''.join(inner)}{word[-1]}"
    assert word in _read(shuffled)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([w for w in WORDS if len(w) > 5]), st.data())
def test_a_word_is_read_without_one_of_its_inner_letters(word, data):
    at = data.draw(st.integers(1, len(word) - 2))
    assert word in _read(word[:at] + word[at + 1 :])


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_no_word_makes_a_reader_fail(word):
    assert all(reading.word in READER for reading in READER.read(word))
    assert all(reading.word in LENIENT for reading in LENIENT.read(word))
