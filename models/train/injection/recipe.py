"""`injection`: compose, fit, export; then measure the held tenth and write the card."""

import json
import tomllib
from pathlib import Path
from typing import Any

from models.train import base, export
from models.train.fit import Item, fit
from models.train.injection import compose, describe, encode, judged, model
from models.train.injection.sample import Sample

MANUALS = Path(".cache/extra/manuals.jsonl.gz")
_EXACT = Path(".cache/injection.fp32.onnx")
_LOCK = Path("policies/default.lock.toml")


def recipe(data: Path, out: Path, seed: int) -> None:
    """Write the model folder `out`. Manuals are used when they were fetched (see manuals.py)."""
    made = composed(data, seed)
    fitted(model_items([s for s in made if not s.held]), out, seed, _EXACT)
    _judge(made, data, out, {"int8": judged.compared(out / "model.onnx", _EXACT, held(made))})


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


def fitted(items: list[Item], out: Path, seed: int, exact: Path) -> None:
    """Fit on the windows and export; the fp32 graph is kept at `exact` for comparison."""
    print(f"{len(items)} windows", flush=True)
    exact.parent.mkdir(exist_ok=True)
    done: Any = fit(model.Classifier(), items, model.loss_of, collate=model.collate, seed=seed)
    export.export(done, out, ("logits", "marks"), exact=exact)
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
    cuts = _shipped() or {s: found[s]["threshold_at_1pct"] for s in encode.SURFACES}
    metrics |= {"held": found, "false_alarms": judged.false_alarms(clean, heat, cuts)}
    describe.write(out, data, heat, metrics)
    return metrics


def _shipped() -> dict[str, float]:
    """The thresholds of the shipped policy, by surface."""
    if not _LOCK.exists():
        return {}
    found = tomllib.loads(_LOCK.read_text("utf-8"))["thresholds"]
    return {s: found[f"injection@{s}"] for s in encode.SURFACES if f"injection@{s}" in found}
