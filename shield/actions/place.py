"""Origins of values, and the untrusted texts that they stand in."""

from enum import StrEnum

from msgspec import Struct

from shield.actions.fields import Fields
from shield.actions.reading import Leaf, Reading


class Provenance(StrEnum):
    """Where a value comes from, from most to least trusted."""

    USER = "user"
    LEAF = "leaf"
    DERIVED = "derived"
    TEXT = "text"
    NONE = "none"


class Place(Struct, frozen=True):
    """A value's origin and what is known of the place.

    `source`: the number of the untrusted text it stands in, or -1. `tied`: the user's words speak of its
    record, of the line it stands in, or of what brought the text. `alone`: no other record of that text
    is tied. `alike`: it could be mistaken for a value that the user or a tool gave. `disguised`: the text holds
    it in some encoding only, or with something in between.
    """

    origin: Provenance
    source: int = -1
    tied: bool = False
    alone: bool = True
    alike: bool = False
    disguised: bool = False


class Text(Struct, frozen=True):
    """An untrusted text, the name of its tool or document, how far its fields can be believed, and how far the
    user's words led to it.
    """

    raw: str
    name: str
    reading: Reading
    fields: Fields
    led: int = 0

    def believes(self, leaf: Leaf) -> bool:
        """True when a leaf is no third party's to write. Lines of "name: value" and rows of cells, which
        anybody can write, are believed only where the tool's fields are declared or the user led there.
        """
        sure = self.reading.sure or self.fields.only is not None or self.led > 1
        return sure and self.fields.allows(leaf.key)
