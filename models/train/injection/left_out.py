"""`left_out`: fit without some sets, and measure on them.

Each fold leaves several sets out at once, which is harder than leaving out one, and fits on
a sample of the windows, a thirteenth of what the shipped graph had: the figures are those of the
recipe, not of the shipped graph. Results go into the card's `metrics.left_out`.
"""

import random
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import tomli_w

from models.train.injection import compose, judged, recipe
from models.train.injection.sample import BENIGN, Sample
from models.train.injection.score import logits, suspicion
from models.train.measure import auroc, threshold_at

FOLDS = (
    (
        "jailbreak_llms_itw bipia own/attacks_requests own/attacks_direct own/attacks_langs_data "
        "own/attacks_technical own/attacks_overrides source_code_chunks"
    ),
    (
        "jailbreak_attacks_generated tasktracker_parts own/attacks_data own/attacks_methods "
        "own/attacks_multilingual own/attacks_world_direct own/attacks_office "
        "own/attacks_frames own/attacks_tools own/attacks_history"
    ),
    (
        "deepset_prompt_injections asb agentdojo_tool_outputs agentdojo_runs own/attacks "
        "own/attacks_langs_direct own/attacks_long own/attacks_world_data"
    ),
)
_WINDOWS, _LEAST, _MOST = 8_000, 100, 300


def leave_out(data: Path, out: Path, seed: int) -> None:
    """Fit one graph a fold, measure, add the result to the card in `out`."""
    made = recipe.composed(data, seed)
    found: dict[str, Any] = {}
    for number, fold in enumerate(FOLDS):
        found |= _fold(made, frozenset(fold.split()), data, seed + number)
    path = out / "card.toml"
    card = tomllib.loads(path.read_text("utf-8"))
    card["metrics"]["left_out"] = {"windows": _WINDOWS, "sets": found, **_overall(found)}
    path.write_text(tomli_w.dumps(card), encoding="utf-8")
    print(tomli_w.dumps(card["metrics"]["left_out"]))


def _fold(made: list[Sample], sets: frozenset[str], data: Path, seed: int) -> dict[str, Any]:
    fit, test = compose.without(made, sets)
    rng, items = random.Random(seed), recipe.model_items(fit)
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "fold"
        sampled = rng.sample(items, min(_WINDOWS, len(items)))
        recipe.fitted([sampled], out, seed, Path(scratch) / "exact.onnx")
        return _measured(out / "model.onnx", test, sets, data, rng)


def _measured(
    path: Path, test: list[Sample], sets: frozenset[str], data: Path, rng: random.Random
) -> dict[str, Any]:
    base = judged.benign(path, data)
    found: dict[str, Any] = {}
    for surface in ("user", "data"):
        quiet = suspicion(base.on(surface))
        cut = threshold_at(quiet, 0.01)
        for name in sorted(sets):
            mine = [s for s in test if s.surface == surface and name in s.sets]
            bad = [s for s in mine if s.label != BENIGN]
            clean = [s for s in mine if s.label == BENIGN]
            entry: dict[str, Any] = {}
            if len(bad) >= _LEAST:
                scores = _scores(path, rng.sample(bad, min(_MOST, len(bad))))
                is_bad = [True] * len(scores) + [False] * len(quiet)
                entry["auroc"] = auroc([*scores, *quiet], is_bad)
                entry["recall_at_1pct"] = judged.recall(scores, cut)
            if len(clean) >= _LEAST:
                scores = _scores(path, rng.sample(clean, min(_MOST, len(clean))))
                entry["false_alarms_at_1pct"] = judged.recall(scores, cut)
            if entry:
                found[f"{surface}: {name}"] = entry
                print(surface, name, entry, flush=True)
    return found


def _scores(path: Path, samples: list[Sample]) -> Any:
    return suspicion(logits(path, [(s.text, s.surface) for s in samples]))


def _overall(found: dict[str, Any]) -> dict[str, Any]:
    """Mean and worst recall a surface."""
    answer: dict[str, Any] = {}
    for surface in ("user", "data"):
        shares = {
            name: entry["recall_at_1pct"]["share"]
            for name, entry in found.items()
            if name.startswith(surface) and "recall_at_1pct" in entry
        }
        if shares:
            worst = min(shares, key=shares.__getitem__)
            mean = round(sum(shares.values()) / len(shares), 4)
            answer[surface] = {"mean": mean, "worst": shares[worst], "worst_set": worst}
    return answer
