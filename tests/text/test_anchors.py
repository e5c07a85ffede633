"""What a translation leaves as it is."""

import time

import pytest

from shield.text.anchors import anchors, held


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Never offer more than 15 % to Voltera.", {"15", "voltera"}),
        ("Use the code SPRING-24 after 18:30.", {"24", "1830", "spring-24"}),
        ("Send it to ops@bolt.example, says Anna Keller.", {"ops@bolt.example", "anna", "keller"}),
        ("Never say that.", set()),
        ("", set()),
    ],
)
def test_anchors_of_a_sentence(text, found):
    assert anchors(text) >= found
    assert not found or len(anchors(text)) <= len(found) + 1


def test_anchors_are_found_in_any_case_and_whole():
    assert held(frozenset({"voltera", "15"}), "VOLTERAS Angebot: 15 %") == {"voltera", "15"}
    assert held(frozenset({"15"}), "150 or 1.5") == {"15"}
    assert held(frozenset({"olt"}), "Voltera") == frozenset()


@pytest.mark.parametrize("unit", ["Aa 1-a ", "a-", "1.", "A", "a@b. "])
def test_the_cost_is_linear(unit):
    def cost(size):
        best = float("inf")
        for _ in range(3):
            began = time.process_time()
            anchors((unit * size)[:size])
            best = min(best, time.process_time() - began)
        return best

    cost(1_000)
    assert cost(64_000) < 8 * cost(16_000) + 0.05
