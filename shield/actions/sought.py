"""A value that is looked for in many texts: what it takes to see at once that it does not stand in one."""

from msgspec import Struct

from shield.actions.reading import Reading, words
from shield.actions.values import occurs, squash


class Sought(Struct, frozen=True):
    """A folded value, its other spellings, its letters and digits, and its words.

    `words` is empty for scripts that do not part them. `grouped`: its parts may stand in other groups, as
    those of an account number may.
    """

    folded: str
    spelled: frozenset[str]
    squashed: str
    words: frozenset[str]
    grouped: bool

    @classmethod
    def of(cls, folded: str, spelled: frozenset[str]) -> "Sought":
        """Prepare a folded value; `spelled` as `values.spellings` gives them."""
        squashed = squash(folded)
        grouped = "@" not in folded and any(map(str.isdigit, squashed))
        return cls(
            folded, spelled, squashed, words(folded) if folded.isascii() else frozenset(), grouped
        )

    def stands_in(self, reading: Reading) -> bool:
        """True when the text holds the value, in any spelling or grouping."""
        if self.spelled and not self.spelled.isdisjoint(reading.forms):
            return True
        if self.words and not self.words <= reading.words:
            if not self.grouped or self.squashed not in reading.squashed:
                return False
        return occurs(self.folded, reading.text, reading.squashed)
