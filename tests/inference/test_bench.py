"""The bench: times of texts by length, and windows a second, of any model."""

from shield.inference.bench import LENGTHS, measured
from shield.inference.graph import Graph
from tests.tiny_models import surface


def test_every_length_is_timed_and_the_quantiles_are_in_order(tiny):
    speed = measured(tiny, 0.01)
    assert [t.tokens for t in speed.timings] == list(LENGTHS)
    assert all(0 < t.p50 <= t.p95 and t.runs >= 3 for t in speed.timings)
    assert speed.windows_per_second > 0
    assert (speed.name, speed.digest, speed.shares_batches) == ("tiny", tiny.card.digest, True)


def test_no_windows_of_the_measured_text_are_alike(home, monkeypatch):
    made = Graph.load(home(surfaces={"text": surface(size=256, overlap=32)}))
    seen, inner = [], made._answers
    monkeypatch.setattr(made, "_answers", lambda rows: seen.append(len(rows)) or inner(rows))
    from shield.inference.bench import _text

    (scores,) = made.scores([(_text(4_096), "text")])
    assert seen == [len(scores.windows)]
