"""Everyday words beyond the project's own texts, for `shield.text.respelled` to know.

    python -m models.train.everyday > shield/text/everyday.txt

The whole words of the models' vocabulary (all-MiniLM-L6-v2, Apache-2.0), English and in order of
frequency; the words of `words.toml`, written for this project; and the stop words of spaCy
(MIT). Words that `shield/text/words.txt` holds are left out.
"""

import json
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import regex

from shield.text.canonical import canonical
from shield.text.lexicon import lexicon

_HOME = Path(__file__).parent
_VOCABULARY = _HOME.parent / "injection" / "tokenizer.json"
_LANGUAGES = "de fr es it pt nl pl tr ru uk sv cs ro da nb fi hu el id vi ar fa he"
_WORD = regex.compile(r"[^\W\d_]{3,24}+")
_SHORTEST = 4  # of the vocabulary's words; shorter ones may be pieces


def everyday() -> list[str]:
    """The words: of orders first, then English by frequency, then stop words."""
    found = dict.fromkeys((*_written(), *_english(), *_stops()))
    return [word for word in found if word not in lexicon()]


def _written() -> Iterator[str]:
    lists: dict[str, str] = tomllib.loads((_HOME / "words.toml").read_text("utf-8"))
    for text in lists.values():
        yield from _words(text)


def _english() -> Iterator[str]:
    pieces: dict[str, int] = json.loads(_VOCABULARY.read_text("utf-8"))["model"]["vocab"]
    for piece in sorted(pieces, key=pieces.__getitem__):
        if piece.isascii() and piece.isalpha() and len(piece) >= _SHORTEST:
            yield piece


def _stops() -> Iterator[str]:
    for language in _LANGUAGES.split():
        stops: set[str] = import_module(f"spacy.lang.{language}.stop_words").STOP_WORDS
        for stop in sorted(stops):
            yield from _words(stop)


def _words(text: str) -> list[str]:
    return _WORD.findall(canonical(text).text)


if __name__ == "__main__":
    print("\n".join(everyday()))
