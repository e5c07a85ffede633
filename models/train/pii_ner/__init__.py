"""The personal-data tagger: filled templates and labelled rows → one class a token."""

import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.train import base
from models.train.card import sources, write
from models.train.export import export
from models.train.fit import fit, per_token
from models.train.measure import best_temperature, calibration_error, softmax
from models.train.pii_ner import gold
from models.train.pii_ner.compose import OWN, composed, filled, own_templates
from models.train.pii_ner.evaluate import SURFACE, TASK, Served, figures
from models.train.pii_ner.model import OVERLAP, SIZE, Tagger, blanked, items, loss
from models.train.pii_ner.sample import CLASSES, Sample
from models.train.pii_ner.values import Values

EPOCHS, RATE = 3, 2e-4
_SPLIT = 8
_OWN_FILLS = 6
_CANARIES = (
    ("PERSON", "Please call Marta Jankowska back before noon."),
    ("LOCATION", "The parcel was sent from Rotterdam last week."),
    ("ORGANIZATION", "She has worked for Northwind Insurance Ltd since spring."),
    ("ADDRESS", "My new address is 14 Willow Crescent, Leeds LS1 4AB."),
)
_WEB = ("PERSON", "LOCATION", "ORGANIZATION")
_KNOWN_MISSES = [
    "Fitted on templates and on prose in which names were guessed from their form.",
    "On free English web text far less is found, organisations least (see metrics.web).",
    "The vocabulary is English, without case or accents: other scripts are not covered.",
    "A name that is also a word (Will, Rose) depends on its sentence.",
    "Neighbours of one class are one entity.",
    "Mr. and Dr., ages, nationalities, phone numbers, e-mail addresses and links are outside.",
    "Relative dates (yesterday, next week) are outside; order, ticket and invoice numbers too.",
    "Languages other than en, de, fr, es, it, pt, nl, pl, tr are not covered.",
]


def recipe(data: Path, out: Path, seed: int) -> None:
    """Fit, export, measure on held templates and out of domain, write the card."""
    split = gold.split(data, seed + _SPLIT)
    taught, kept = own_templates(split.held_templates, seed)
    model = Tagger()
    fitted = list(blanked(items(composed(data, split, taught, seed)), random.Random(seed)))
    fit(model, fitted, loss, collate=per_token, epochs=EPOCHS, seed=seed, rate=RATE)
    base.save_tokenizer(out)
    exact = out.parent / f".{out.name}.exact.onnx"
    export(model, out, ("marks",), exact=exact)
    try:
        values = Values(random.Random(seed + 1))
        own = {
            lang: [
                filled(t["text"], lang, values)
                for t in kept
                for _ in range(_OWN_FILLS)
                if t["lang"] == lang
            ]
            for lang in sorted({t["lang"] for t in kept})
        }
        _finish(data, out, exact, split, own)
    finally:
        exact.unlink()


def _finish(
    data: Path, out: Path, exact: Path, split: gold.Split, own: dict[str, list[Sample]]
) -> None:
    temperature, error = _calibrated(data, out)
    graph = Served(out / "model.onnx", temperature)
    other = [made for _, made in gold.presidio(data, "calibration/pii")]
    metrics = {
        "held_templates": _measured(graph, split.held),
        "held_templates_fp32": _measured(Served(exact, temperature), split.held)["f1"],
        "held_own_templates": {
            **_measured(graph, [s for part in own.values() for s in part]),
            "by_language": {lang: _measured(graph, part)["f1"] for lang, part in own.items()},
        },
        "calibration_templates": _measured(graph, other),
        "web": _measured(graph, [_only(made, _WEB) for made in gold.web(data)], _WEB),
        "calibration_error": error,
    }
    print(json.dumps(metrics, indent=1))
    write(out, _card(data, graph, temperature, metrics))


def _measured(graph: Served, samples: Sequence[Sample], labels: Sequence[str] = CLASSES[1:]) -> Any:
    found = graph.entities([s.text for s in samples])
    return figures(samples, [[e for e in row if e.label in labels] for row in found], labels)


def _only(sample: Sample, labels: Sequence[str]) -> Sample:
    return sample._replace(entities=tuple(e for e in sample.entities if e.label in labels))


def _calibrated(data: Path, out: Path) -> tuple[float, float]:
    """The temperature of the tokens of `calibration/pii`, and the calibration error with it."""
    graph = Served(out / "model.onnx")
    known = [graph.probabilities(made) for _, made in gold.presidio(data, "calibration/pii")]
    logs = np.log(np.concatenate([rows for rows, _ in known]) + 1e-9)
    labels = np.array([label for _, found in known for label in found])
    temperature = round(best_temperature(logs, labels), 3)
    shown = softmax(logs / temperature)
    return temperature, calibration_error(shown.max(axis=1), shown.argmax(axis=1) == labels)


def _highest(graph: Served, text: str, label: str) -> float:
    """The highest probability of a class over the tokens of a text."""
    rows, _ = graph.probabilities(Sample(text, ()))
    return round(float(rows[:, CLASSES.index(label)].max()), 4)


def _card(data: Path, graph: Served, temperature: float, metrics: Any) -> dict[str, Any]:
    return {
        "name": "pii_ner",
        "task": TASK,
        "labels": [],
        "marks": list(CLASSES),
        "activation": "softmax",
        "licence": "Apache-2.0",
        "base": base.NAME,
        "intended_use": "Which words name persons, places, organisations, dates, addresses and "
        "numbers that a person goes by? A recogniser beside patterns, not in their place.",
        "known_misses": _KNOWN_MISSES,
        "surfaces": {
            SURFACE: {"prefix": "", "temperature": temperature, "size": SIZE, "overlap": OVERLAP}
        },
        "canary": [
            {
                "surface": SURFACE,
                "text": text,
                "lead": "",
                "label": label,
                "score": _highest(graph, text, label),
            }
            for label, text in _CANARIES
        ],
        "data": [
            *sources(data, ("pii", "benign_documents", "benign_multilingual", "benign_dialogues")),
            {
                "set": "pii_templates",
                "source": "models/train/phrases/pii_templates.jsonl, author: model",
                "licence": "Apache-2.0",
                "rows": sum(1 for _ in OWN.open(encoding="utf-8")),
            },
        ],
        "metrics": metrics,
    }
