"""Scores of texts: windows of many texts in one batch, each text once, remembered for a while."""

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path

from msgspec import Struct

from shield.inference.graph import Graph


class WindowScore(Struct, frozen=True):
    """The characters of a window and its probabilities, in the order of the card's labels."""

    start: int
    end: int
    probabilities: tuple[float, ...]


class Scores(Struct, frozen=True):
    """What a graph says about one text."""

    labels: tuple[str, ...]
    windows: tuple[WindowScore, ...]
    tokens: int


Key = tuple[str, str, bytes]


class Engine:
    """The graphs of one policy, and the scores they gave.

    Asking for a text that another thread is computing waits for that answer. The cache is
    bounded by the bytes of its entries.

    Raises:
        ModelError: a model folder is missing, altered or unusable.
    """

    def __init__(self, folder: Path, names: Iterable[str], cache_bytes: int = 16_777_216) -> None:
        wanted = sorted(set(names))
        threads = max(1, (os.cpu_count() or 1) // max(1, len(wanted)))
        self._graphs = {name: Graph(folder / name, threads) for name in wanted}
        self._cache = _Cache(cache_bytes)

    @property
    def digests(self) -> dict[str, str]:
        """The digest of each loaded model."""
        return {name: graph.card.digest for name, graph in self._graphs.items()}

    def scores(self, model: str, texts: Sequence[tuple[str, str]]) -> list[Scores]:
        """The scores of `(text, surface)` pairs, in order.

        Raises:
            InferenceError: the graph answered nonsense.
        """
        graph = self._graphs[model]
        keys = [(graph.card.digest, surface, _content(text)) for text, surface in texts]
        mine: dict[Key, tuple[str, str]] = {}
        waiting: dict[Key, Future[Scores]] = {}
        for key, text in zip(keys, texts, strict=True):
            future, is_new = self._cache.claim(key)
            waiting[key] = future
            if is_new:
                mine[key] = text
        self._fill(graph, mine, waiting)
        return [waiting[key].result() for key in keys]

    def tokens_of(self, text: str) -> int:
        """Tokens of a text that some graph scored lately, else 0."""
        content = _content(text)
        found = (
            self._cache.peek((graph.card.digest, surface, content))
            for graph in self._graphs.values()
            for surface in graph.card.surfaces
        )
        return max((scores.tokens for scores in found if scores), default=0)

    def _fill(
        self, graph: Graph, mine: dict[Key, tuple[str, str]], waiting: dict[Key, "Future[Scores]"]
    ) -> None:
        try:
            for key, scores in _computed(graph, mine):
                waiting[key].set_result(scores)
                self._cache.keep(key, scores)
        except BaseException as error:
            for key in mine:
                self._cache.drop(key)
                if not waiting[key].done():
                    waiting[key].set_exception(error)
            raise


def _computed(graph: Graph, texts: dict[Key, tuple[str, str]]) -> list[tuple[Key, Scores]]:
    found: list[tuple[Key, Scores]] = []
    for surface in sorted({surface for _, surface in texts.values()}):
        cut = {k: graph.windows(t, s) for k, (t, s) in texts.items() if s == surface}
        batch = [window for made, _ in cut.values() for window in made]
        rows = graph.run(batch, graph.card.surfaces[surface].temperature).tolist()
        at = 0
        for key, (made, tokens) in cut.items():
            scored = tuple(
                WindowScore(w.start, w.end, tuple(row))
                for w, row in zip(made, rows[at : at + len(made)], strict=True)
            )
            at += len(made)
            found.append((key, Scores(graph.card.labels, scored, tokens)))
    return found


def _content(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class _Cache:
    """Least recently used first out, by bytes; entries in the making are futures."""

    def __init__(self, limit: int) -> None:
        self._limit, self._used = limit, 0
        self._kept: OrderedDict[Key, Scores] = OrderedDict()
        self._making: dict[Key, Future[Scores]] = {}
        self._lock = threading.Lock()

    def claim(self, key: Key) -> tuple["Future[Scores]", bool]:
        """The future answer, and whether the caller has to compute it."""
        with self._lock:
            if key in self._making:
                return self._making[key], False
            future: Future[Scores] = Future()
            if key in self._kept:
                self._kept.move_to_end(key)
                future.set_result(self._kept[key])
                return future, False
            self._making[key] = future
            return future, True

    def peek(self, key: Key) -> Scores | None:
        with self._lock:
            return self._kept.get(key)

    def keep(self, key: Key, scores: Scores) -> None:
        with self._lock:
            self._making.pop(key, None)
            self._kept[key] = scores
            self._used += _cost(scores)
            while self._used > self._limit and self._kept:
                _, oldest = self._kept.popitem(last=False)
                self._used -= _cost(oldest)

    def drop(self, key: Key) -> None:
        with self._lock:
            self._making.pop(key, None)


def _cost(scores: Scores) -> int:
    return 400 + 200 * len(scores.windows)
