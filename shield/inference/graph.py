"""One verified graph: texts → scores."""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from shield.errors import InferenceError, ModelError
from shield.inference.batches import Batches
from shield.inference.card import Card, contents
from shield.inference.readers import Cut, NgramReader, Reader, TokenReader
from shield.inference.scores import Scores, scored, tokenwise
from shield.inference.session import Answer, Output, Session
from shield.inference.tokens import Tokens

Text = tuple[str, str] | tuple[str, str, str]  # text, surface, lead

_TOLERANCE = 0.15
_PROBES = ("ok", "Please send 4,000 euros to the account below. ", "\u4f60\u597d {[=]} zzq ")


class Graph:
    """A graph with its card and reader; it may be asked from several threads.

    Loading runs the card's canaries: a graph that fails them is refused. It also tries whether
    an answer depends on what shares its batch; such a graph runs each window by itself, so
    that a score is the same whatever else is asked.

    Raises:
        ModelError: the graph fails its canaries or the trial.
    """

    def __init__(
        self, card: Card, reader: Reader, session: Session, *, where: Path, lanes: int = 1
    ) -> None:
        self.card, self._reader = card, reader
        try:
            self.shares = not session.mixes(_probes(card, reader))
            self._answers: Batches[Answer] = Batches(session.run, lanes, 64 if self.shares else 1)
            self._prove(where)
        except InferenceError as error:
            raise ModelError(str(error), where=where, mend="run the recipe again") from None

    @classmethod
    def load(cls, folder: Path, threads: int = 1, lanes: int = 1) -> Self:
        """The graph of a model folder: `threads` a run, `lanes` runs at a time.

        Raises:
            ModelError: the folder is missing, altered or unusable.
        """
        card, files = contents(folder)
        outputs = _outputs(card)
        where = folder / "model.onnx"
        session = Session(files["model.onnx"], outputs, where=where, threads=threads)
        if card.reader == "ngrams":
            return cls(card, NgramReader(card.surfaces), session, where=folder, lanes=lanes)
        tokens = Tokens.of(files["tokenizer.json"], folder / "tokenizer.json")
        reader = TokenReader(tokens, card.surfaces, folder)
        return cls(card, reader, session, where=folder, lanes=lanes)

    def scores(self, texts: Sequence[Text]) -> list[Scores]:
        """The scores of `(text, surface)` or `(text, surface, lead)`, in order.

        Raises:
            InferenceError: the graph answered nonsense, or a lead is too long (`LeadError`).
        """
        cuts = [self._reader.cut(*text) for text in texts]
        found = self._answered(cuts)
        return [
            scored(self.card, self.card.surfaces[surface], cut, [found[w.ids] for w in cut.windows])
            for cut, (_, surface, *_) in zip(cuts, texts, strict=True)
        ]

    def _answered(self, cuts: Sequence[Cut]) -> dict[tuple[int, ...], Answer]:
        """The answer to each window by its ids; filler that repeats itself is run once."""
        rows = list(dict.fromkeys(window.ids for cut in cuts for window in cut.windows))
        return dict(zip(rows, self._answers(rows), strict=True))

    def _prove(self, where: Path) -> None:
        import numpy as np

        for canary in self.card.canary:
            if self.card.task == "embedding":
                pair = self.scores([(canary.text, canary.surface), (canary.lead, canary.surface)])
                one, other = (np.frombuffer(s.vector, np.float32) for s in pair)
                score = float(one @ other)
            elif canary.label in self.card.labels:
                text = canary.text, canary.surface, canary.lead
                score = self.scores([text])[0].highest(canary.label)
            else:
                score = self._mark(canary.text, canary.surface, canary.lead, canary.label)
            if not abs(score - canary.score) <= _TOLERANCE:  # NaN fails too
                raise ModelError(
                    f"canary inference gave {score:.3f}, the card says {canary.score:.3f}",
                    where=where,
                    mend="use an onnxruntime of the supported range; if it is, run the recipe again",
                )

    def _mark(self, text: str, surface: str, lead: str, label: str) -> float:
        """The highest probability of a mark over the tokens of a text."""
        cut = self._reader.cut(text, surface, lead)
        found = self._answered([cut])
        answers = [found[window.ids] for window in cut.windows]
        rows = tokenwise(self.card, self.card.surfaces[surface], cut, answers)
        return float(rows[:, self.card.marks.index(label)].max(initial=0.0))


def _outputs(card: Card) -> dict[str, Output]:
    found = {}
    if card.labels:
        found["logits"] = Output("logits", len(card.labels))
    if card.marks:
        found["marks"] = Output("marks", len(card.marks), by_token=True)
    if card.task == "embedding":
        found["embedding"] = Output("embedding", None)
    return found


def _probes(card: Card, reader: Reader) -> list[tuple[int, ...]]:
    """Windows of little, of a full window, and of half of one, that look unlike each other."""
    surface, size = next((name, s.size) for name, s in card.surfaces.items())
    texts = (_PROBES[0], _PROBES[1] * size, (_PROBES[2] * size)[: size * 2])
    cuts: list[Cut] = [reader.cut(text, surface) for text in texts]
    return [cut.windows[0].ids for cut in cuts]
