"""What a judge is asked: a rubric of three to five named dimensions, and the sample it is asked about."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Struct, field
from pydantic import Field, StringConstraints

from shield.document import Document
from shield.errors import CorpusError
from shield.policy import toml
from shield.policy.lock import digest

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
_Words = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
T = TypeVar("T", bound="Example | Pair")


class Dimension(Document):
    """One question, and its levels by name with what each means."""

    question: _Words
    levels: Annotated[dict[_Name, _Words], Field(min_length=2, max_length=5)]


class Rubric(Document):
    """`rubric.toml`. What is not asked by name is judged by mood, hence three dimensions at least."""

    name: str
    dimensions: Annotated[dict[_Name, Dimension], Field(min_length=3, max_length=5)]

    @property
    def digest(self) -> str:
        """What names its words."""
        return digest(self.model_dump(mode="json"))

    @property
    def answers(self) -> dict[str, Any]:
        """The JSON Schema of an answer: a level for each dimension, nothing else."""
        return {
            "type": "object",
            "properties": {
                name: {"type": "string", "enum": list(one.levels)}
                for name, one in self.dimensions.items()
            },
            "required": list(self.dimensions),
            "additionalProperties": False,
        }

    def fits(self, levels: Mapping[str, str]) -> bool:
        """True when each dimension has one of its levels, and nothing else is there."""
        if levels.keys() != self.dimensions.keys():
            return False
        return all(level in self.dimensions[name].levels for name, level in levels.items())


class Example(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer to be judged; `ratings` are people's levels by rater and dimension."""

    id: str
    prompt: str
    answer: str
    ratings: dict[str, dict[str, str]] = field(default_factory=dict)


class Pair(Struct, frozen=True, forbid_unknown_fields=True):
    """Two answers to the same prompt."""

    id: str
    prompt: str
    a: str
    b: str


def read(path: Path) -> Rubric:
    """A rubric.

    Raises:
        PolicyError: it cannot be read, or is none; names the line.
    """
    return toml.read(path, Rubric)


def sample(path: Path, kind: type[T], rubric: Rubric) -> list[T]:
    """The examples of a JSON Lines file.

    Raises:
        CorpusError: a line is none, an id stands twice, or a rating is none of the rubric.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise CorpusError(
            f"cannot be read: {error.strerror}", where=path, mend="name a sample, JSON Lines"
        ) from None
    found: dict[str, T] = {}
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(lines, 1):
        if line.strip():
            one, why = _decoded(decoder, line, rubric)
            if one is None or one.id in found:
                raise CorpusError(
                    why or "the id stands twice",
                    where=path,
                    line=number,
                    mend="a line has id, prompt, and answer or a and b; ratings by the rubric",
                )
            found[one.id] = one
    if not found:
        raise CorpusError("no example", where=path, mend="one JSON object a line")
    return list(found.values())


def _decoded(decoder: msgspec.json.Decoder[T], line: bytes, rubric: Rubric) -> tuple[T | None, str]:
    """An example, or why there is none."""
    try:
        one = decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None, "not an example"
    if isinstance(one, Example) and not all(map(rubric.fits, one.ratings.values())):
        return None, "a rating is not a level for each dimension of the rubric"
    return one, ""
