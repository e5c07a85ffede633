"""Many phrases at once: what is a hit, and what it costs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from shield.text.phrases import Phrase, PhraseBook, words
from shield.view import View
from tests.growth import assert_linear

LETTERS = "abcdefgh"
WORDS = st.text(alphabet=LETTERS, min_size=5, max_size=12)


def hits(text: str, *phrases: Phrase, kind: str = "canonical"):
    return list(PhraseBook(phrases).find(View(kind, text)))


@settings(max_examples=100, deadline=None)
@given(WORDS, WORDS)
def test_a_word_is_read_as_another_if_and_only_if_it_is_near_enough(known, written):
    allowed = 2 if len(known) >= 8 else 1
    near = OSA.distance(known, written) <= allowed
    assert bool(hits(written, Phrase("a", known, fuzzy=True))) == near


@settings(max_examples=50, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=4), st.lists(WORDS, max_size=4))
def test_a_phrase_is_found_wherever_it_stands(phrase, around):
    text = " ".join([*around, *phrase, *around])
    start = len(" ".join([*around, ""])) if around else 0
    found = hits(text, Phrase("a", " ".join(phrase)))
    assert (start, start + len(" ".join(phrase))) in {(h.start, h.end) for h in found}


def test_phrases_with_one_beginning_are_all_found():
    book = [Phrase("a", "free"), Phrase("b", "free money"), Phrase("c", "free money now")]
    assert [h.name for h in hits("free money now", *book)] == ["a", "b", "c"]


def test_a_phrase_of_two_lists_belongs_to_both():
    found = hits("acme corp", Phrase("a", "ACME Corp"), Phrase("b", "acme corp"))
    assert {h.name for h in found} == {"a", "b"}


def test_exact_and_fuzzy_lists_share_the_tree_and_keep_their_rules():
    book = [Phrase("exact", "voltera"), Phrase("fuzzy", "voltera", fuzzy=True)]
    assert {h.name for h in hits("voltara", *book)} == {"fuzzy"}
    assert {h.name for h in hits("voltera", *book)} == {"exact", "fuzzy"}


@pytest.mark.parametrize("text", ["therapist", "the rapist"])
def test_words_are_joined_only_where_the_text_was_spelled_out(text):
    phrase = Phrase("a", "the rapist")
    assert bool(hits(text, phrase)) == (" " in text)
    assert hits("therapist", phrase, kind="despaced")


def test_devanagari_words_are_whole():
    assert words("मूर्ख आदमी") == ("मूर्ख", "आदमी")
    assert hits("वह मूर्ख है", Phrase("a", "मूर्ख"))
    assert hits("वह मूर्खता है", Phrase("a", "मूर्ख")) == []


def test_a_script_without_spaces_is_sought_inside():
    assert [(h.start, h.end) for h in hits("你这个白痴吗", Phrase("a", "白痴"))] == [(3, 5)]


@pytest.mark.parametrize("text", ["", "   ", "...", "\u0301"])
def test_texts_without_words_have_no_hits(text):
    assert hits(text, Phrase("a", "voltera", fuzzy=True)) == []


def test_a_word_of_many_letters_is_compared_as_it_stands():
    assert hits("v" * 5_000, Phrase("a", "v" * 12, fuzzy=True)) == []


@pytest.mark.parametrize("unit", ["voltare ", "ab ", "free ", "voltera" * 5 + " "])
def test_four_times_the_text_costs_about_four_times(unit):
    book = PhraseBook(
        [
            Phrase("a", "voltera", fuzzy=True),
            Phrase("b", "free " * 20),
            Phrase("c", "ab", inside=True),
        ]
    )

    def work(size):
        view = View("canonical", (unit * size)[:size])
        return lambda: list(book.find(view))

    assert_linear(work, 8_192, 32_768, slack=0.008)
