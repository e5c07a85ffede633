"""The first tier clears stretches of long texts, and nothing of short ones."""

from types import SimpleNamespace

import pytest

from shield.inference.marks import Mark
from shield.inference.scores import Scores, WindowScore
from shield.label import segment
from shield.scanners import NoOptions
from shield.scanners.injection import Injection
from shield.text.views import expand
from shield.types import Checkpoint, Source, Subject

LABELS = ("benign", "injection", "jailbreak")


class FakeEngine:
    """An n-gram model that knows one word, an encoder that knows another, and who was asked."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def card(self, model: str) -> SimpleNamespace:
        assert model == "injection_ngram"
        return SimpleNamespace(surfaces={"data": SimpleNamespace(pass_threshold=0.3)})

    def scores(self, model, texts):
        if model == "injection_ngram":
            return [self._scored(text, "odd", 0.3, 400) for text, _ in texts]
        self.read += [text for text, _ in texts]
        return [self._scored(text, "evil", 0.9, 10_000) for text, _ in texts]

    def _scored(self, text: str, word: str, score: float, size: int) -> Scores:
        windows = []
        for start in range(0, max(1, len(text)), size):
            end = min(len(text), start + size)
            found = score if word in text[start:end] else 0.01
            at = text.find("evil", start, end)
            marks = (Mark(at, at + 4, "injection", 0.9),) if at >= 0 else ()
            windows.append(WindowScore(start, end, (1 - found, found, 0.0), marks))
        return Scores(LABELS, tuple(windows), 0)


def findings(text: str):
    engine = FakeEngine()
    services = SimpleNamespace(engine=engine)
    scanner = Injection(NoOptions(), services)
    one = segment(text, Source.DOCUMENT)
    subject = Subject(Checkpoint.INPUT, (one,), history=(), views=(expand(text).views,))
    return list(scanner.scan(subject)), engine.read


PLAIN = "The ferry leaves at noon and again at six. "


def test_a_short_text_goes_to_the_encoder_whole():
    (_, found), read = findings(PLAIN + "something evil here.")
    assert read[0].startswith("the ferry")
    assert found.score == pytest.approx(0.9)


def test_of_a_long_text_only_what_is_not_cleared_is_read():
    text = PLAIN * 200 + "odd and evil words. " + PLAIN * 200
    (_, found), read = findings(text)
    assert sum(map(len, read)) < 1_500
    assert found.score == pytest.approx(0.9)
    ((start, end),) = [(s.start, s.end) for s in found.spans]
    assert text[start:end] == "odd and evil words."


def test_a_long_text_that_is_cleared_scores_nothing():
    (found, _), read = findings(PLAIN * 300)
    assert read == []
    assert found.score == 0.0


def test_stretches_that_touch_are_read_as_one():
    text = PLAIN * 200 + "odd " * 300 + PLAIN * 100
    _, read = findings(text)
    assert len(read) == 1
