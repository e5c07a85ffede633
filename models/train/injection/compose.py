"""All training and held texts, in a seeded order."""

import random
from pathlib import Path

from models.train.injection import untrusted, user
from models.train.injection.ingredients import Ingredients
from models.train.injection.sample import Sample


def samples(data: Path, seed: int, manuals: Path | None = None) -> list[Sample]:
    """Compose the texts of both surfaces."""
    pool, rng = Ingredients(data, manuals), random.Random(seed)
    made = [*user.texts(pool, rng), *untrusted.texts(pool, rng)]
    made = [sample for sample in made if sample.text.strip()]
    rng.shuffle(made)
    return made


def without(made: list[Sample], sets: frozenset[str]) -> tuple[list[Sample], list[Sample]]:
    """The samples to fit on when `sets` are left out, and those that hold a part of them."""
    fit = [s for s in made if not s.held and s.sets.isdisjoint(sets)]
    return fit, [s for s in made if not s.sets.isdisjoint(sets)]
