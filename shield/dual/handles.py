"""Handles: what stands for untrusted values where a model with tools can see.

A handle is an HMAC of session and content, so that equal content has one handle however often
a history is sent. It says nothing but that, and whether two values are equal.
"""

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

import regex

from shield.dual.failures import Code, StepError
from shield.dual.stated import Stated
from shield.dual.values import (
    Value,
    built,
    canonical_json,
    plain,
    size,
    stated,
    tainted,
    text,
    whole,
)
from shield.label import join
from shield.types import Label

_HANDLE = regex.compile(r"⟨h:[0-9a-f]{16}⟩")
MAX_SHOWN = 50
MAX_HELD = 4_194_304


class Book:
    """The handles of one session, and the values behind them.

    Args:
        key: the secret under which handles are made.
        session: whose handles they are; another session's mean nothing here.
        most: characters that may be held; beyond that nothing more is taken in.
    """

    def __init__(self, key: bytes, session: str, *, most: int = MAX_HELD) -> None:
        self._key, self._session, self._left = key, session, most
        self._values: dict[str, Value] = {}
        self._written: dict[str, dict[str, Any]] = {}

    def hide(self, value: Value) -> str:
        """The handle of a value.

        Raises:
            StepError: `BUDGET_BYTES`.
        """
        content = canonical_json(plain(value))
        made = f"⟨h:{self._mac(content)[:16]}⟩"
        known = self._values.get(made)
        if known is None:
            self._left -= size(value)
            if self._left < 0:
                raise StepError(Code.BUDGET_BYTES)
            self._values[made] = value
        else:
            # Two origins of one content: it is as good as the worse of them.
            self._values[made] = tainted(known, whole(value))
        return made

    def skeleton(self, value: Value, keys: frozenset[str]) -> Any:
        """A value as a model may see it: its structure, known keys, and a handle for each leaf.

        Keys that nobody declared are numbered; of long lists and of records with many unknown keys
        the rest stands behind one handle.
        """
        data = value.data
        if isinstance(data, tuple):
            shown = [self.skeleton(item, keys) for item in data[:MAX_SHOWN]]
            rest = data[MAX_SHOWN:]
            return [*shown, self.hide(Value(rest, value.label))] if rest else shown
        if isinstance(data, dict):
            return self._record(data, value.label, keys)
        return self.hide(value)

    def _record(self, data: Mapping[str, Value], label: Label, keys: frozenset[str]) -> Any:
        shown: dict[str, Any] = {}
        unknown: dict[str, Value] = {}
        for key, item in data.items():
            if key in keys:
                shown[key] = self.skeleton(item, keys)
            else:
                unknown[key] = item
        if unknown:
            shown["(other)"] = self.hide(Value(unknown, label))
        return shown

    def expanded(self, arguments: Mapping[str, Any], step: str) -> dict[str, Value]:
        """Arguments that a model wrote, with the values behind its handles, and their labels.

        Values are put in once: a handle inside a value is text.
        """
        return {name: self._expanded(argument, step) for name, argument in arguments.items()}

    def _expanded(self, argument: Any, step: str) -> Value:
        own = stated(None, step).label
        if isinstance(argument, list):
            items = tuple(self._expanded(item, step) for item in argument)
            return Value(items, own)
        if isinstance(argument, dict):
            return Value({key: self._expanded(item, step) for key, item in argument.items()}, own)
        if not isinstance(argument, str) or not (found := self._handles(argument)):
            return built(argument, own)
        if list(found) == [argument]:
            return found[argument]
        filled = _HANDLE.sub(lambda m: text(found[m[0]]) if m[0] in found else m[0], argument)
        return Value(filled, join(built(argument, own).label, *map(whole, found.values())))

    def _handles(self, argument: str) -> dict[str, Value]:
        found = _HANDLE.findall(argument)
        return {handle: self._values[handle] for handle in found if handle in self._values}

    def parts(self, said: str) -> tuple[str, dict[str, Value]]:
        """A text that a model wrote as a template, and the values of its places."""
        places: dict[str, Value] = {}
        pieces: list[str] = []
        at = 0
        for found in _HANDLE.finditer(said):
            if found[0] not in self._values:
                continue
            name = f"h{len(places)}"
            places[name] = self._values[found[0]]
            pieces += _braced(said[at : found.start()]), f"{{{name}}}"
            at = found.end()
        return "".join([*pieces, _braced(said[at:])]), places

    def value(self, handle: str) -> Value:
        """The value behind a handle.

        Raises:
            StepError: `BAD_PATH` when there is none.
        """
        if handle not in self._values:
            raise StepError(Code.BAD_PATH)
        return self._values[handle]

    def remember(self, written: Mapping[str, Any], expanded: Mapping[str, Any]) -> None:
        """Keep how a model wrote a call, for when its expanded form is sent back."""
        self._written[self._mac(canonical_json(expanded))] = dict(written)

    def folded(
        self, arguments: Mapping[str, Any], trusted: Stated, unknown: Label
    ) -> dict[str, Any]:
        """The arguments of a call in a resent history as the model wrote them.

        What is not remembered is folded leaf by leaf: what stands in trusted text stays, and
        whatever else there is becomes a handle, labelled `unknown`.
        """
        known = self._written.get(self._mac(canonical_json(arguments)))
        if known is not None:
            return known
        return {
            name: self._folded(argument, trusted, unknown) for name, argument in arguments.items()
        }

    def _folded(self, argument: Any, trusted: Stated, unknown: Label) -> Any:
        if isinstance(argument, list):
            return [self._folded(item, trusted, unknown) for item in argument]
        if isinstance(argument, dict):
            return {key: self._folded(item, trusted, unknown) for key, item in argument.items()}
        if argument in trusted:
            return argument
        return self.hide(built(argument, unknown))

    def _mac(self, content: str) -> str:
        made = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in (self._session, content):
            raw = part.encode("utf-8", "surrogatepass")
            made.update(len(raw).to_bytes(8, "big") + raw)
        return made.hexdigest()


def _braced(said: str) -> str:
    return said.replace("{", "{{").replace("}", "}}")


def keys_of(schema: Any) -> frozenset[str]:
    """The names of all properties in a JSON Schema."""
    return frozenset(_names(schema))


def _names(node: Any) -> Iterator[str]:
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, Mapping):
            properties = one.get("properties")
            yield from properties if isinstance(properties, Mapping) else ()
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)
