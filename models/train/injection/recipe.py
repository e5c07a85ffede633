"""`injection`: compose, fit, export; then measure the held tenth and write the card."""

import copy
import json
import random
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from models.train import base, export
from models.train.fit import RATE, Item, fit
from models.train.injection import compose, describe, encode, judged, model, shipped
from models.train.injection.sample import Sample

MANUALS = Path(".cache/extra/manuals.jsonl.gz")
_EXACT = Path(".cache/injection.fp32.onnx")
_LOCK = Path("policies/default.lock.toml")


class Round(NamedTuple):
    """Its peak rate, the share of the composed windows that it sees, and how it begins.

    `kept` below 1 starts from a mean of the weights so far and the pretrained encoder's, which
    costs nothing in family and wins out of it (Wortsman et al. 2022, robust fine-tuning).
    """

    rate: float
    share: float
    kept: float = 1.0


# Every round composes anew, so that the next sees the same ingredients in other places; a repeat of
# the same texts is learned by heart. The shipped graph had these, but phrases were added between
# its rounds, the fourth saw all windows of the newest, and the fifth went on from int8 weights.
_ROUNDS = (
    Round(RATE, 1.0),
    Round(0.6 * RATE, 1.0),
    Round(0.5 * RATE, 0.62),
    Round(0.4 * RATE, 0.3),
    Round(0.5 * RATE, 0.8, kept=0.88),
)


# Of the shipped weights half are the last round's, 0.4 those of the round before, 0.1 the pretrained.
_BEFORE, _KEPT = 0.444, 0.9


def recipe(data: Path, out: Path, seed: int) -> None:
    """Write the model folder `out`. Manuals are used when they were fetched (see manuals.py)."""
    windows = (_windows(data, seed + n, one.share) for n, one in enumerate(_ROUNDS))
    fitted(windows, out, seed, _EXACT)
    made = composed(data, seed)
    _judge(made, data, out, {"int8": judged.compared(out / "model.onnx", _EXACT, held(made))})


def _windows(data: Path, seed: int, share: float) -> list[Item]:
    items = model_items([s for s in composed(data, seed) if not s.held])
    return random.Random(seed).sample(items, round(share * len(items)))


def evaluate(data: Path, out: Path, seed: int) -> None:
    """Measure the graph in `out` at the shipped thresholds and write its card anew."""
    card = tomllib.loads((out / "card.toml").read_text("utf-8"))
    kept = {k: v for k, v in card["metrics"].items() if k in {"left_out", "int8"}}
    heat = {name: surface["temperature"] for name, surface in card["surfaces"].items()}
    metrics = _judge(composed(data, seed), data, out, kept, heat)
    print(json.dumps(metrics, indent=1))


def composed(data: Path, seed: int) -> list[Sample]:
    """The texts, with the manuals where there are some."""
    return compose.samples(data, seed, MANUALS if MANUALS.exists() else None)


def model_items(made: list[Sample]) -> list[Item]:
    """The windows of the samples with their answers."""
    by_surface = encode.frames()
    return [item for sample in made for item in encode.encoded(sample, by_surface)]


def fitted(rounds: Iterable[list[Item]], out: Path, seed: int, exact: Path) -> None:
    """Fit on the windows of each round in turn and export; `exact` keeps the fp32 graph."""
    made: Any = model.Classifier()
    before = None
    for number, (one, items) in enumerate(zip(_ROUNDS, rounds, strict=False)):
        print(f"{len(items)} windows", flush=True)
        before = copy.deepcopy(made.state_dict()) if number else None
        made.lean_back(one.kept)
        made = fit(made, items, model.loss_of, collate=model.collate, seed=seed, rate=one.rate)
    if before is not None:
        made.blend(before, _BEFORE)
        made.lean_back(_KEPT)
    exact.parent.mkdir(exist_ok=True)
    export.export(made, out, ("logits", "marks"), exact=exact)
    base.save_tokenizer(out)


def held(made: list[Sample]) -> list[Sample]:
    """The texts that nothing is fitted on."""
    return [s for s in made if s.held]


def _judge(
    made: list[Sample],
    data: Path,
    out: Path,
    metrics: dict[str, Any],
    heat: dict[str, float] | None = None,
) -> dict[str, Any]:
    """Measure and write the card; without `heat` the temperatures are fitted anew."""
    path = out / "model.onnx"
    clean = judged.benign(path, data)
    found = {s: judged.surface(path, held(made), clean, s, heat) for s in encode.SURFACES}
    heat = {s: found[s]["temperature"] for s in encode.SURFACES}
    metrics |= {"held": found}
    describe.write(out, data, heat, metrics)
    metrics |= {"false_alarms": shipped.alarms(clean.texts, _shipped(), out.parent)}
    describe.write(out, data, heat, metrics)
    return metrics


def _shipped() -> dict[str, float]:
    """The thresholds of the shipped policy, by surface."""
    if not _LOCK.exists():
        return {}
    found = tomllib.loads(_LOCK.read_text("utf-8"))["thresholds"]
    return {s: found[f"injection@{s}"] for s in encode.SURFACES if f"injection@{s}" in found}
