"""Labelled values: a tree of data in which every node carries its provenance.

The label of a leaf is about what it says; that of a list or record about its length and
keys. Whatever is made of values carries the join of what it was made of, at once.
"""

import json
import math
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from shield.dual.failures import Code, StepError
from shield.label import join, lowered
from shield.types import Capacity, Integrity, Label, Origin, Scalar, Source

MAX_DEPTH = 32
MAX_NODES = 20_000
_MAX_ID = 64
_MAX_SHORT = 120

Data = Any  # Scalar | tuple[Value, ...] | dict[str, Value]; msgspec reads no recursive aliases


class Value(Struct, frozen=True):
    """A node: a scalar, a tuple of values or a record of them, and its label."""

    data: Data
    label: Label

    @property
    def is_list(self) -> bool:
        """True for a list."""
        return isinstance(self.data, tuple)

    def items(self) -> tuple["Value", ...]:
        """The items of a list.

        Raises:
            StepError: `NOT_A_LIST`.
        """
        if not isinstance(self.data, tuple):
            raise StepError(Code.NOT_A_LIST)
        return self.data


def stated(value: Scalar | tuple[Scalar, ...], step: str) -> Value:
    """A value that the plan states: the planner has read trusted text only."""
    label = Label(Integrity.USER, frozenset({Origin(Source.USER, "plan", step)}), None)
    return built(value, label)


def built(value: Any, label: Label) -> Value:
    """A tree with one label, the capacity of each leaf by its own form."""
    if isinstance(value, tuple | list):
        items = tuple(built(item, label) for item in value)
        return Value(items, lowered(label, Capacity.NUMBER))
    return Value(value, lowered(label, capacity(value)))


def capacity(value: Scalar) -> Capacity:
    """How much this value can say, by its form."""
    if value is None or isinstance(value, bool):
        return Capacity.FLAG
    if isinstance(value, int | float):
        return Capacity.NUMBER
    if len(value) <= _MAX_ID and not any(map(str.isspace, value)):
        return Capacity.ID
    return Capacity.SHORT_TEXT if len(value) <= _MAX_SHORT else Capacity.TEXT


class Attested(Struct, frozen=True):
    """What no third party can write in a tool's result.

    `paths` lead from the root, `*` for any key or position; `names` are keys anywhere, except
    those in `never`. Each covers all below it but texts of more than 120 characters.
    """

    paths: tuple[tuple[str, ...], ...] = ()
    names: frozenset[str] = frozenset()
    never: frozenset[str] = frozenset()

    def covers(self) -> bool:
        """True where a path has come to its end."""
        return any(not path for path in self.paths)

    def below(self, key: str, *, high: bool) -> "Attested":
        """What holds below a key or position."""
        if key in self.never:
            return Attested((), frozenset(), self.never)
        if high or key in self.names:
            return Attested(((),), self.names, self.never)
        paths = tuple(path[1:] for path in self.paths if path and path[0] in {"*", key})
        return Attested(paths, self.names, self.never)


NOTHING = Attested()


def labelled(data: Any, label: Label, attested: Attested = NOTHING, most: int = 262_144) -> Value:
    """A tool's result as a tree. What the tool attests is `TOOL_AUTH`.

    Args:
        data: what the tool returned: JSON, or what msgspec can make JSON of.
        label: the label of everything else.
        attested: what no third party can write.
        most: bytes that the result may have.

    Raises:
        StepError: `TOOL_RESULT` when it is no such data, `BUDGET_BYTES` when it is too large.
    """
    return _Labeller(label, most).tree(data, attested, 0)


class _Labeller:
    """Counts while it builds, so that a huge result is given up early."""

    def __init__(self, label: Label, most: int) -> None:
        self._label, self._left, self._nodes = label, most, MAX_NODES
        self._high = replace(label, integrity=Integrity.TOOL_AUTH)

    def tree(self, data: Any, attested: Attested, depth: int) -> Value:
        self._nodes -= 1
        if depth > MAX_DEPTH or self._nodes < 0:
            raise StepError(Code.BUDGET_BYTES)
        high = attested.covers()
        label = self._high if high else self._label
        if isinstance(data, list | tuple):
            items = tuple(
                self.tree(item, attested.below(str(i), high=high), depth + 1)
                for i, item in enumerate(data)
            )
            return Value(items, lowered(label, Capacity.NUMBER))
        if isinstance(data, dict):
            record = {
                self._key(key): self.tree(item, attested.below(key, high=high), depth + 1)
                for key, item in data.items()
            }
            return Value(record, label)
        scalar = self._scalar(data)
        if isinstance(scalar, dict | list):
            return self.tree(scalar, attested, depth + 1)
        can = capacity(scalar)
        # A long text was written by somebody, wherever it stands.
        return Value(scalar, lowered(self._label if can is Capacity.TEXT else label, can))

    def _key(self, key: object) -> str:
        if not isinstance(key, str):
            raise StepError(Code.TOOL_RESULT)
        self._spend(len(key))
        return key

    def _scalar(self, data: Any) -> Any:
        if isinstance(data, str):
            self._spend(len(data) if data.isascii() else len(data.encode("utf-8", "surrogatepass")))
            return str(data)
        if data is None or isinstance(data, bool):
            return data
        if isinstance(data, int):
            self._spend(data.bit_length() // 3)
            return int(data)
        if isinstance(data, float) and math.isfinite(data):
            return float(data)
        try:
            plain = msgspec.to_builtins(data)
        except (TypeError, ValueError, RecursionError):
            plain = data
        if type(plain) is type(data):
            raise StepError(Code.TOOL_RESULT)
        return plain

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise StepError(Code.BUDGET_BYTES)


def plain(value: Value) -> Any:
    """The data without labels."""
    if isinstance(value.data, tuple):
        return [plain(item) for item in value.data]
    if isinstance(value.data, dict):
        return {key: plain(item) for key, item in value.data.items()}
    return value.data


def canonical_json(data: Any) -> str:
    """One text for equal data."""
    return json.dumps(data, ensure_ascii=True, sort_keys=True, separators=(",", ":"))


def whole(value: Value) -> Label:
    """The join of all labels in a tree."""
    inner = value.data
    below = inner if isinstance(inner, tuple) else inner.values() if isinstance(inner, dict) else ()
    return join(value.label, *map(whole, below))


def at(value: Value, path: tuple[str | int, ...], *, strict: bool = False) -> Value:
    """What stands at a path, with the provenance of every list and record on the way.

    A position says something about the list. Its origins and readers are always joined; its
    integrity only when `strict`, so that the id of a record keeps its own.

    Raises:
        StepError: `BAD_PATH`.
    """
    for key in path:
        outer, value = value, _child(value, key)
        through = outer.label if strict else replace(outer.label, integrity=Integrity.USER)
        value = tainted(value, through)
    return value


def _child(value: Value, key: str | int) -> Value:
    data = value.data
    if isinstance(data, dict) and isinstance(key, str) and key in data:
        child: Value = data[key]
        return child
    if isinstance(data, tuple) and isinstance(key, int) and -len(data) <= key < len(data):
        found: Value = data[key]
        return found
    raise StepError(Code.BAD_PATH)


def tainted(value: Value, by: Label) -> Value:
    """The tree with `by` joined into every node; what it can say stays the same."""
    label = join(value.label, lowered(by, Capacity.FLAG))
    data = value.data
    if isinstance(data, tuple):
        return Value(tuple(tainted(item, by) for item in data), label)
    if isinstance(data, dict):
        return Value({key: tainted(item, by) for key, item in data.items()}, label)
    return Value(data, label)


def text(value: Value) -> str:
    """How a value reads inside a text."""
    return shown(plain(value))


def shown(data: Any) -> str:
    """How plain data reads inside a text."""
    if data is None:
        return ""
    if isinstance(data, bool):
        return "true" if data else "false"
    if isinstance(data, list) and not any(isinstance(item, list | dict) for item in data):
        return ", ".join(map(shown, data))
    return json.dumps(data, ensure_ascii=False) if isinstance(data, list | dict) else str(data)


def size(value: Value) -> int:
    """Characters in a tree: its strings and keys."""
    data = value.data
    if isinstance(data, tuple):
        return sum(map(size, data))
    if isinstance(data, dict):
        return sum(len(key) + size(item) for key, item in data.items())
    return len(data) if isinstance(data, str) else 8


def shape(value: Value) -> str:
    """What the planner may know of a value: its type, and a length in four steps."""
    data = value.data
    if isinstance(data, tuple):
        return f"list of {bucket(len(data))}"
    if isinstance(data, dict):
        return "record"
    if data is None:
        return "nothing"
    if isinstance(data, bool):
        return "flag"
    return "text" if isinstance(data, str) else "number"


def bucket(count: int) -> str:
    """A count in four steps."""
    return "0" if count == 0 else "1" if count == 1 else "2 to 5" if count <= 5 else "6 or more"
