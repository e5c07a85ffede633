"""Where the texts of a request stand, and so whom they come from.

A dialect names the places that it knows; every other string of the document is an untrusted one. A text
belongs to the nearest place above it, so that none can be missed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from shield.label import label
from shield.types import Label, Segment, Skip, SkipReason, Source
from shield.wire.chat import ROLES, is_image, says_something
from shield.wire.media import is_medium
from shield.wire.strict import Json, leaves, nodes

_STRAY = label(Source.DOCUMENT)


class Places:
    """The known places of one document, as they are found."""

    def __init__(self) -> None:
        self._labels: dict[str, Label] = {}
        self._silent: set[str] = set()
        self._media: set[str] = set()
        self.skipped: list[Skip] = []

    def put(self, path: str, of: Label) -> None:
        """What lies at or below a JSON Pointer has this label, unless a nearer place says otherwise."""
        self._labels[path] = of

    def skip(self, path: str, reason: SkipReason = SkipReason.MEDIA) -> None:
        """What lies here cannot be read; its texts still are."""
        self.skipped.append(Skip(path, reason))
        if reason is SkipReason.MEDIA:
            self._media.add(path)

    def silence(self, path: str, data: Json) -> None:
        """The bytes of a medium that is skipped need no scan; what is a text is read all the same."""
        if is_medium(data):
            self._silent.add(path)

    def segments(self, node: Json, path: str, turn: int) -> Iterator[Segment]:
        """Every text below a node that says something."""
        for leaf in leaves(node, path):
            silent = leaf.path in self._silent or is_image(leaf, self._media)
            if says_something(leaf) and not silent:
                yield Segment(leaf.text, self._nearest(leaf.path), leaf.path, turn)

    def _nearest(self, path: str) -> Label:
        while path:
            if path in self._labels:
                return self._labels[path]
            path = path.rpartition("/")[0]
        return _STRAY


def role_of(message: Mapping[str, Any], *, trust_system: bool) -> Source:
    """Who speaks, by the role; a document where it is unknown."""
    role = message.get("role")
    source = ROLES.get(role, Source.DOCUMENT) if isinstance(role, str) else Source.DOCUMENT
    return Source.USER if source is Source.SYSTEM and not trust_system else source


def mapping(node: Json) -> dict[str, Json]:
    """A JSON object; an empty one in place of anything else."""
    return node if isinstance(node, dict) else {}


def text(node: Json) -> str:
    """A string; the empty one in place of anything else."""
    return node if isinstance(node, str) else ""


def objects(document: Json, path: str = "") -> Iterator[tuple[str, dict[str, Json]]]:
    """Every JSON object with its JSON Pointer, in document order."""
    return ((at, node) for at, node in nodes(document, path) if isinstance(node, dict))


def items(node: Json, path: str) -> Iterator[tuple[str, dict[str, Json]]]:
    """The JSON objects of a list with their JSON Pointers."""
    for number, item in enumerate(node if isinstance(node, list) else ()):
        if isinstance(item, dict):
            yield f"{path}/{number}", item
