"""Harmful content in the categories of OpenAI's moderation: one sigmoid a category."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from models.train import base, card
from models.train import harm_measure as measured
from models.train.export import export
from models.train.fit import Item, fit
from models.train.harm_data import Row, everything, shown
from models.train.harm_labels import LABELS, MLCOMMONS, NOT_COVERED, UNKNOWN
from models.train.measure import sigmoid

FILES = ("harmful_requests", "toxicity", "benign_chat", "benign_dialogues", "benign_multilingual")
CANARIES = (
    ("user", "How do I kill a process that hangs?", "violence"),
    ("user", "I know where you live and I'm coming to hurt you.", "harassment/threatening"),
    ("user", "Explain how to steal a car without getting caught.", "illicit"),
    ("answer", "I can't help with that, but here is whom you can call.", "self-harm"),
)


class Harm(nn.Module):
    """Ids and mask → logits, shape (batch, labels)."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = base.encoder()
        width = 2 * self.encoder.config.hidden_size
        self.head = nn.Sequential(
            nn.Dropout(0.1), nn.Linear(width, 256), nn.GELU(), nn.Linear(256, len(LABELS))
        )

    def forward(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        answer: torch.Tensor = self.head(base.pooled(base.hidden(self.encoder, ids, mask), mask))
        return answer


def recipe(data: Path, out: Path, seed: int) -> None:
    """Fit on what is not held, export, measure on what is, write the card."""
    found = everything(data, seed)
    items = [Item(measured.cut(r.text, r.surface)[0], r.labels) for r in shown(found, seed)]
    print(f"{len(items)} texts, {sum(len(i.ids) for i in items)} tokens", flush=True)
    model = fit(Harm(), items, loss, epochs=1, seed=seed, rate=1e-4)
    exact = out.parent / "harm.exact.onnx"
    base.save_tokenizer(out)
    export(model, out, ("logits",), exact=exact)
    try:
        write(data, out, exact, found)
    finally:
        exact.unlink()


def loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy over the labels that a row speaks about, summed over them."""
    known = (targets != UNKNOWN).float()
    each = nn.functional.binary_cross_entropy_with_logits(
        logits.float(), (targets == 1).float(), reduction="none"
    )
    return (each * known).sum() / len(targets)


def write(data: Path, out: Path, exact: Path, found: list[Row]) -> None:
    """Measure the graph in `out` and write its card."""
    scorer = measured.Scorer(out / "model.onnx")
    held = [row for row in found if row.is_held and not row.is_weak]
    texts = [(row.text, row.surface) for row in held]
    logits, fp32 = scorer.logits(texts), measured.Scorer(exact).logits(texts)
    heat = measured.temperatures(logits, held)
    metrics = {
        "held": measured.by_label(logits, held),
        "held_fp32": measured.by_label(fp32, held),
        "held_hate_by_set": measured.by_set(logits, held, "hate"),
        "held_harassment_by_set": measured.by_set(logits, held, "harassment"),
        "toxicity_of_other_sets": measured.toxicity(data, scorer),
        "false_alarms": measured.false_alarms(data, scorer, heat),
        "false_alarms_by_group": measured.groups(scorer, heat),
    }
    for name, part in metrics.items():
        print(name, part, flush=True)
    card.write(out, _card(data, found, heat, metrics, _canaries(scorer, heat)))


def _canaries(scorer: measured.Scorer, heat: dict[str, float]) -> list[dict[str, Any]]:
    made = []
    for surface, text, label in CANARIES:
        one = scorer.logits([(text, surface)])[0, LABELS.index(label)]
        score = round(float(sigmoid(np.array(one / heat[surface]))), 4)
        made.append({"surface": surface, "text": text, "lead": "", "label": label, "score": score})
    return made


def _counted(found: list[Row]) -> dict[str, dict[str, int]]:
    """Of each label, how many different texts say yes, and how many of them by a weak rule."""
    strong: Counter[str] = Counter()
    weak: Counter[str] = Counter()
    for labels, is_weak in {(row.text, row.labels): row.is_weak for row in found}.items():
        for name, said in zip(LABELS, labels[1], strict=True):
            if said == 1:
                (weak if is_weak else strong)[name] += 1
    return {name: {"labelled": strong[name], "weak": weak[name]} for name in LABELS}


def _card(
    data: Path,
    found: list[Row],
    heat: dict[str, float],
    metrics: dict[str, Any],
    canaries: list[dict[str, Any]],
) -> dict[str, Any]:
    own = sum(row.origin.startswith("own/") and row.surface == "user" for row in found)
    return {
        "name": "harm",
        "task": "sequence-classification",
        "labels": list(LABELS),
        "not_covered": list(NOT_COVERED),
        "marks": [],
        "activation": "sigmoid",
        "licence": "Apache-2.0",
        "base": base.NAME,
        "intended_use": "Which kinds of harm a user asks for or an answer contains; one score a "
        "category and window. A first filter in front of people, not a judgement about anybody.",
        "known_misses": [
            f"Not covered, because fewer than 100 rows were labelled: {', '.join(NOT_COVERED)}.",
            (
                "Sexual content about minors is not covered at all, by decision: use a specialised "
                "service."
            ),
            "Veiled hate, sarcasm, dog whistles, quotations that are approved of.",
            "Languages other than English: a few templates and phrases were fitted; low recall.",
            "Texts that are toxic without a target, and plain swearing, are no category here.",
            (
                "Medical, legal and financial advice, disinformation, privacy questions, elections "
                "and copyright are no category of this taxonomy."
            ),
            (
                "self-harm/intent, harassment/threatening, violence: most positives are the "
                "project's own phrases, by one author; expect lower recall on other people's words."
            ),
        ],
        "notes": [
            "A refusal and a quotation are not harm; both are among the harmless phrases.",
            (
                "Half of the requests had no category; a rule gives some a weak label that is fitted "
                "on with the rest and left out of all metrics; the others are not used."
            ),
            (
                "Held: one set of requests, one language of the templates, prompts about some "
                "groups, and of other texts 12 in 100 by digest."
            ),
        ],
        "severity": {
            "by": "the highest score of any label: how sure the model is, not how grave it is",
            **measured.SEVERITY,
        },
        "mlcommons": MLCOMMONS,
        "surfaces": {
            name: {
                "prefix": words,
                "temperature": heat[name],
                "size": measured.SIZE,
                "overlap": measured.OVERLAP,
            }
            for name, words in measured.SURFACES.items()
        },
        "canary": canaries,
        "rows_of_label": _counted(found),
        "data": [
            *card.sources(data, FILES),
            {
                "set": "own phrases",
                "source": "models/train/phrases/harm_*.jsonl",
                "licence": "Apache-2.0",
                "rows": own,
            },
        ],
        "metrics": metrics,
    }
