"""What was made of a text is made once, bounded, and forgotten oldest first."""

import threading

from shield.actions.memo import Memo


def test_a_text_is_read_once():
    calls = []

    def how(text):
        calls.append(text)
        return len(text)

    memo = Memo(100_000)
    assert [memo.of("abc", how), memo.of("abc", how), memo.of("abcd", how)] == [3, 3, 4]
    assert calls == ["abc", "abcd"]


def test_two_readings_of_one_text_are_kept_apart():
    memo = Memo(100_000)
    assert memo.of("abc", len) == 3
    assert memo.of("abc", str.upper) == "ABC"


def test_the_oldest_go_first_and_a_memory_of_nothing_keeps_nothing():
    calls = []

    def how(text):
        calls.append(text)
        return text

    memo = Memo(2_500)
    for text in ("a", "b", "a", "c", "a", "c"):
        memo.of(text, how)
    assert calls == ["a", "b", "c", "a"]
    none = Memo(0)
    none.of("a", how), none.of("a", how)
    assert calls[-2:] == ["a", "a"]


def test_many_threads_share_one_memory_within_its_bounds():
    memo = Memo(20_000)
    threads = [
        threading.Thread(target=lambda: [memo.of(str(n), len) for n in range(200)])
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(memo._kept) < 20
