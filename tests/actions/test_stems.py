"""Stems match where they should: at the beginning of words, whole, as verbs, or inside a script."""

import pytest

from shield.actions.stems import is_verb, pattern
from shield.actions.verbs import ACCOUNTS, ASKS, COMMON, NOT, ORDERS, READS, SEVERAL


@pytest.mark.parametrize(
    ("stems", "text", "found"),
    [
        ("forward", "please forwarding it", True),
        ("add=", "add her", True),
        ("add=", "address", False),
        ("tell!", "tell bob", True),
        ("tell!", "tell me", False),
        ("set_up", "set up a call", True),
        ("发送", "请发送给他", True),
        ("보내", "메일을보내줘", True),
        ("mail~", "mail bob", True),
    ],
)
def test_a_stem_matches(stems, text, found):
    assert bool(pattern(stems).search(text)) is found


def test_a_noun_is_told_from_a_verb_by_its_group():
    assert pattern("mail~ send=").search("mail bob")["noun"] == "mail"
    assert pattern("mail~ send=").search("send bob")["noun"] is None


@pytest.mark.parametrize("table", [*ASKS.values(), READS, ORDERS, ACCOUNTS, NOT])
def test_every_table_compiles_and_none_matches_everything(table):
    assert not pattern(table).search("xqzv")
    assert not pattern(table).search("")


def test_words_of_asking_are_verbs_and_names_are_not():
    assert is_verb("schicken")
    assert is_verb("forward")
    assert not is_verb("foxglove")


def test_word_lists_hold_folded_words():
    assert all(word == word.lower() for word in COMMON | SEVERAL)
