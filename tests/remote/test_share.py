"""The share of the traffic that a remote model is asked about is capped whatever the order."""

import threading

from hypothesis import given
from hypothesis import strategies as st

from shield.remote.share import Counted, Share


@given(
    steps=st.lists(st.booleans(), max_size=300),
    share=st.floats(0.01, 1.0),
    burst=st.integers(1, 20),
)
def test_never_more_is_asked_than_the_share_and_the_burst(steps, share, burst):
    one = Share(share, burst)
    for take in steps:
        one.take() if take else one.offer()

        assert one.counted.asked <= burst + share * one.counted.offered + 1e-6
    assert one.counted.asked + one.counted.refused == sum(steps)


def test_a_spent_share_comes_back_with_the_traffic():
    one = Share(0.5, 1)

    assert [one.take(), one.take()] == [True, False]
    one.offer()
    assert not one.take()
    one.offer()
    assert one.take()
    assert one.counted == Counted(2, 2, 2)


def test_what_is_not_used_does_not_pile_up_beyond_the_burst():
    one = Share(1.0, 3)
    for _ in range(50):
        one.offer()

    assert [one.take() for _ in range(4)] == [True, True, True, False]


def test_threads_lose_no_count():
    one = Share(1.0, 10_000)

    def work():
        for _ in range(500):
            one.offer()
            one.take()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.counted == Counted(2_000, 2_000, 0)
