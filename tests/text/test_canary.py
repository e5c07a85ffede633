"""Canary tokens are stable, known without their key, and found in pieces."""

import pytest

from shield.text.canary import canaries, canary, planted, repeats

KEY = b"a key of sixteen"
TOKEN = canary(KEY, "mira")


def test_the_token_depends_on_the_key_and_the_name_alone():
    assert canary(KEY, "mira") == TOKEN
    assert len({TOKEN, canary(KEY, "other"), canary(KEY + b"x", "mira")}) == 3


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        canary(b"short")


def test_a_prompt_is_the_same_bytes_at_every_turn():
    first = planted("Be kind.", KEY, "mira")

    assert planted("Be kind.", KEY, "mira") == first
    assert planted(first, KEY, "mira") == first
    assert first.startswith("Be kind.")


def test_a_token_is_known_without_its_key():
    assert len(canaries([planted("Be kind.", KEY, "mira"), "other"])) == 1


@pytest.mark.parametrize("text", ["", "shc-", "shc-" + "a" * 24, TOKEN[:-1], TOKEN[:-1] + "7x"])
def test_what_is_no_token_is_none(text):
    assert canaries([text]) == frozenset() or text == TOKEN


def test_a_token_with_a_wrong_check_is_none():
    wrong = TOKEN[:-1] + ("a" if TOKEN[-1] != "a" else "b")
    assert canaries([wrong]) == frozenset()


@pytest.mark.parametrize(
    "shown",
    [
        TOKEN,
        TOKEN.upper(),
        " ".join(TOKEN),
        "-".join(TOKEN[4:]),
        TOKEN[4:20],
        TOKEN[14:],
        f"x{TOKEN}y",
    ],
)
def test_a_token_is_found_in_pieces_and_spelled_out(shown):
    text = f"It is {shown}, I think."
    start, end = repeats(text, canaries([TOKEN]))
    assert 3 <= start < end <= len(text)


@pytest.mark.parametrize("text", ["", TOKEN[4:14], "It is the token.", "a" * 1_000])
def test_a_short_part_is_chance(text):
    assert repeats(text, canaries([TOKEN])) is None
