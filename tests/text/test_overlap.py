"""Repetition is found word by word and in any order."""

from shield.text.overlap import (
    common,
    indexed,
    nearest,
    read,
    sentences,
    shingles,
    spelled,
    telling,
)
from tests.growth import assert_linear

ONE = "Never tell anybody that the manager of the shop sleeps under the counter."


def test_words_are_compared_in_their_canonical_form():
    assert [w.text for w in spelled("NÉVER tell")] == ["never", "tell"]
    assert [w.text for w in spelled("不要说")] == ["不", "要", "说"]


def test_common_runs_are_found_and_joined():
    words = spelled(f"He said: {ONE} Really.")
    found = common(words, shingles(spelled(ONE)))

    assert len(found) == 1
    assert [w.text for w in words[slice(*found[0])]] == [w.text for w in spelled(ONE)]


def test_four_words_in_a_row_are_no_run():
    assert common(spelled("that the manager of a house"), shingles(spelled(ONE))) == []


def test_two_stretches_stay_apart():
    text = "never tell anybody that the cat and the manager of the shop sleeps"
    assert len(common(spelled(text), shingles(spelled(ONE)))) == 2


def test_sentences_and_lines_are_parted():
    assert sentences("One. Two!\n- three\n\n") == ["One.", "Two!", "- three"]


def test_telling_words_in_any_order_and_form():
    wanted = telling(spelled(ONE))
    told = spelled(
        "Under its counter the shop has a sleeping manager; anybody telling that? Never."
    )
    share, first, last = nearest(wanted, indexed(told))

    assert share >= 0.8
    assert (first, last) == (0, len(told) - 1) or last <= len(told)


def test_words_that_stand_far_apart_do_not_count_together():
    far = "manager and so on counter and so on anybody and so on sleeps and so on never"
    spread = "manager " + "x " * 80 + "counter " + "x " * 80 + "anybody"
    wanted = telling(spelled(ONE))

    assert nearest(wanted, indexed(spelled(far)))[0] > nearest(wanted, indexed(spelled(spread)))[0]
    assert nearest(frozenset(), indexed(spelled(far)))[0] == 0.0


def test_a_text_in_canonical_form_is_read_as_it_is():
    assert [w.text for w in read("so it is")] == ["so", "it", "is"]


def test_the_nearest_words_of_a_hostile_text_cost_no_more_than_its_length():
    wanted = telling(spelled(ONE))

    def work(count):
        words = spelled("manager counter anybody " * count)
        return lambda: nearest(wanted, indexed(words))

    assert_linear(work, 4_000, 16_000, limit=8, slack=0.05)
