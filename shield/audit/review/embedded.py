"""Where texts lie in the space of an embedder, as a centre and a histogram: no text can be read from it.

A cosine between vectors of two embedders says nothing, so a summary carries the digest of its own
and is refused under another.
"""

import base64
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from shield.errors import ModelError
from shield.ops.drift import psi

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BINS = 10

Embed = Callable[[Sequence[str]], "NDArray[np.float32]"]


class Embedded(Struct, frozen=True):
    """Texts by their nearness to their own centre. `centre` is a unit vector, float32 in base64;
    `edges` are the nine deciles of the cosines to it, `counts` the texts between them.
    """

    model: str
    centre: str
    edges: tuple[float, ...]
    counts: tuple[int, ...]


class Moved(Struct, frozen=True):
    """How far texts have moved: the PSI of their nearness to the old centre (None for too few), and the
    cosine of the two centres.
    """

    n: int
    psi: float | None
    centres: float


def embedded(model: str, embed: Embed, texts: Sequence[str]) -> Embedded:
    """The summary of texts; `model` is the digest of the embedder.

    Raises:
        InferenceError: the embedder answered nonsense.
    """
    import numpy as np

    rows = embed(texts)
    centre = _centre(rows)
    near = rows @ centre
    edges = tuple(float(e) for e in np.quantile(near, np.linspace(0.1, 0.9, _BINS - 1)))
    raw = base64.b64encode(centre.astype(np.float32).tobytes()).decode("ascii")
    return Embedded(model, raw, edges, _counts(near, edges))


def moved(before: Embedded, model: str, embed: Embed, texts: Sequence[str]) -> Moved:
    """How far `texts` lie from those of a stored summary.

    Raises:
        ModelError: the summary was made by another embedder, or is damaged.
        InferenceError: the embedder answered nonsense.
    """
    import numpy as np

    if before.model != model:
        raise ModelError(
            f"the reference is of the embedder {before.model}, loaded is {model}: "
            "a cosine between them says nothing",
            mend="make it again with `shield review reference`",
        )
    rows = embed(texts)
    try:
        centre = np.frombuffer(base64.b64decode(before.centre), np.float32)
        near = rows @ centre
        index = psi(before.counts, _counts(near, before.edges))
    except ValueError:
        raise ModelError(
            "the reference is damaged", mend="make it again with `shield review reference`"
        ) from None
    return Moved(len(texts), index, round(float(_centre(rows) @ centre), 4))


def _centre(rows: "NDArray[np.float32]") -> "NDArray[np.float32]":
    import numpy as np

    mean = rows.mean(axis=0)
    centre: NDArray[np.float32] = mean / max(float(np.linalg.norm(mean)), 1e-9)
    return centre


def _counts(near: "NDArray[np.float32]", edges: Sequence[float]) -> tuple[int, ...]:
    import numpy as np

    places = np.searchsorted(np.asarray(edges), near)
    return tuple(int(count) for count in np.bincount(places, minlength=len(edges) + 1))
