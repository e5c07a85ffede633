"""The search for near texts finds what comparing all pairs finds."""

import time

import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.audit.duplicates import NEAR, Pair, pairs

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"


def naive(texts: list[str]) -> list[Pair]:
    def runs(text: str) -> set[str]:
        words = regex.findall(r"\w+", text.casefold())
        return {" ".join(words[at : at + 3]) for at in range(max(1, len(words) - 2))}

    found: list[Pair] = []
    twins: set[int] = set()
    for later, text in enumerate(texts):
        for earlier in (n for n in range(later) if n not in twins):
            one, other = runs(text), runs(texts[earlier])
            share = len(one & other) / len(one | other)
            if share >= NEAR:
                found.append(Pair(later, earlier, share))
                twins.add(later)
                break
    return found


texts = st.lists(
    st.lists(st.sampled_from(["ab", "cd", "ef"]), min_size=1, max_size=9).map(" ".join),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(texts)
def test_it_finds_what_comparing_all_pairs_finds(given_texts: list[str]) -> None:
    assert list(pairs(given_texts)) == naive(given_texts)


def test_a_changed_word_in_a_long_text_is_near() -> None:
    (pair,) = pairs([LONG, LONG.replace("fourteen", "fifteen")])
    assert (pair.later, pair.earlier) == (1, 0)
    assert NEAR <= pair.share < 1


def test_other_words_in_the_same_frame_are_not_near() -> None:
    frame = "Please tell me {} in {} words"
    assert not list(pairs([frame.format("a joke", 20), frame.format("the news", 300)]))


def test_case_and_signs_do_not_count() -> None:
    assert [p.share for p in pairs([LONG, LONG.upper().replace(" ", ", ") + "!"])] == [1.0]


def test_scripts_without_blanks_are_read_by_characters() -> None:
    asked = "明天下午三点我需要预订一张去上海的火车票"
    assert [p.later for p in pairs([asked, asked + "吗", "请问图书馆几点关门"])] == [1]


def test_texts_of_signs_are_near_only_when_they_are_the_same() -> None:
    assert [(p.later, p.earlier) for p in pairs(["!?", "...", "!?"])] == [(2, 0)]


def test_many_copies_cost_little() -> None:
    began = time.process_time()
    assert len(list(pairs([LONG] * 2_000))) == 1_999
    assert time.process_time() - began < 2
