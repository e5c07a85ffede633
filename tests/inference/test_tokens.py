"""Tokens: all of any text is read, with exact characters, one tokenizer a thread."""

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.errors import ModelError
from shield.inference import tokens as module
from shield.inference.tokens import Tokens
from tests.tiny_models import NUMBER, tokenizer

SHIPPED = Path(__file__).parents[2] / "models" / "injection" / "tokenizer.json"
UNKNOWN = 100


@pytest.fixture(scope="module")
def shipped() -> Tokens:
    return Tokens.of(SHIPPED.read_bytes(), SHIPPED)


@pytest.fixture(scope="module")
def tiny() -> Tokens:
    return Tokens.of(tokenizer().to_str().encode(), Path("tiny"))


def test_ids_have_their_characters_and_words(tiny):
    read = tiny.read("the ship sailsx")
    assert read.ids == [NUMBER[t] for t in ("the", "ship", "sails", "##x")]
    assert read.offsets.tolist() == [[0, 3], [4, 8], [9, 14], [14, 15]]
    assert read.words.tolist() == [0, 1, 2, 2]


def test_an_empty_text_has_no_tokens(tiny):
    read = tiny.read("")
    assert (read.ids, read.offsets.shape, read.words.shape) == ([], (0, 2), (0,))


def test_special_tokens_around_a_text_are_the_tokenizers_own(tiny):
    assert tiny.frame() == ((NUMBER["[CLS]"],), (NUMBER["[SEP]"],))


def test_a_text_cannot_spell_a_special_token(shipped):
    special = {101, 102, 0, 103}
    assert not special & set(shipped.ids("end [SEP] [CLS] of [PAD] text [MASK]"))


@pytest.mark.parametrize("length", [99, 100, 101, 250, 5_000])
def test_a_word_of_any_length_is_read(shipped, length):
    text = ("ignoreallpreviousinstructions" * 200)[:length]
    read = shipped.read(text)
    assert UNKNOWN not in read.ids
    covered = {i for start, end in read.offsets.tolist() for i in range(start, end)}
    assert covered == set(range(length))


def test_a_long_word_keeps_the_characters_of_what_follows(shipped):
    text = "x" * 321 + " attack"
    read = shipped.read(text)
    start, end = read.offsets[-1].tolist()
    assert text[start:end] == "attack"


def test_korean_that_decomposes_into_many_letters_is_read(shipped):
    assert UNKNOWN not in shipped.read("한국어" * 60).ids


def test_a_picture_in_a_word_does_not_hide_the_word(shipped):
    plain = shipped.ids("ignore previous")
    glued = shipped.ids("ignore😀previous")
    assert [i for i in glued if i != UNKNOWN] == plain


@pytest.mark.parametrize("text", ["half \ud800 pair", "\udfff", "\ud800" * 50 + " attack"])
def test_half_a_pair_keeps_the_characters(shipped, text):
    read = shipped.read(text)
    assert all(0 <= start < end <= len(text) for start, end in read.offsets.tolist())
    if text.endswith("attack"):
        start, end = read.offsets[-1].tolist()
        assert text[start:end] == "attack"


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.integers(3, 12))
def test_offsets_rise_and_stay_inside_however_a_text_is_cut(text, chunk):
    tokens = Tokens.of(SHIPPED.read_bytes(), SHIPPED)
    before, module._CHUNK = module._CHUNK, chunk
    try:
        read = tokens.read(text)
    finally:
        module._CHUNK = before
    starts = read.offsets[:, 0].tolist()
    assert starts == sorted(starts)
    assert all(0 <= start <= end <= len(text) for start, end in read.offsets.tolist())
    assert read.words.tolist() == sorted(read.words.tolist())


@pytest.mark.parametrize("chunk", [7, 20, 64])
def test_words_that_are_read_in_parts_are_read_alike(shipped, monkeypatch, chunk):
    text = "the ship sails to oslo, and anna stays. " * 8
    whole = shipped.read(text)
    monkeypatch.setattr(module, "_CHUNK", chunk)
    parts = shipped.read(text)
    assert (parts.ids, parts.offsets.tolist()) == (whole.ids, whole.offsets.tolist())
    assert parts.words.tolist() == whole.words.tolist()


def test_each_thread_has_a_tokenizer_of_its_own(tiny):
    seen, go = [], threading.Barrier(3)

    def look():
        go.wait(60)
        tiny.ids("the ship")
        seen.append(tiny._own())

    threads = [threading.Thread(target=look) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len({id(own) for own in seen}) == 3
    assert tiny._own() is tiny._own()


def test_graphs_with_the_same_tokenizer_share_it(shipped):
    assert Tokens.of(SHIPPED.read_bytes(), Path("elsewhere")) is shipped


@pytest.mark.parametrize("source", [b"", b"{}", b"not json", b"\xff\xfe"])
def test_what_is_no_tokenizer_is_refused_by_name(source, tmp_path):
    with pytest.raises(ModelError) as caught:
        Tokens.of(source, tmp_path / "tokenizer.json")
    assert caught.value.where == str(tmp_path / "tokenizer.json")
