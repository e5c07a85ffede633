"""Scores of the exported graph on texts that nothing was fitted on."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from models.train.compose import BENIGN, Sample
from models.train.encode import frames, tokenizer
from models.train.rows import rows
from shield.inference.windows import windows
from shield.text.canonical import canonical

# Benign texts for false alarms: surface, file, rows at most.
CLEAN = (
    ("user", "calibration/benign_chat", 2500),
    ("user", "calibration/benign_hard", 1380),
    ("user", "calibration/benign_dialogues", 800),
    ("data", "calibration/benign_documents", 1500),
    ("data", "calibration/tool_calls", 1500),
    ("data", "calibration/benign_outputs", 600),
)


class Scored(NamedTuple):
    """A text's family and, for its highest window, the logits (labels,)."""

    surface: str
    family: str
    label: int
    logits: Any


class Scorer:
    """The exported graph on this machine."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime as ort

        self.session = ort.InferenceSession(
            str(folder / "model.onnx"), providers=["CPUExecutionProvider"]
        )
        self.tok = tokenizer()
        self.frames = frames(self.tok)

    def score(self, sample: Sample) -> Scored:
        """Score every window of a text and keep the most suspicious."""
        encoding = self.tok.encode(canonical(sample.text).text, add_special_tokens=False)
        found = list(windows(encoding.ids, encoding.offsets, self.frames[sample.surface]))[:24]
        width = max(len(w.ids) for w in found)
        ids = np.array([[*w.ids, *[0] * (width - len(w.ids))] for w in found], dtype=np.int64)
        mask = np.array(
            [[1] * len(w.ids) + [0] * (width - len(w.ids)) for w in found], dtype=np.int64
        )
        logits = self.session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        worst = int(np.argmin(logits[:, 0] - logits[:, 1:].max(axis=1)))
        return Scored(sample.surface, sample.family, sample.label, logits[worst])


def clean(data: Path) -> list[Sample]:
    """Benign texts of `calibration/`, evenly spaced through each file."""
    found: list[Sample] = []
    for surface, name, most in CLEAN:
        kept = [r for r in rows(data, name) if r["text"].strip()]
        step = max(1, len(kept) // most)
        family = name.split("/")[1]
        found += [
            Sample(
                r["text"][:6000], surface, BENIGN, f"{family}/{r.get('lang') or r['set']}", "held"
            )
            for r in kept[::step]
        ]
    return found


def temperature(scored: Iterable[Scored]) -> float:
    """The temperature that minimises the log loss, by a fine search."""
    items = list(scored)
    logits = np.array([s.logits for s in items])
    labels = np.array([s.label for s in items])
    grid = np.geomspace(0.5, 8.0, 60)
    return float(min(grid, key=lambda t: _log_loss(logits / t, labels)))


def _log_loss(logits: Any, labels: Any) -> float:
    return float(-np.log(softmax(logits)[np.arange(len(labels)), labels] + 1e-9).mean())


def softmax(logits: Any) -> Any:
    """Row-wise softmax."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def suspicion(scored: Iterable[Scored], temper: float = 1.0) -> Any:
    """One minus the probability of benign, shape (texts,)."""
    return 1.0 - softmax(np.array([s.logits for s in scored]) / temper)[:, 0]


def summary(scored: list[Scored], temper: float) -> dict[str, Any]:
    """AUROC, recall at fixed false-positive rates, calibration error, per family."""
    from sklearn.metrics import roc_auc_score

    scores = suspicion(scored, temper)
    bad = np.array([s.label != BENIGN for s in scored])
    cuts = {rate: float(np.quantile(scores[~bad], 1 - rate)) for rate in (0.01, 0.001)}
    families: dict[str, Any] = {}
    for family in sorted({s.family for s in scored}):
        here = np.array([s.family == family for s in scored])
        families[family] = {
            "n": int(here.sum()),
            "attack": bool(bad[here].any()),
            "flagged_at_1pct": round(float((scores[here] > cuts[0.01]).mean()), 4),
        }
    return {
        "n_attack": int(bad.sum()),
        "n_benign": int((~bad).sum()),
        "auroc": round(float(roc_auc_score(bad, scores)), 4),
        "recall_at_1pct": round(float((scores[bad] > cuts[0.01]).mean()), 4),
        "recall_at_0_1pct": round(float((scores[bad] > cuts[0.001]).mean()), 4),
        "threshold_at_1pct": round(cuts[0.01], 4),
        "calibration_error": round(_ece(scores, bad), 4),
        "families": families,
    }


def _ece(scores: Any, bad: Any, bins: int = 10) -> float:
    index = np.minimum((scores * bins).astype(int), bins - 1)
    parts = [(index == b) for b in range(bins)]
    return float(sum(p.mean() * abs(scores[p].mean() - bad[p].mean()) for p in parts if p.any()))
