"""Measures of an injection graph on texts that nothing was fitted on."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from models.train.injection.clean import Clean, clean
from models.train.injection.sample import BENIGN, Sample
from models.train.injection.score import logits, suspicion
from models.train.measure import auroc, best_temperature, calibration_error, rate, threshold_at

RATES = {"at_1pct": 0.01, "at_0_1pct": 0.001}


class Benign(NamedTuple):
    """The benign texts and their logits (texts, labels)."""

    texts: list[Clean]
    rows: Any

    def on(self, surface: str) -> Any:
        """The logits of one surface."""
        return self.rows[np.array([t.surface == surface for t in self.texts])]


def benign(path: Path, data: Path) -> Benign:
    """Score the benign texts of `calibration/`."""
    texts = clean(data)
    return Benign(texts, logits(path, [(t.text, t.surface) for t in texts]))


def surface(
    path: Path,
    held: Sequence[Sample],
    base: Benign,
    name: str,
    heat: dict[str, float] | None = None,
) -> dict[str, Any]:
    """Temperature, AUROC, recall at fixed false-positive rates, calibration, by family."""
    mine = [s for s in held if s.surface == name]
    rows = logits(path, [(s.text, s.surface) for s in mine])
    labels = np.array([s.label for s in mine])
    temper = heat[name] if heat else round(best_temperature(rows, labels), 3)
    bad = labels != BENIGN
    attacks, quiet = suspicion(rows[bad], temper), suspicion(base.on(name), temper)
    cuts = {key: threshold_at(quiet, share) for key, share in RATES.items()}
    scores = np.concatenate([attacks, quiet])
    is_bad = np.concatenate([np.ones(len(attacks), bool), np.zeros(len(quiet), bool)])
    found = [s for s in mine if s.label != BENIGN]
    return {
        "temperature": temper,
        "auroc": auroc(scores, is_bad),
        "calibration_error": calibration_error(scores, is_bad),
        "threshold_at_1pct": round(cuts["at_1pct"], 4),
        "benign": len(quiet),
        "recall": {key: recall(attacks, cut) for key, cut in cuts.items()},
        "families": grouped(found, attacks, cuts["at_1pct"], lambda s: s.family),
        "authors": grouped(found, attacks, cuts["at_1pct"], author),
    }


def author(sample: Sample) -> str:
    """Who wrote the attack: this project's phrases are by a model, the rest is public."""
    return "model" if all(s.startswith("own/") for s in sample.sets) else "public sets"


def recall(scores: Any, cut: float) -> dict[str, Any]:
    """Share above the cut, with bounds."""
    return rate(int((scores > cut).sum()), len(scores))


def grouped(
    items: Sequence[Any], scores: Any, cut: float, key: Callable[[Any], str]
) -> dict[str, Any]:
    """The share above the cut in each group."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(items):
        groups[key(item)].append(index)
    return {name: recall(scores[at], cut) for name, at in sorted(groups.items())}


def compared(path: Path, exact: Path, held: Sequence[Sample]) -> dict[str, Any]:
    """AUROC of the int8 graph and of the fp32 graph on the same held texts, per surface."""
    found: dict[str, Any] = {}
    for name in ("user", "data"):
        mine = [s for s in held if s.surface == name][:1500]
        texts = [(s.text, s.surface) for s in mine]
        bad = np.array([s.label != BENIGN for s in mine])
        int8, fp32 = (auroc(suspicion(logits(p, texts)), bad) for p in (path, exact))
        found[name] = {"n": len(mine), "auroc_int8": int8, "auroc_fp32": fp32}
    return found
