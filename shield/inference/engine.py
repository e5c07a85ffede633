"""The graphs of one policy, asked from many threads, each text once."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import CancelledError, Future
from pathlib import Path
from typing import TYPE_CHECKING

from shield.errors import ModelError
from shield.inference.brought import Brought, opened
from shield.inference.cache import Key, ScoreCache
from shield.inference.card import Card, verified
from shield.inference.cores import cores, shares
from shield.inference.graph import Graph, Text
from shield.inference.marks import Mark
from shield.inference.scores import Scores, WindowScore

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Brought", "Engine", "Mark", "Scores", "WindowScore"]

_Parts = tuple[str, str, str]


class Engine:
    """The graphs of one policy, and the scores they gave.

    Windows of concurrent callers share batches, distinct graphs run in parallel. Asking for a
    text that another thread is computing waits for that answer. The cache is bounded by the
    bytes of its entries.

    Args:
        folder: holds a folder for each of `names`.
        names: the models to load.
        cache_bytes: bound of the score cache.
        brought: models of the user's own, by the name to ask for.

    Raises:
        ModelError: a model folder is missing, altered or unusable.
    """

    def __init__(
        self,
        folder: Path,
        names: Iterable[str],
        cache_bytes: int = 16_777_216,
        brought: Mapping[str, Brought] | None = None,
    ) -> None:
        wanted, own = sorted(set(names)), dict(brought or {})
        self._folder = folder.resolve()
        threads, lanes = shares(len({*wanted, *own}), cores())
        self._graphs = {
            name: Graph.load(folder / name, threads, lanes) for name in wanted if name not in own
        }
        for name, entry in own.items():
            self._graphs[name] = opened(name, entry, threads, lanes)
        self._cache = ScoreCache(cache_bytes)

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each loaded model."""
        return {name: graph.card.digest for name, graph in self._graphs.items()}

    def serves(self, folder: Path, names: Iterable[str], brought: Mapping[str, Brought]) -> bool:
        """True when the loaded models are these, and their files are what was loaded."""
        if brought or self._folder != folder.resolve():
            return False  # what a user brought is read again: it has no card to compare
        if set(names) != self._graphs.keys():
            return False
        try:
            return all(verified(folder / n).digest == d for n, d in self.digests.items())
        except ModelError:
            return False

    def card(self, model: str) -> Card:
        """The card of a loaded model."""
        return self._graphs[model].card

    def scores(self, model: str, texts: Sequence[Text]) -> list[Scores]:
        """The scores of `(text, surface)` or `(text, surface, lead)`, in order.

        A lead is the first half of a pair: it opens every window, in place of the prefix.

        Raises:
            InferenceError: the graph answered nonsense.
            LeadError: a lead leaves less than half of a window to the text.
        """
        graph = self._graphs[model]
        parts: list[_Parts] = [
            (text[0], text[1], text[2] if len(text) > 2 else "") for text in texts
        ]
        keys = [_key(graph, *part) for part in parts]
        found: dict[Key, Scores] = {}
        while missing := {k: p for k, p in zip(keys, parts, strict=True) if k not in found}:
            found |= self._asked(graph, missing)
        return [found[key] for key in keys]

    def embed(
        self, model: str, texts: Sequence[str], surface: str | None = None
    ) -> "NDArray[np.float32]":
        """Unit vectors, shape (texts, width), of a graph that embeds; its first surface by default.

        A text of several windows gets their mean by tokens, of length one.

        Raises:
            InferenceError: the graph answered nonsense.
            ValueError: the graph does not embed.
        """
        import numpy as np

        card = self._graphs[model].card
        if card.task != "embedding":
            raise ValueError(f"{model} does not embed, its task is {card.task}")
        name = surface or next(iter(card.surfaces))
        if not texts:
            return np.empty((0, 0), np.float32)
        rows = [s.vector for s in self.scores(model, [(text, name) for text in texts])]
        return np.frombuffer(b"".join(rows), np.float32).reshape(len(texts), -1).copy()

    def tokens_of(self, text: str) -> int:
        """Tokens of a text that some graph scored lately, else 0."""
        found = (
            self._cache.peek(_key(graph, text, surface))
            for graph in self._graphs.values()
            for surface in graph.card.surfaces
        )
        return max((scores.tokens for scores in found if scores), default=0)

    def _asked(self, graph: Graph, texts: dict[Key, _Parts]) -> dict[Key, Scores]:
        """Answers to `texts`, without those that another caller claimed and then left."""
        mine: dict[Key, _Parts] = {}
        waiting: dict[Key, Future[Scores]] = {}
        for key, text in texts.items():
            waiting[key], is_new = self._cache.claim(key)
            if is_new:
                mine[key] = text
        found = self._computed(graph, mine)
        for key in waiting.keys() - mine.keys():
            try:
                found[key] = waiting[key].result()
            except CancelledError:
                continue
        return found

    def _computed(self, graph: Graph, mine: dict[Key, _Parts]) -> dict[Key, Scores]:
        try:
            found = dict(zip(mine, graph.scores(list(mine.values())), strict=True))
            for key, scores in found.items():
                self._cache.keep(key, scores)
        except BaseException as error:
            for key in mine:
                self._cache.drop(key, error)
            raise
        return found


def _key(graph: Graph, text: str, surface: str, lead: str = "") -> Key:
    content = hashlib.sha256()
    for part in (lead, text):
        raw = part.encode("utf-8", "surrogatepass")
        content.update(len(raw).to_bytes(8, "big") + raw)
    return graph.card.digest, surface, content.digest()
