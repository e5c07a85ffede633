"""What the decoders make of a text, alone and inside a sentence."""

from collections.abc import Callable

import pytest

from shield.text.decoders import decoded
from shield.view import View

Said = Callable[[str], set[str]]


@pytest.fixture
def kinds_saying() -> Callable[[str, str], set[str]]:
    """The encodings in which a text says the phrase."""

    def run(text: str, phrase: str) -> set[str]:
        return {v.kind for v in decoded(View("raw", text)) if phrase in v.text.lower()}

    return run


@pytest.fixture
def source_of() -> Callable[[str, str, str], str]:
    """The part of a text that says the phrase in an encoding."""

    def run(text: str, kind: str, phrase: str) -> str:
        views = (v for v in decoded(View("raw", text)) if v.kind == kind)
        view = next(v for v in views if phrase in v.text.lower())
        at = view.text.lower().index(phrase)
        start, end = view.source_span(at, at + len(phrase))
        return text[start:end]

    return run
