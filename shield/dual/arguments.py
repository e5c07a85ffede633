"""Arguments against a tool's JSON Schema, in the subset that tool definitions use.

Knows `type`, `enum`, `const`, `properties`, `required`, `items`, the bounds of numbers, strings
and lists, `anyOf`, `oneOf` (read as `anyOf`), `allOf` and local `$ref`. An argument that a schema does not name is
an error whatever `additionalProperties` says. Other words of JSON Schema are not judged.
"""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shield.dual.plan import Arg, Call, Lit

MAX_DEPTH = 16
_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
    "array": (list, tuple),
    "object": (dict,),
}
_BOUNDS: dict[str, Callable[[Any, Any], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
_SIZES: dict[str, tuple[tuple[type, ...], Callable[[Any, Any], bool]]] = {
    "minLength": ((str,), operator.ge),
    "maxLength": ((str,), operator.le),
    "minItems": ((list, tuple), operator.ge),
    "maxItems": ((list, tuple), operator.le),
}


def fits(arguments: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    """True when the arguments are all known, complete and of the right form."""
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    if not required <= set(arguments) <= set(properties):
        return False
    return all(accepts(properties[name], value, schema) for name, value in arguments.items())


def problems(call: Call, schema: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the arguments of a planned call, as far as the plan itself can tell."""
    properties = schema.get("properties", {})
    names = [argument.name for argument in call.args]
    yield from (
        f"argument {n!r} stands twice" for n in sorted({n for n in names if names.count(n) > 1})
    )
    yield from (f"{call.tool} has no argument {n!r}" for n in sorted(set(names) - set(properties)))
    missing = sorted(set(schema.get("required", ())) - set(names))
    yield from (f"argument {name!r} is missing" for name in missing)
    for argument in call.args:
        if argument.name in properties and not _fits(
            argument.value, properties[argument.name], schema
        ):
            yield f"argument {argument.name!r} has the wrong type"


def _fits(value: Arg, schema: Any, root: Mapping[str, Any]) -> bool:
    if isinstance(value, Lit):
        plain = list(value.value) if isinstance(value.value, tuple) else value.value
        return accepts(schema, plain, root)
    return True  # known when the step runs


def accepts(schema: Any, value: Any, root: Mapping[str, Any], depth: int = 0) -> bool:
    """True when `value` has the form that `schema` asks for; `root` holds its definitions."""
    if isinstance(schema, bool):
        return schema
    if depth > MAX_DEPTH or not isinstance(schema, Mapping):
        return False
    if "$ref" in schema:
        return accepts(_target(str(schema["$ref"]), root), value, root, depth + 1)
    return (
        _is_type(schema, value)
        and ("enum" not in schema or _among(value, schema["enum"]))
        and ("const" not in schema or _among(value, [schema["const"]]))
        and _in_bounds(schema, value)
        and _combined(schema, value, root, depth)
        and _inner(schema, value, root, depth)
    )


def _target(ref: str, root: Mapping[str, Any]) -> Any:
    node: Any = root
    for part in ref.removeprefix("#/").split("/"):
        node = node.get(part) if isinstance(node, Mapping) else None
    return node


def _is_type(schema: Mapping[str, Any], value: Any) -> bool:
    named = schema.get("type")
    if named is None:
        return True
    wanted = [named] if isinstance(named, str) else named
    return any(_is(word, value) for word in wanted)


def _is(word: str, value: Any) -> bool:
    if isinstance(value, bool):
        return word == "boolean"
    if word == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES.get(word, ()))


def _among(value: Any, choices: list[Any]) -> bool:
    return any(type(value) is type(choice) and value == choice for choice in choices)


def _in_bounds(schema: Mapping[str, Any], value: Any) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return all(test(value, schema[word]) for word, test in _BOUNDS.items() if word in schema)
    return all(
        test(len(value), schema[word])
        for word, (kinds, test) in _SIZES.items()
        if word in schema and type(value) in kinds
    )


def _combined(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any], depth: int) -> bool:
    def count(word: str) -> int:
        return sum(accepts(one, value, root, depth + 1) for one in schema[word])

    return (
        ("anyOf" not in schema or count("anyOf") > 0)
        and ("oneOf" not in schema or count("oneOf") > 0)
        and ("allOf" not in schema or count("allOf") == len(schema["allOf"]))
    )


def _inner(schema: Mapping[str, Any], value: Any, root: Mapping[str, Any], depth: int) -> bool:
    if isinstance(value, list | tuple) and "items" in schema:
        return all(accepts(schema["items"], item, root, depth + 1) for item in value)
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        return set(schema.get("required", ())) <= set(value) and all(
            accepts(properties[key], item, root, depth + 1)
            if key in properties
            else schema.get("additionalProperties", True) is not False
            for key, item in value.items()
        )
    return True
