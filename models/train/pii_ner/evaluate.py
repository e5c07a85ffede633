"""Entities as a graph finds them, and how many are right: same characters, same class."""

import os
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from models.train import base
from models.train.measure import rate
from models.train.pii_ner.model import OVERLAP, SIZE, classes
from models.train.pii_ner.sample import CLASSES, Sample
from shield.inference.card import Card, SurfaceCard
from shield.inference.graph import Graph
from shield.inference.readers import TokenReader
from shield.inference.scores import tokenwise
from shield.inference.session import Output, Session
from shield.inference.tokens import Tokens
from shield.scanners.pii.marks import Entity, entities

SURFACE = "text"
TASK: Literal["token-classification"] = "token-classification"
_ROUNDS = 400


class Served:
    """`model.onnx`, or its fp32 twin, read and run as serving does: texts in, entities out."""

    def __init__(self, path: Path, temperature: float = 1.0) -> None:
        source = (base.encoder_folder() / "tokenizer.json").read_bytes()
        surfaces = {SURFACE: SurfaceCard("", temperature, SIZE, OVERLAP)}
        self._card = Card("pii_ner", TASK, (), "", surfaces, {}, (), marks=CLASSES)
        self._reader = TokenReader(Tokens.of(source, path), surfaces, path)
        outputs = {"marks": Output("marks", len(CLASSES), by_token=True)}
        session = Session(path.read_bytes(), outputs, where=path, threads=os.cpu_count() or 1)
        self._run = session.run
        self._graph = Graph(self._card, self._reader, session, where=path)

    def entities(self, texts: Sequence[str]) -> list[list[Entity]]:
        """The entities of each text, as the scanner joins them."""
        scores = self._graph.scores([(text, SURFACE) for text in texts])
        return [entities(text, one) for text, one in zip(texts, scores, strict=True)]

    def probabilities(self, sample: Sample) -> tuple[Any, list[int]]:
        """Probabilities of shape (tokens, classes), and the class that each token has."""
        cut = self._reader.cut(sample.text, SURFACE)
        answers = self._run([window.ids for window in cut.windows])
        rows = tokenwise(self._card, self._card.surfaces[SURFACE], cut, answers)
        offsets = cut.read.offsets.tolist() if cut.read else []
        return rows, classes(sample, offsets)


def figures(
    samples: Sequence[Sample], found: Sequence[Iterable[Entity]], labels: Sequence[str]
) -> dict[str, Any]:
    """Precision, recall and F1 of entities, in all (with a 95 % interval of texts) and by class."""
    pairs = [
        ({(e.start, e.end, e.label) for e in s.entities}, {(e.start, e.end, e.label) for e in f})
        for s, f in zip(samples, found, strict=True)
    ]
    counts = [(len(gold & seen), len(seen), len(gold)) for gold, seen in pairs]
    rng = random.Random(7)
    rounds = sorted(_f1(np.sum(rng.choices(counts, k=len(counts)), axis=0)) for _ in range(_ROUNDS))
    total = np.sum(counts, axis=0)
    clean = [len(seen) for gold, seen in pairs if not gold]
    return {
        **_row(*map(int, total)),
        "low": rounds[int(0.025 * _ROUNDS)],
        "high": rounds[int(0.975 * _ROUNDS)],
        "texts": len(samples),
        "false_alarms_in_texts_without_entities": rate(sum(map(bool, clean)), len(clean)),
        "by_class": {label: _row(*_of(label, pairs)) for label in labels},
    }


def _of(label: str, pairs: Iterable[tuple[set[Any], set[Any]]]) -> tuple[int, int, int]:
    totals: Counter[str] = Counter()
    for gold, seen in pairs:
        mine, theirs = ({e for e in part if e[2] == label} for part in (gold, seen))
        totals.update(right=len(mine & theirs), seen=len(theirs), gold=len(mine))
    return totals["right"], totals["seen"], totals["gold"]


def _row(right: int, seen: int, gold: int) -> dict[str, Any]:
    return {
        "f1": _f1((right, seen, gold)),
        "precision": round(right / max(1, seen), 4),
        "recall": round(right / max(1, gold), 4),
        "n": gold,
    }


def _f1(counts: Any) -> float:
    right, seen, gold = counts
    return round(float(2 * right / max(1, seen + gold)), 4)
