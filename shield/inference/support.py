"""How far supplied texts support a claim: by a model of pairs, or by nearness in meaning."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from shield.errors import LeadError, ModelError
from shield.text.canonical import canonical
from shield.text.overlap import read, telling
from shield.text.passages import passages

if TYPE_CHECKING:
    from shield.inference.engine import Engine

PAIRS, EMBEDDER = "grounding", "embedder"
_SUPPORTED = "supported"
_PASSAGE = 900  # characters
_MOST_PASSAGES = 400  # of all texts together; the rest is not compared
_NEAREST = 3  # passages that a claim is held against


class Part(NamedTuple):
    """A passage in canonical form, and its telling words."""

    text: str
    stems: frozenset[str]


def parts(texts: Sequence[str]) -> list[Part]:
    """The passages of texts that claims are held against."""
    found = (text[start:end] for text in texts for start, end in passages(text, _PASSAGE))
    return [_part(text) for text in islice(found, _MOST_PASSAGES)]


class Support:
    """Asks the model of pairs. Many threads may.

    Raises:
        ModelError: the model has no label `supported`.
    """

    def __init__(self, engine: "Engine") -> None:
        card = engine.card(PAIRS)
        if _SUPPORTED not in card.labels:
            raise ModelError(f"{PAIRS}: the model knows no label {_SUPPORTED}", mend="restore it")
        self._engine, self._label = engine, card.labels.index(_SUPPORTED)
        self._surface = next(iter(card.surfaces))

    def of(self, claim: str, among: Sequence[Part]) -> float | None:
        """The probability that the passage which supports a claim best does; None where the claim is
        too long for the model, or there is nothing to hold it against.
        """
        said = _part(claim)
        asked = [(text, self._surface, said.text) for text in _likely(said, among)]
        try:
            found = self._engine.scores(PAIRS, asked)
        except LeadError:
            return None
        return max((w.probabilities[self._label] for s in found for w in s.windows), default=None)


def nearness(engine: "Engine", claim: str, among: Sequence[Part]) -> float:
    """The highest cosine of a claim with one of the passages, 0 without any."""
    said = _part(claim)
    chosen = _likely(said, among)
    if not chosen:
        return 0.0
    rows = engine.embed(EMBEDDER, [said.text, *chosen])
    return float((rows[1:] @ rows[0]).max())


def _likely(claim: Part, among: Sequence[Part]) -> list[str]:
    """The passages that share most telling words with a claim."""
    held = [(len(claim.stems & part.stems), -n) for n, part in enumerate(among)]
    return [among[-n].text for _, n in sorted(held, reverse=True)[:_NEAREST]]


def _part(text: str) -> Part:
    plain = canonical(text).text
    return Part(plain, telling(read(plain)))
