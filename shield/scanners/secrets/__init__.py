"""Credentials in text: the keys of providers, private keys, connection strings, assignments.

Detects: the key shapes of a hundred providers, private key blocks, JSON Web Tokens, URLs with
passwords, and random-looking values assigned to names such as `password` or `api_key`.
Misses: credentials without a shape that stand in prose without such a name; wallet seed phrases;
keys that are cut into pieces or encoded.
False positives: random identifiers assigned to a name that suggests a secret.
Cost: literal search first, about 20 ns a character for all shapes; a pattern runs only where its
literal stands.
References: the token formats that providers publish; gitleaks; OWASP LLM02:2025.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import ClassVar, Literal, NamedTuple

from shield.scanners import NoOptions, Services
from shield.scanners.secrets.assigned import ASSIGNED, BESIDE, BLOCKS
from shield.scanners.secrets.proofs import entropy, kinds, no_value, stands_in
from shield.scanners.secrets.shapes import KEYS, Shape
from shield.types import Checkpoint, Finding, Segment, Severity, Source, Span, Subject

__all__ = ["SHAPES", "Secrets", "secrets_in"]

SHAPES: dict[str, Shape] = {**KEYS, **BESIDE, **BLOCKS, **ASSIGNED}
# A checksum or a readable head; a provider's mark; a place and a look.
_PROVEN, _MARKED, _PLACED = 1.0, 0.95, 0.7
_MIN_KINDS = 3
_RUN = re.compile("[!-~]{16,}")
_WORD, _DIGIT = re.compile(r"\S{8,}"), re.compile(r"\d")


class Secret(NamedTuple):
    """Characters [start, end) of a text, the shape they have, and how sure that is, 0 to 1."""

    name: str
    start: int
    end: int
    score: float


class Secrets:
    """See the module's docstring."""

    id: ClassVar[str] = "secrets"
    tier: ClassVar[int] = 0
    scope: ClassVar[Literal["segment", "subject"]] = "segment"
    reach: ClassVar[int | None] = 512
    checkpoints: ClassVar[frozenset[Checkpoint]] = frozenset({Checkpoint.INPUT, Checkpoint.OUTPUT})
    models: ClassVar[tuple[str, ...]] = ()
    Options = NoOptions

    def __init__(self, options: NoOptions, services: Services) -> None:
        self._seconds = services.pattern_seconds

    def scan(self, subject: Subject) -> Iterable[Finding]:
        """One finding a credential.

        Raises:
            TimeoutError: the patterns took longer than the policy allows.
        """
        until = time.monotonic() + self._seconds
        for index, segment in enumerate(subject.segments):
            if segment.source is not Source.SYSTEM:
                yield from self._segment(index, segment, until)

    def _segment(self, index: int, segment: Segment, until: float) -> Iterator[Finding]:
        for secret in secrets_in(segment.text, until):
            yield Finding(
                rule=f"secrets/{secret.name}",
                scanner=self.id,
                severity=Severity.ERROR,
                score=secret.score,
                message="The text holds a credential.",
                spans=(Span(index, secret.start, secret.end),),
                tags=("owasp:llm02",),
                surface=segment.surface,
            )


def secrets_in(text: str, until: float) -> Iterator[Secret]:
    """Each credential in `text`, shape by shape.

    Raises:
        TimeoutError: `until`, a `time.monotonic()` instant, has passed.
    """
    for name, shape in _likely(text):
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError
        for match in shape.pattern.finditer(text, timeout=left):
            group = "value" if "value" in shape.pattern.groupindex else 0
            score = _score(name, shape, match[group])
            if score:
                yield Secret(name, *match.span(group), score)


def _likely(text: str) -> Iterator[tuple[str, Shape]]:
    """The shapes of which the text holds a literal where one can be: a key is a long run, and
    what is assigned has a digit.
    """
    runs = "\n".join(_RUN.findall(text))
    lower = text.lower()
    if runs:
        yield from _named(KEYS, runs)
        yield from _named(BESIDE, lower)
    yield from _named(BLOCKS, text)
    if any(_DIGIT.search(word[0]) for word in _WORD.finditer(text)):
        yield from _named(ASSIGNED, lower)


def _named(shapes: Mapping[str, Shape], text: str) -> Iterator[tuple[str, Shape]]:
    for name, shape in shapes.items():
        if any(literal in text for literal in shape.literals):
            yield name, shape


def _score(name: str, shape: Shape, value: str) -> float:
    """How sure it is that a value of a shape is a secret; 0 for what is none."""
    if entropy(value) < shape.entropy:
        return 0.0
    if shape.proof is not None and shape.proof(value) and not stands_in(value):
        return _PROVEN
    if shape.decides or (name == "secret-in-prose" and kinds(value) < _MIN_KINDS):
        return 0.0
    if name in ASSIGNED:
        return 0.0 if no_value(value) else _PLACED
    if name == "private-key":  # its encoding holds long runs of one letter
        return 0.0 if "..." in value else _MARKED
    return 0.0 if stands_in(value) else _MARKED
