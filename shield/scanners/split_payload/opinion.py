"""What the injection classifiers make of pieces that a text asks to join."""

import math

from shield.inference.engine import Engine
from shield.text.decoders.readable import reads_as_text
from shield.text.views import expand, worded
from shield.types import Surface

_NGRAMS = "injection_ngram"
_MODELS = (_NGRAMS, "injection")
_SURFACES = {Surface.USER: "user", Surface.DATA: "data"}
_JUDGED = 2_000  # characters: the newest
# Joined pieces are an attack more seldom than what the models were fitted on. In nats, what is lost by
# the log odds of the n-gram model alone, of the encoder alone, and of both together. Chosen on the tune
# split, where honest texts that ask to join pieces stay below.
_LOSSES = (4.0, 2.6, 3.0)
_SURE = 6.0  # nats at which a model's certainty is cut off


def opinion(engine: Engine | None, text: str, surface: Surface) -> float:
    """How sure the loaded models are of an attack, from 0 to 1; 0 without any.

    The encoder reads only what the n-gram model does not clear.
    """
    name = _SURFACES[surface]
    views = worded(expand(text[-_JUDGED:]).views)
    texts = [(view.text, name) for view in views if reads_as_text(view.text)]
    odds: list[float] = []
    sure = -math.inf
    for model, loss in zip(_MODELS, _LOSSES, strict=False):
        if engine is not None and model in engine.digests and texts:
            found = engine.scores(model, texts)
            worst = max(1.0 - w.probabilities[0] for scores in found for w in scores.windows)
            if model == _NGRAMS and worst < engine.card(model).surfaces[name].pass_threshold:
                return 0.0
            odds.append(_log_odds(worst))
            sure = max(sure, odds[-1] - loss)
    if len(odds) == len(_MODELS):
        sure = max(sure, sum(odds) - _LOSSES[-1])
    return 1.0 / (1.0 + math.exp(-sure)) if odds else 0.0


def _log_odds(probability: float) -> float:
    inside = min(max(probability, 1e-6), 1 - 1e-6)
    return max(-_SURE, min(_SURE, math.log(inside / (1 - inside))))
