"""Templates of the plan: cut once into literals and names, filled once, never read again."""

from collections.abc import Iterator, Mapping

import regex
from msgspec import Struct

_TOKEN = regex.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)\}|[{}]")


class Place(Struct, frozen=True):
    """Where a value goes."""

    name: str


def pieces(template: str) -> Iterator[str | Place]:
    """The literals and places of a template, in order.

    Raises:
        ValueError: a brace stands alone.
    """
    at = 0
    for token in _TOKEN.finditer(template):
        if token.start() > at:
            yield template[at : token.start()]
        at = token.end()
        if token[0] in {"{{", "}}"}:
            yield token[0][0]
        elif token[1] is None:
            raise ValueError("a brace stands alone; write {{ or }}")
        else:
            yield Place(token[1])
    if at < len(template):
        yield template[at:]


def filled(template: str, values: Mapping[str, str]) -> str:
    """The template with a text in each place."""
    return "".join(p if isinstance(p, str) else values[p.name] for p in pieces(template))
