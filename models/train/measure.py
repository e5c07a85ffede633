"""Measures of binary scores, with 95 % bounds."""

import math
from typing import Any

import numpy as np


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The Wilson interval of a share; (0, 1) of nothing."""
    if n == 0:
        return 0.0, 1.0
    share = hits / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def rate(hits: int, n: int) -> dict[str, Any]:
    """A share with its n and bounds, rounded for a card."""
    low, high = wilson(hits, n)
    return {
        "n": n,
        "share": round(hits / n, 4) if n else 0.0,
        "low": round(low, 4),
        "high": round(high, 4),
    }


def auroc(scores: Any, bad: Any) -> float:
    """Area under the ROC curve; `bad` is True for what should score high."""
    from sklearn.metrics import roc_auc_score

    return round(float(roc_auc_score(bad, scores)), 4)


def threshold_at(clean_scores: Any, share: float) -> float:
    """The score that `share` of the clean texts exceed."""
    return float(np.quantile(clean_scores, 1 - share))


def calibration_error(scores: Any, bad: Any, bins: int = 10) -> float:
    """Expected calibration error over equal bins."""
    index = np.minimum((scores * bins).astype(int), bins - 1)
    parts = [(index == b) for b in range(bins)]
    error = sum(p.mean() * abs(scores[p].mean() - bad[p].mean()) for p in parts if p.any())
    return round(float(error), 4)


def softmax(logits: Any) -> Any:
    """Over the last axis."""
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)


def best_temperature(logits: Any, labels: Any) -> float:
    """The temperature that minimises the log loss of (rows, classes) logits, by a fine search."""
    rows = np.arange(len(labels))
    grid = np.geomspace(0.5, 8.0, 60)
    return float(min(grid, key=lambda t: -np.log(softmax(logits / t)[rows, labels] + 1e-9).mean()))


def auprc(scores: Any, bad: Any) -> float:
    """Area under the precision-recall curve (average precision); chance is the share of bad."""
    from sklearn.metrics import average_precision_score

    return round(float(average_precision_score(bad, scores)), 4)


def sigmoid(logits: Any) -> Any:
    """Element by element."""
    return 1.0 / (1.0 + np.exp(-logits))


def best_sigmoid_temperature(logits: Any, labels: Any) -> float:
    """The temperature that minimises the log loss of binary logits and labels of one shape."""
    grid = np.geomspace(0.3, 5.0, 80)
    return float(
        min(grid, key=lambda t: np.logaddexp(0.0, np.where(labels, -logits, logits) / t).mean())
    )
