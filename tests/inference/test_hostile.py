"""Bad input: a score or an error that says so, never another exception, in linear time."""

import random
import resource
import time
from pathlib import Path

import pytest

from shield.guard import Guard
from shield.inference.engine import Engine
from shield.inference.graph import Graph
from shield.label import segment
from shield.policy.load import load
from shield.types import Decision, Skip, SkipReason, Source
from tests.growth import assert_linear
from tests.inference.conftest import LOGITS, MARKS
from tests.tiny_models import folder, graph, hugging_face, sha256

MODELS = Path(__file__).parents[2] / "models"

HOSTILE = {
    "nothing": "",
    "blanks": " \n\t" * 1_000,
    "a million letters": "abcdefgh " * 112_000,
    "a million ideographs": "漢字仮名" * 250_000,
    "a million marks": "a" + "\u0301\u0323" * 500_000,
    "lone surrogates": "\ud800\udfff\udc00" * 30_000,
    "only pictures": "😀👩‍👩‍👧🏽" * 10_000,
    "one word": "x" * 100_000,
    "NUL": "\0" * 100_000,
    "NUL in words": "ig\0nore " * 10_000,
    "special tokens": "[CLS][SEP][PAD][MASK][UNK]" * 5_000,
    "right to left": "\u202eשלום عليكم\u202c" * 5_000,
    "private use": "\ue000\U000f0000\U0010ffff" * 10_000,
    "punctuation": "!?.,;:" * 20_000,
    "Korean": "한국어" * 20_000,
}


@pytest.fixture(scope="module")
def engine(tmp_path_factory) -> Engine:
    home = tmp_path_factory.mktemp("models")
    folder(
        home / "tiny",
        graph({"logits": ("sum", LOGITS), "marks": ("token", MARKS)}),
        marks=["outside", "PERSON", "PLACE"],
        surfaces={"text": {"prefix": "", "temperature": 1.0, "size": 256, "overlap": 32}},
    )
    return Engine(home, ["tiny"])


@pytest.mark.parametrize("name", HOSTILE)
def test_any_text_has_scores_for_all_of_it(engine, name):
    text = HOSTILE[name]
    began = time.process_time()
    (scores,) = engine.scores("tiny", [(text, "text")])
    assert time.process_time() - began < 60
    assert all(sum(w.probabilities) == pytest.approx(1.0) for w in scores.windows)
    assert all(0 <= w.start <= w.end <= len(text) for w in scores.windows)
    assert all(
        b.start <= a.end + 1 for a, b in zip(scores.windows, scores.windows[1:], strict=False)
    )


@pytest.mark.parametrize("name", ["nothing", "lone surrogates", "only pictures", "NUL", "one word"])
@pytest.mark.parametrize("model", sorted(p.parent.name for p in MODELS.glob("*/card.toml")))
def test_every_shipped_model_has_an_answer_to_any_text(model, name):
    made = Graph.load(MODELS / model)
    surface = next(iter(made.card.surfaces))
    (scores,) = made.scores([(HOSTILE[name][:3_000], surface)])
    assert scores.windows
    assert all(0 <= p <= 1 for w in scores.windows for p in w.probabilities)


@pytest.fixture(scope="module")
def guard(tmp_path_factory):
    """A guard with one scanner, which reports the tiny model's answers."""
    home = tmp_path_factory.mktemp("policy")
    raw = graph({"logits": ("sum", LOGITS)})
    labels = {
        "id2label": {"0": "fine", "1": "bad"},
        "architectures": ["XForSequenceClassification"],
    }
    hugging_face(home / "mine", raw, labels)
    (home / "p.toml").write_text(
        'name = "p"\nversion = "1"\nlimits = { chars = 4000 }\n[scanners.classifier]\n'
        '[custom_models.mine]\npath = "mine"\nflags = { bad = "error" }\n'
        f'sha256 = "{sha256(raw)}"\n'
    )
    made = Guard(load(home / "p.toml", locked=False))
    yield made
    made.close()


@pytest.mark.parametrize("name", HOSTILE)
def test_the_guard_gives_any_text_a_verdict(guard, name):
    """A text over the limits is skipped by name; every other one is judged or blocked."""
    for shown in (HOSTILE[name], HOSTILE[name][:2_000]):
        verdict = guard.exchange().input([segment(shown, Source.DOCUMENT)]).verdict
        if len(shown) > 4_000:
            assert Skip("", SkipReason.LIMIT) in verdict.coverage.skipped
            assert verdict.decision is Decision.BLOCK
        failures = {f.rule for f in verdict.findings if f.error} - {"pipeline/timeout"}
        assert failures == set()


WORDS = [
    "ferry",
    "island",
    "harbour",
    "morning",
    "ticket",
    "price",
    "weather",
    "captain",
    "lantern",
    "bridge",
]


def prose(words: int) -> str:
    rng = random.Random(7)
    return " ".join(rng.choices(WORDS, k=words))


@pytest.mark.parametrize("kind", ["prose", "glued", "ideographs", "marks"])
def test_time_and_memory_grow_with_the_text(engine, kind):
    unit = {
        "prose": prose(600),
        "glued": prose(600).replace(" ", ""),
        "ideographs": "".join(random.Random(7).choices("漢字仮名文書船舶", k=3_000)),
        "marks": "anna lee, " * 500,
    }[kind]

    def work(times):
        text = unit * times

        def run():
            engine._cache = type(engine._cache)(0)
            engine.scores("tiny", [(text, "text")])

        return run

    assert_linear(work, 4, 16, clock=time.process_time)


@pytest.mark.nightly
def test_a_million_characters_take_less_than_half_a_gigabyte(engine):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    engine.scores("tiny", [(HOSTILE["a million ideographs"] + "x", "text")])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000
