"""Shield's injection scanner as a side: from the text to the finding, views included."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from benchmarks.peers.serve import serve
from shield import Source, segment
from shield.inference.engine import Engine, Scores
from shield.scanners import NoOptions, Services
from shield.scanners.injection import Injection
from shield.text.canonical import canonical
from shield.text.patterns import PatternSet
from shield.text.views import expand
from shield.types import Checkpoint, Subject

MODELS = Path(__file__).parents[2] / "models"


class Shield:
    """The scanner on the shipped graphs, with an engine of its own that holds no others."""

    def __init__(self) -> None:
        self._engine = Engine(MODELS, Injection.models)
        self._scanner = _scanner(self._engine)
        self._tokenizer = Tokenizer.from_file(str(MODELS / "injection" / "tokenizer.json"))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self.about: dict[str, Any] = {
            "shield": version("shield-guard"),
            "onnxruntime": version("onnxruntime"),
            "models": self._engine.digests,
        }

    def tokens(self, text: str) -> int:
        """Tokens, special ones not counted."""
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def scan(self, text: str) -> float:
        """The score of a user's message."""
        return _score(self._scanner, text)

    def shown(self, text: str) -> dict[str, Any]:
        """Tokens of all windows together, overlaps twice; characters and answer of each window."""
        witness = Witness(self._engine)
        _score(_scanner(witness), text)
        view = canonical(text)
        ranges: list[tuple[int, int]] = []
        answers: list[float] = []
        for piece, scores in witness.seen:
            at = view.text.index(piece)
            ranges += [view.source_span(at + w.start, at + w.end) for w in scores.windows]
            answers += [p for w in scores.windows for p in w.probabilities]
        fed = sum(self.tokens(text[start:end]) for start, end in ranges)
        return {"fed": fed, "ranges": ranges, "answers": answers}


class Witness:
    """An engine that keeps what it was asked, and what it said."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seen: list[tuple[str, Scores]] = []

    def scores(self, model: str, texts: Sequence[tuple[str, str]]) -> list[Scores]:
        """The engine's answer."""
        said = self._engine.scores(model, texts)
        self.seen += zip((text for text, _ in texts), said, strict=True)
        return said

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


def _scanner(engine: Any) -> Injection:
    return Injection(NoOptions(), Services((), PatternSet((), ()), (), {}, 1.0, engine))


def _score(scanner: Injection, text: str) -> float:
    shown = (segment(text, Source.USER),)
    subject = Subject(Checkpoint.INPUT, shown, views=(expand(text).views,))
    return max(finding.score for finding in scanner.scan(subject))


if __name__ == "__main__":
    serve(Shield)
