"""A rewritten reading of a text, with a map from its offsets back to the source."""

from array import array

from msgspec import Struct


class View(Struct, frozen=True):
    """A rewritten reading of a text, with a map from its offsets back to the source.

    `starts[i]` and `ends[i]` bound the source characters that view character `i`
    came from; None means character for character. `whole` maps every character to
    one source range (a decoded blob). `parent` is the view that this one was made from.
    """

    kind: str
    text: str
    starts: "array[int] | None" = None
    ends: "array[int] | None" = None
    whole: tuple[int, int] | None = None
    parent: "View | None" = None

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """The source characters behind the view's half-open range [start, end)."""
        if self.whole is not None:
            span = self.whole
        elif self.starts is not None and self.ends is not None and self.starts:
            last = len(self.starts) - 1
            if end > start:
                span = min(self.starts[start:end]), max(self.ends[start:end])
            else:
                span = (self.starts[start] if start <= last else self.ends[last],) * 2
        else:
            span = start, end
        return self.parent.source_span(*span) if self.parent else span
