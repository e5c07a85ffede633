"""A recorded solution as a plan: each argument by where its value can have come from.

Reads the request, the calls of a solution and what they returned, and nothing else. A value that
the request states is a literal; a whole leaf of an earlier result is a reference; a value inside a
text is extracted; a text around such values is a template; anything else was composed.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import regex

from shield.dual.extracted import is_iban
from shield.dual.stated import Stated

_MIN_TEXT, _MIN_PART = 3, 4
_MAX_NUMBERS = 40
_NEAR = 0.005
_NUMBER = regex.compile(r"\d+(?:\.\d+)?")
_MAX_TEXT = 4_000


class Leaf(NamedTuple):
    """A scalar of an earlier result: the step, the path in its result, the value."""

    step: str
    path: tuple[str | int, ...]
    value: Any


class Made(NamedTuple):
    """A plan, and what its extractions should find, by field name."""

    plan: dict[str, Any]
    wanted: dict[str, Any]


class Converter:
    """Turns the calls of one solution into steps, one after the other."""

    def __init__(self, request: str) -> None:
        self._stated, self._request = Stated([request]), request
        self._leaves: list[Leaf] = []
        self._known: dict[str, dict[str, Any]] = {}
        self.steps: list[dict[str, Any]] = []
        self.wanted: dict[str, Any] = {}

    def call(self, tool: str, arguments: Mapping[str, Any], result: Any) -> None:
        """Add a call and what it returned."""
        args = [{"name": name, "value": self._arg(value)} for name, value in arguments.items()]
        step = f"c{len(self.steps)}"
        self.steps.append({"do": "call", "id": step, "tool": tool, "args": args})
        self._leaves += _leaves(step, (), result)

    def answer(self, text: str) -> None:
        """Add what the user is told."""
        arg = self._arg(text) if text else {"is": "lit", "value": ""}
        if arg["is"] == "lit":
            shown = {"is": "fmt", "template": _braced(text), "parts": []}
        elif arg["is"] == "ref":
            shown = {"is": "fmt", "template": "{x}", "parts": [{"name": "x", "value": arg}]}
        else:
            shown = arg
        self.steps.append({"do": "answer", "id": "answer", "text": shown})

    def made(self, effects: frozenset[str]) -> Made:
        """The plan."""
        used = {step["tool"] for step in self.steps if step["do"] == "call"}
        plan = {
            "version": 1,
            "goal": "the task",
            "effects": sorted(used & effects),
            "steps": self.steps,
        }
        return Made(plan, self.wanted)

    def _arg(self, value: Any) -> dict[str, Any]:
        key = json.dumps(value, sort_keys=True)
        if key not in self._known:
            self._known[key] = self._made(value)
        return self._known[key]

    def _made(self, value: Any) -> dict[str, Any]:
        if isinstance(value, list):
            return self._list(value)
        if isinstance(value, dict):
            return self._record(value)
        if value is None or value in self._stated:
            return {"is": "lit", "value": value}
        if len(str(value)) < _MIN_TEXT and isinstance(value, str):
            return _lit(value)
        return (
            self._ref(value)
            or self._extract(value)
            or self._template(value)
            or self._computed(value)
            or _lit(value)
        )

    def _list(self, values: list[Any]) -> dict[str, Any]:
        if not any(isinstance(v, dict | list) or v not in self._stated for v in values):
            return {"is": "lit", "value": values}
        step = f"l{len(self.steps)}"
        args = [self._arg(value) for value in values]
        self.steps.append({"do": "compute", "id": step, "fn": "list", "args": args})
        return {"is": "ref", "name": step, "path": []}

    def _record(self, values: dict[str, Any]) -> dict[str, Any]:
        args = [arg for name, value in values.items() for arg in (_lit(name), self._arg(value))]
        step = f"r{len(self.steps)}"
        self.steps.append({"do": "compute", "id": step, "fn": "record", "args": args})
        return {"is": "ref", "name": step, "path": []}

    def _ref(self, value: Any) -> dict[str, Any] | None:
        for leaf in reversed(self._leaves):
            if type(leaf.value) is type(value) and leaf.value == value:
                return _to(leaf)
        return None

    def _extract(self, value: Any) -> dict[str, Any] | None:
        """From one text when it is all there, or item by item when its lines are."""
        whole = self._source(value)
        if whole is not None:
            return self._reading(whole, value, _kind(value))
        lines = [line.strip("-•* \t") for line in str(value).splitlines()]
        lines = [line for line in lines if line]
        source = next((s for s in map(self._source, lines[:1]) if s), None)
        if len(lines) < 2 or source is None:
            return None
        if not all(line.casefold() in str(source.value).casefold() for line in lines):
            return None
        kind = {"type": "list", "of": _kind(max(lines, key=len)), "most": 50}
        items = self._reading(source, lines, kind)
        step = f"j{len(self.steps)}"
        args = [items, {"is": "lit", "value": "\n- "}]
        self.steps.append({"do": "compute", "id": step, "fn": "join", "args": args})
        return {"is": "ref", "name": step, "path": []}

    def _computed(self, value: Any) -> dict[str, Any] | None:
        """A number that two others make: those of results, and those that the request states."""
        if not isinstance(value, int | float) or isinstance(value, bool):
            return None
        own = [leaf for leaf in self._leaves if isinstance(leaf.value, int | float)]
        known = [(_to(leaf), leaf.value) for leaf in own[-_MAX_NUMBERS:]]
        known += [(_lit(n), n) for n in map(float, _NUMBER.findall(self._request))]
        for (one, a), (other, b) in itertools.product(known, repeat=2):
            for fn, made in (("add", a + b), ("sub", a - b), ("mul", a * b)):
                if abs(made - value) < _NEAR:
                    step = f"k{len(self.steps)}"
                    self.steps.append({"do": "compute", "id": step, "fn": fn, "args": [one, other]})
                    return {"is": "ref", "name": step, "path": []}
        return None

    def _source(self, value: Any) -> Leaf | None:
        wanted = str(value).casefold()
        for leaf in reversed(self._leaves):
            if isinstance(leaf.value, str) and wanted and wanted in leaf.value.casefold():
                return leaf
        return None

    def _reading(self, source: Leaf, value: Any, kind: dict[str, Any]) -> dict[str, Any]:
        step, name = f"x{len(self.steps)}", f"f{len(self.wanted)}"
        self.wanted[name] = value
        origin = _to(source)
        fields = [{"name": name, "kind": kind}]
        query = "Find what the task needs."
        self.steps.append(
            {"do": "extract", "id": step, "query": query, "inputs": [origin], "fields": fields}
        )
        return {"is": "ref", "name": step, "path": [name]}

    def _template(self, value: Any) -> dict[str, Any] | None:
        """A text around values of earlier results that the request does not state."""
        if not isinstance(value, str):
            return None
        template, parts = _braced(value), []
        for leaf in sorted(self._leaves, key=lambda one: -len(str(one.value))):
            said = _braced(str(leaf.value))
            if len(said) < _MIN_PART or "{" in said or leaf.value in self._stated:
                continue
            if said in template:
                name = f"p{len(parts)}"
                template = template.replace(said, f"{{{name}}}", 1)
                parts.append({"name": name, "value": _to(leaf)})
        return {"is": "fmt", "template": template, "parts": parts} if parts else None


def _lit(value: Any) -> dict[str, Any]:
    return {"is": "lit", "value": value}


def _to(leaf: Leaf) -> dict[str, Any]:
    return {"is": "ref", "name": leaf.step, "path": list(leaf.path)}


def _kind(value: Any) -> dict[str, Any]:
    if isinstance(value, int | float):
        return {"type": "number", "least": 0, "most": 1_000_000}
    if is_iban(value):
        return {"type": "iban"}
    if "@" in value and " " not in value:
        return {"type": "email"}
    if value.startswith(("http://", "https://")):
        return {"type": "url"}
    return {"type": "text", "max_chars": min(_MAX_TEXT, max(40, 2 * len(value))), "verbatim": True}


def _braced(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _leaves(step: str, path: tuple[str | int, ...], node: Any) -> Iterator[Leaf]:
    if isinstance(node, dict):
        for key, item in node.items():
            yield from _leaves(step, (*path, key), item)
    elif isinstance(node, list):
        for index, item in enumerate(node):
            yield from _leaves(step, (*path, index), item)
    elif node is not None:
        yield Leaf(step, path, node)


def data_of(prompt: str) -> str:
    """The texts of the data in what the quarantined model is asked."""
    block = prompt.partition("<<data ")[2].partition(">>\n")[2].rpartition("\n<<end ")[0]
    return "\n".join(str(leaf.value) for leaf in _leaves("", (), json.loads(block)))
