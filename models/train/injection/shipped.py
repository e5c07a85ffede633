"""False alarms of the scanner as it is served, on benign texts, at the thresholds of the lock."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from models.train.injection.clean import Clean
from models.train.injection.judged import grouped
from shield.inference.engine import Engine
from shield.label import segment
from shield.scanners import NoOptions, Services
from shield.scanners.injection import Injection
from shield.text.canonical import canonical
from shield.text.patterns import PatternSet
from shield.types import Checkpoint, Source, Subject

_MODELS = ("injection", "injection_ngram")
_SOURCES = {"user": Source.USER, "data": Source.DOCUMENT}
_MOST_LANGUAGES = 100  # texts from which a language is worth a line


def alarms(texts: Sequence[Clean], cuts: dict[str, float], models: Path) -> dict[str, Any]:
    """Per surface, the share of benign texts that the scanner alone would stop, by group, set and
    language; empty where `models` lacks the second model.
    """
    if not all((models / name / "card.toml").exists() for name in _MODELS):
        return {}
    services = Services((), PatternSet.of(()), (), {}, 1.0, engine=Engine(models, _MODELS))
    scanner = Injection(NoOptions(), services)
    found: dict[str, Any] = {}
    for surface, cut in cuts.items():
        mine = [text for text in texts if text.surface == surface]
        scores = np.array([_score(scanner, text.text, surface) for text in mine])
        languages = grouped(mine, scores, cut, lambda t: t.lang or "none given")
        found[surface] = {
            "threshold": cut,
            "groups": grouped(mine, scores, cut, lambda t: t.group),
            "sets": grouped(mine, scores, cut, lambda t: f"{t.group}/{t.set}"),
            "languages": {k: v for k, v in languages.items() if v["n"] >= _MOST_LANGUAGES},
        }
    return found


def _score(scanner: Injection, text: str, surface: str) -> float:
    one = segment(text, _SOURCES[surface])
    views = ((canonical(text),),)
    findings = list(scanner.scan(Subject(Checkpoint.INPUT, (one,), history=(), views=views)))
    return findings[0].score if findings else 0.0
