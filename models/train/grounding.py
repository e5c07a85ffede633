"""Does the premise support the claim? A cross-encoder over (claim, window of the premise)."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from models.train import base, card
from models.train.export import export
from models.train.fit import Item, fit
from models.train.grounding_model import Grounding
from models.train.grounding_pairs import (
    CLAIM_TOKENS,
    OVERLAP,
    SIZE,
    SUPPORTED,
    Pair,
    cut,
    is_held,
    made,
    nearest,
    public,
)
from models.train.measure import auroc, best_temperature, rate, softmax
from models.train.session import Session

LABELS = ["unsupported", "supported"]
FILES = ("grounded", "benign_chat")
# How often a row with a person's label is shown for each made pair.
REPEATS = {"summedits": 2, "q2_wow": 2, "made": 1}
CANARIES = (
    ("The museum opens at nine.", "The museum opens at nine and closes at five, except Mondays."),
    ("The museum opens at seven.", "The museum opens at nine and closes at five, except Mondays."),
    (
        "The company sold 340 boats in 2019.",
        "Norvik Marine sold 340 boats in 2019, twelve more than in the year before.",
    ),
    (
        "The lake is not safe for swimming.",
        "The city tested the water in May and found the lake safe for swimming.",
    ),
)


def recipe(data: Path, out: Path, seed: int) -> None:
    """Fit on documents that are not held, measure on those that are, export, write the card."""
    labelled = public(data, "train/grounded")
    shown = [p for p in labelled if not is_held(p.premise)]
    items = list(_items(shown + made(data, shown, seed)))
    print(f"{len(items)} windows, {sum(len(i.ids) for i in items)} tokens", flush=True)
    model = fit(Grounding(), items, _loss, epochs=2, seed=seed, rate=1.5e-4)
    exact = out.parent / "grounding.exact.onnx"
    base.save_tokenizer(out)
    export(model, out, ("logits",), exact=exact)
    fitted = {p.premise for p in shown}
    parts = {
        "held": [p for p in labelled if is_held(p.premise)],
        "calibration_new_documents": [
            p for p in public(data, "calibration/grounded") if p.premise not in fitted
        ],
        "calibration_known_documents": [
            p for p in public(data, "calibration/grounded") if p.premise in fitted
        ],
    }
    try:
        _finish(data, out, exact, parts)
    finally:
        exact.unlink()


def _items(pairs: Iterable[Pair]) -> Iterable[Item]:
    for pair in pairs:
        if found := cut(pair):
            item = Item(nearest(pair, found).ids, pair.label)
            yield from [item] * REPEATS[pair.origin]


def _loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    return nn.functional.cross_entropy(logits.float(), targets, label_smoothing=0.03)


def _finish(data: Path, out: Path, exact: Path, parts: dict[str, list[Pair]]) -> None:
    small, whole = Session(out / "model.onnx"), Session(exact)
    logits = {name: score(small, pairs) for name, pairs in parts.items()}
    known = parts["calibration_known_documents"]
    temperature = round(
        best_temperature(logits["calibration_known_documents"], np.array([p.label for p in known])),
        3,
    )
    metrics: dict[str, Any] = {}
    for name, pairs in parts.items():
        metrics[name] = measures(logits[name], pairs)
        metrics[name]["fp32"] = measures(score(whole, pairs), pairs)["all"]
        print(name, metrics[name], flush=True)
    card.write(out, _card(data, temperature, metrics, _canaries(small, temperature)))


def score(session: Session, pairs: list[Pair], size: int = SIZE, overlap: int = OVERLAP) -> Any:
    """The logits (pairs, 2) of the window of each pair that supports it best."""
    windows = [cut(pair, size, overlap) for pair in pairs]
    logits = session.run([w.ids for found in windows for w in found])
    best, at = [], 0
    for found in windows:
        part = logits[at : at + len(found)]
        best.append(part[int(np.argmax(part[:, 1] - part[:, 0]))])
        at += len(found)
    return np.array(best)


def measures(logits: Any, pairs: list[Pair]) -> dict[str, Any]:
    """Balanced accuracy at 0.5 and AUROC, of all pairs and of each set.

    The majority baseline's balanced accuracy is 0.5 whatever the shares; its plain accuracy is
    given beside the model's.
    """
    names = ["all", *sorted({p.origin for p in pairs})]
    found = {}
    for name in names:
        chosen = np.array([name in {"all", p.origin} for p in pairs])
        labels = np.array([p.label for p in pairs])[chosen]
        found[name] = _one(logits[chosen], labels)
    return found


def _one(logits: Any, labels: Any) -> dict[str, Any]:
    says = logits[:, 1] > logits[:, 0]
    yes, no = labels == SUPPORTED, labels != SUPPORTED
    supported = rate(int(says[yes].sum()), int(yes.sum()))
    unsupported = rate(int((~says)[no].sum()), int(no.sum()))
    return {
        "n": len(labels),
        "balanced_accuracy": round((supported["share"] + unsupported["share"]) / 2, 4),
        "balanced_accuracy_low": round((supported["low"] + unsupported["low"]) / 2, 4),
        "balanced_accuracy_high": round((supported["high"] + unsupported["high"]) / 2, 4),
        "majority_balanced_accuracy": 0.5,
        "accuracy": round(float((says == yes).mean()), 4),
        "majority_accuracy": round(float(max(yes.mean(), no.mean())), 4),
        "auroc": auroc(logits[:, 1] - logits[:, 0], yes),
        "supported_recall": supported,
        "unsupported_recall": unsupported,
    }


def _canaries(session: Session, temperature: float) -> list[dict[str, Any]]:
    found = []
    for claim, premise in CANARIES:
        logits = score(session, [Pair(claim, premise, SUPPORTED, "canary")])
        shown = round(float(softmax(logits / temperature)[0, 1]), 4)
        found.append(
            {
                "surface": "premise",
                "text": premise,
                "lead": claim,
                "label": "supported",
                "score": shown,
            }
        )
    return found


def _card(
    data: Path, temperature: float, metrics: dict[str, Any], canaries: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "name": "grounding",
        "task": "sequence-classification",
        "labels": LABELS,
        "marks": [],
        "activation": "softmax",
        "licence": "Apache-2.0",
        "base": base.NAME,
        "intended_use": "Does the premise (a retrieved document, a tool result) support one claim "
        "of an answer? One claim of one or two sentences at a time, English; a claim is supported "
        "if the best window of the premise supports it. A hint for review, not a proof.",
        "known_misses": [
            "A summary whose parts are supported by different windows counts as unsupported.",
            "Inference: sums, comparisons, dates worked out, who 'she' is.",
            (
                "Subtle changes of meaning that leave all words in place, and free paraphrases of "
                "what is supported: on held summaries the model is far from reliable (see metrics)."
            ),
            f"Claims of more than {CLAIM_TOKENS} tokens are refused, and not in these metrics.",
            "Languages other than English were not fitted and not measured: not covered.",
            "Facts that are true but not in the premise are unsupported, by design.",
        ],
        "surfaces": {
            "premise": {
                "prefix": "",
                "temperature": temperature,
                "size": SIZE,
                "overlap": OVERLAP,
            }
        },
        "canary": canaries,
        "notes": [
            "halueval2_facts has no premises and is not used.",
            (
                "Held documents are chosen by the digest of their text. calibration/grounded shares "
                "most documents with the fitted rows (other claims): those are a group of their own."
            ),
            (
                "Made pairs: sentences of prose and supported claims, reworded (supported) or with one "
                "fact changed (unsupported); no person looked at them."
            ),
        ],
        "data": [
            s
            for s in card.sources(data, FILES)
            if s["set"] in {"summedits", "q2_wow", "dolly15k_instructions"}
        ],
        "metrics": metrics,
    }
