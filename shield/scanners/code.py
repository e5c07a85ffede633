"""Program code, and in which language it is.

Detects: blocks that are fenced with a language's name, and lines that look like one of nineteen
languages, in a prompt or an answer; the policy allows some languages or denies some.
Misses: other languages; single expressions; pseudo-code; code that is spelled out in words.
TypeScript counts as JavaScript, C++ as C, and where two languages look alike the surer counts.
False positives: commands and statements that stand on a line of their own in a manual.
Cost: linear; 0.2 ms for a message, 20 ms for 65,536 characters.
References: `code` scanners of LLM Guard; Linguist's heuristics.
"""

import math
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, ClassVar, Literal

import regex
from msgspec import Struct
from pydantic import Field

from shield.document import Document
from shield.policy.schema import SEVERITIES, SeverityName
from shield.scanners import Services
from shield.text.programs import LANGUAGES, TAGS, Seen, signs
from shield.types import Checkpoint, Finding, Source, Span, Subject, Surface

CodeLanguage = Literal[
    "c",
    "csharp",
    "css",
    "go",
    "html",
    "java",
    "javascript",
    "kotlin",
    "lua",
    "perl",
    "php",
    "powershell",
    "python",
    "r",
    "ruby",
    "rust",
    "shell",
    "sql",
    "swift",
]
_FENCE = regex.compile(
    r"^[ \t]{0,8}(?:```|~~~)[ \t]{0,2}([A-Za-z#+\d-]{1,20})[^\n]{0,80}\n(?!```|~~~)[^\n]", regex.M
)
_FENCED = 5.0  # what the name behind a fence weighs
_FENCE_SIGN = -1
_APART = 4  # line ends between two signs of one block, at most
_COUNTED = 2  # times that one sign counts in a block
_MIDDLE, _WIDTH = 2.0, 0.5
_SHOWN = 0.5


class CodeOptions(Document):
    """Which languages are reported: those of `deny`, or all, but none of `allow`."""

    allow: tuple[CodeLanguage, ...] = ()
    deny: tuple[CodeLanguage, ...] = ()
    severity: SeverityName = "warning"
    surfaces: Annotated[tuple[Surface, ...], Field(min_length=1)] = (Surface.USER, Surface.ANSWER)


class _Block(Struct, frozen=True):
    """A stretch of lines that show signs, and what these weigh together, by language."""

    start: int
    end: int
    weights: dict[str, float]


class Code:
    """See the module's docstring."""

    id: ClassVar[str] = "code"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = None
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = CodeOptions

    def __init__(self, options: CodeOptions, services: Services) -> None:
        self._options, self._seconds = options, services.pattern_seconds
        wanted: Iterable[str] = options.deny or LANGUAGES
        self._denied = frozenset(wanted) - frozenset(options.allow)

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a language, with a span for each block that is surely in it.

        Raises:
            TimeoutError: the patterns took longer than the policy allows.
        """
        until = time.monotonic() + self._seconds
        for index, segment in enumerate(subject.segments):
            if segment.source is Source.SYSTEM or segment.surface not in self._options.surfaces:
                continue
            found: dict[str, list[tuple[float, _Block]]] = {}
            for block in _blocks(segment.text, until):
                language = max(block.weights, key=block.weights.__getitem__)
                score = self._score(block.weights)
                if score > 0 and language in self._denied:
                    found.setdefault(language, []).append((score, block))
            for language, blocks in sorted(found.items()):
                best = max(score for score, _ in blocks)
                shown = [b for score, b in blocks if score >= min(best, _SHOWN)]
                yield Finding(
                    rule=f"code/{language}",
                    scanner=self.id,
                    severity=SEVERITIES[self._options.severity],
                    score=best,
                    message="The text holds code in a language that the policy names.",
                    spans=tuple(Span(index, b.start, b.end) for b in shown),
                    surface=segment.surface,
                )

    def _score(self, weights: dict[str, float]) -> float:
        """How surely a block is code in a denied language, and in none that is not."""
        denied = max((w for name, w in weights.items() if name in self._denied), default=0.0)
        other = max((w for name, w in weights.items() if name not in self._denied), default=0.0)
        return sureness(denied) * (_sigmoid((denied - other) / _WIDTH) if other else 1.0)


def sureness(weight: float) -> float:
    """How surely signs of this weight mean code: sigmoid((weight - 2) / 0.5).

    One strong sign (2.6) gives 0.77, a medium one (1.3) 0.20, two of these 0.77.
    """
    return _sigmoid((weight - _MIDDLE) / _WIDTH)


def _sigmoid(x: float) -> float:
    return 0.5 * (1.0 + math.tanh(0.5 * x))


def _blocks(text: str, until: float) -> Iterator[_Block]:
    """The signs of a text, those that stand a few lines apart together."""
    seen = sorted([*signs(text, until), *_fences(text)], key=lambda one: one.start)
    begun: list[Seen] = []
    for one in seen:
        if begun and text.count("\n", begun[-1].start, one.start) > _APART:
            yield _block(begun)
            begun = []
        begun.append(one)
    if begun:
        yield _block(begun)


def _fences(text: str) -> Iterator[Seen]:
    for fence in _FENCE.finditer(text):
        language = TAGS.get(fence[1].lower())
        if language:
            yield Seen(fence.start(), fence.end(), language, _FENCED, _FENCE_SIGN)


def _block(seen: list[Seen]) -> _Block:
    counts: Counter[tuple[str, int]] = Counter()
    weights: dict[str, float] = {}
    for one in seen:
        counts[one.language, one.sign] += 1
        if counts[one.language, one.sign] <= _COUNTED:
            weights[one.language] = weights.get(one.language, 0.0) + one.weight
    return _Block(seen[0].start, max(one.end for one in seen), weights)
