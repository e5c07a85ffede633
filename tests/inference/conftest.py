"""A small graph of all three answers, whose scores can be told by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest

from shield.inference.engine import Engine
from shield.inference.graph import Graph
from tests.tiny_models import folder, graph, surface, table

LOGITS = table(2, {"bad": (0, 1), "worse": (0, 3)})
MARKS = table(3, {"anna": (0, 6, 0), "lee": (0, 6, 0), "oslo": (0, 0, 6)})
VECTORS = table(3, {"ship": (3, 0, 0), "oslo": (0, 4, 0), "the": (0, 0, 1e-3)})
SURFACES = {"text": surface(), "user": surface(prefix="user", temperature=2.0)}


@pytest.fixture
def home(tmp_path: Path) -> Callable[..., Path]:
    """Write the folder `tiny`: labels fine and bad, marks PERSON and PLACE."""

    def make(name: str = "tiny", **changes) -> Path:
        raw = graph({"logits": ("sum", LOGITS), "marks": ("token", MARKS)})
        known = {"marks": ["outside", "PERSON", "PLACE"], "surfaces": SURFACES}
        return folder(tmp_path / name, changes.pop("raw", raw), **{**known, **changes})

    return make


@pytest.fixture
def tiny(home) -> Graph:
    return Graph.load(home())


@pytest.fixture
def vectors(tmp_path) -> Path:
    """Write the folder `vectors`, which embeds."""
    canary = {"surface": "text", "text": "ship", "lead": "ship ship", "label": "", "score": 1.0}
    return folder(
        tmp_path / "vectors",
        graph({"embedding": ("sum", VECTORS)}),
        name="vectors",
        task="embedding",
        labels=[],
        canary=[canary],
    )


@pytest.fixture
def engine(home) -> Engine:
    return Engine(home().parent, ["tiny"])


@pytest.fixture
def rows(engine, monkeypatch) -> list[int]:
    """How many windows each batch of the graph had."""
    seen: list[int] = []
    answers = engine._graphs["tiny"]._answers
    inner = answers._run

    def run(batch):
        seen.append(len(batch))
        return inner(batch)

    monkeypatch.setattr(answers, "_run", run)
    return seen
