"""A text in passages: whole sentences or lines, as many as fit."""

from collections.abc import Iterator

from shield.text.sentences import END


def passages(text: str, size: int) -> Iterator[tuple[int, int]]:
    """The ranges of consecutive passages of at most `size` characters, blank ones left out.

    A sentence that is longer is cut at a blank, or at `size` where it has none. White space
    around a passage stays outside.
    """
    start = end = 0
    for stop in (*(m.end() for m in END.finditer(text)), len(text)):
        while stop - start > size:
            if end == start:
                blank = text.rfind(" ", start + 1, start + size)
                end = blank + 1 if blank > 0 else start + size
            yield from _trimmed(text, start, end)
            start = end
        end = stop
    yield from _trimmed(text, start, end)


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    inner = text[start:end]
    first = start + len(inner) - len(inner.lstrip())
    if inner.strip():
        yield first, first + len(inner.strip())
