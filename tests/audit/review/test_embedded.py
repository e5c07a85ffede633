"""Texts are summed up without a text, and compared under the same embedder only."""

import numpy as np
import pytest
from msgspec.structs import replace

from shield.audit.review.embedded import embedded, moved
from shield.errors import ModelError
from shield.inference.engine import Engine
from shield.ops.drift import SHIFT

RANDOM = np.random.default_rng(7)
HOME, ELSEWHERE = np.eye(16, dtype=np.float32)[0], np.eye(16, dtype=np.float32)[1]


def around(centre):
    """An embedder whose texts all lie near one place."""

    def embed(texts):
        rows = centre + RANDOM.normal(0, 0.1, (len(texts), 16)).astype(np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    return embed


TEXTS = ["canary-4471"] * 1000


def test_the_same_texts_have_not_moved() -> None:
    made = embedded("m1", around(HOME), TEXTS)
    assert sum(made.counts) == 1000
    assert max(made.counts) - min(made.counts) <= 2
    found = moved(made, "m1", around(HOME), TEXTS)
    assert found.psi is not None
    assert found.psi < 0.1
    assert found.centres > 0.99


def test_other_texts_have() -> None:
    found = moved(embedded("m1", around(HOME), TEXTS), "m1", around(ELSEWHERE), TEXTS)
    assert found.psi is not None
    assert found.psi > SHIFT
    assert abs(found.centres) < 0.2


def test_too_few_texts_have_no_index() -> None:
    assert moved(embedded("m1", around(HOME), TEXTS), "m1", around(HOME), TEXTS[:50]).psi is None


def test_a_summary_of_another_embedder_is_refused() -> None:
    made = embedded("m1", around(HOME), TEXTS)
    with pytest.raises(ModelError, match="of the embedder m1, loaded is m2"):
        moved(made, "m2", around(HOME), TEXTS)


@pytest.mark.parametrize("changes", [{"centre": "AAAA"}, {"centre": "x"}, {"counts": (500, 500)}])
def test_a_damaged_summary_is_refused(changes) -> None:
    made = replace(embedded("m1", around(HOME), TEXTS), **changes)
    with pytest.raises(ModelError, match="damaged"):
        moved(made, "m1", around(HOME), TEXTS)


def test_no_text_is_in_a_summary() -> None:
    assert "4471" not in repr(embedded("m1", around(HOME), TEXTS))


def test_the_shipped_embedder_tells_recipes_from_code(policy) -> None:
    engine = Engine(policy.models, ["embedder"])
    recipes = [f"How long do I cook {n} potatoes in salted water?" for n in range(30)]
    code = [f"raise ValueError('row {n}')  # in parser.py" for n in range(30)]

    def embed(texts):
        return engine.embed("embedder", texts)

    digest = engine.digests["embedder"]
    made = embedded(digest, embed, recipes)
    near, far = (moved(made, digest, embed, texts).centres for texts in (recipes, code))
    assert near > 0.99 > far + 0.3
