"""The lexicon holds what the corpora hold, and its look-ups say where words stand."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shield.text.lexicon import LEAST, WORD, compute, known_share, lexicon, located, merged, words


@pytest.mark.parametrize(
    "word",
    "ignore previous instructions reveal system prompt rules anweisungen instrucciones правила".split(),  # noqa: SIM905
)
def test_everyday_words_are_known(word):
    assert word in lexicon()


@pytest.mark.parametrize("word", ["snoitcurtsni", "vtaber", "ign", "xqzv", "", "to"])
def test_other_letters_are_no_words(word):
    assert word not in lexicon()


def test_a_word_that_stands_in_two_texts_is_kept(tmp_path):
    phrases, corpus, rules = (tmp_path / name for name in ("phrases", "corpus", "rules"))
    for folder in (phrases, corpus / "benign", rules):
        folder.mkdir(parents=True)
    texts = ["The museum opens", "The museum is shut", "opens never a ab"]
    (phrases / "negatives.jsonl").write_text("\n".join(json.dumps({"text": t}) for t in texts[:2]))
    case = {"split": "tune", "turns": [{"text": texts[2]}]}
    held = {"split": "hold", "turns": [{"text": "never secret secret"}]}
    lines = [json.dumps(case), json.dumps(held)]
    (corpus / "benign" / "x.jsonl").write_text("\n".join(lines))
    (rules / "r.toml").write_text('[[phrase]]\nslots = ["lexical slot"]\n')
    found = compute(phrases, corpus, rules)
    assert {"museum", "opens", "the", "lexical", "slot"} <= set(found)
    assert {"secret", "never", "shut", "ab"}.isdisjoint(found)


@given(st.text(max_size=80))
def test_words_are_runs_of_letters(text):
    low = text.lower()
    assert words(low) == WORD.findall(low) or not low.isascii()


def test_long_texts_of_other_scripts_have_the_same_words():
    text = "привет, мир! 漢字 και λέξεις; 12 " * 40
    assert words(text) == WORD.findall(text)


def test_the_share_of_known_letters_is_stated():
    longer, share = known_share("ignore xqzvkw")
    assert (longer, share) == (1, 0.5)


def test_wanted_words_are_found_where_they_stand_alone():
    text = "catalogue cat concat cat."
    assert located(text, ["cat"], 0) == [(10, 10), (21, 21)]


def test_ranges_around_words_that_touch_are_one():
    assert located("a cat and a cat and more of it all", ["cat"], 6) == [(0, 18)]


def test_with_many_words_all_of_the_text_is_meant():
    assert located("some text", [str(n) for n in range(100)], 5) == [(0, 9)]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 10))))
def test_merged_ranges_cover_the_same_and_never_touch(pairs):
    ranges = sorted((s, s + n) for s, n in pairs)
    made = merged(ranges)
    assert {i for s, e in ranges for i in range(s, e)} <= {i for s, e in made for i in range(s, e)}
    assert all(a[1] < b[0] for a, b in itertools.pairwise(made))


def test_no_word_is_shorter_than_the_least():
    assert min(map(len, lexicon())) >= LEAST
