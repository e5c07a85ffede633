"""The plan: the only form that is ever executed, and all that the privileged model writes.

A plan is data: it can be shown, compared, signed and replayed, and every construct has one
rule for its labels. The id of a step is the name of its result.

    Arg    Lit | Ref | Fmt
    Step   Call | Extract | ForEach | Choose | Compute | If | Ask | Answer
"""

import hashlib
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from shield.dual.failures import Code, StepError
from shield.dual.fields import Field, Name

MAX_BYTES = 65_536
MAX_LOOP = 200
Literals = str | int | float | bool | None


class Lit(Struct, frozen=True, tag="lit", tag_field="is", forbid_unknown_fields=True):
    """A value that the plan itself states."""

    value: Literals | tuple[Literals, ...]


class Ref(Struct, frozen=True, tag="ref", tag_field="is", forbid_unknown_fields=True):
    """The result of a step, or a loop's variable; `path` goes into it by key and position."""

    name: Name
    path: tuple[str | int, ...] = ()


class Part(Struct, frozen=True, forbid_unknown_fields=True):
    """What fills one `{name}` of a template."""

    name: Name
    value: Ref


class Fmt(Struct, frozen=True, tag="fmt", tag_field="is", forbid_unknown_fields=True):
    """A text with `{name}` places; `{{` and `}}` are braces. Filled once, never read again."""

    template: str
    parts: tuple[Part, ...] = ()


Arg = Lit | Ref | Fmt


class Named(Struct, frozen=True, forbid_unknown_fields=True):
    """One argument of a call."""

    name: str
    value: Arg


class _Step(Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """What all steps share."""

    id: Name


class Call(_Step, frozen=True, tag="call"):
    """Call a tool; the only step with effects."""

    tool: str
    args: tuple[Named, ...] = ()


class Extract(_Step, frozen=True, tag="extract"):
    """Have the quarantined model fill in fields from `inputs`; the result is a record of them.

    With `reveal` the planner is told the flags and choices, and nothing else.
    """

    query: Annotated[str, Meta(max_length=2_000)]
    inputs: Annotated[tuple[Ref, ...], Meta(min_length=1, max_length=20)]
    fields: Annotated[tuple[Field, ...], Meta(min_length=1, max_length=20)]
    reveal: bool = False


class ForEach(_Step, frozen=True, tag="for_each"):
    """Run `body` for each item of a list; the result is the list of what `collect` names."""

    over: Ref
    var: Name
    body: tuple["Step", ...]
    max_iter: Annotated[int, Meta(ge=1, le=MAX_LOOP)]
    collect: Name | None = None


class Op(StrEnum):
    """How two values are compared."""

    EQ = "eq"
    NE = "ne"
    LT = "lt"
    LE = "le"
    GT = "gt"
    GE = "ge"
    CONTAINS = "contains"


class Where(Struct, frozen=True, forbid_unknown_fields=True):
    """A condition on each item: what stands at `path` in it, compared with `value`."""

    path: tuple[str | int, ...]
    op: Op
    value: Arg


class Choose(_Step, frozen=True, tag="choose"):
    """Choose among the items of a list that meet all conditions.

    `all` gives a list, the others one item; `only` wants exactly one, `max` and `min` compare
    what stands at `key`. With `keys`, a list as long, its items are looked at instead.
    """

    over: Ref
    pick: Literal["all", "first", "only", "max", "min"]
    where: tuple[Where, ...] = ()
    key: tuple[str | int, ...] = ()
    keys: Ref | None = None


class Fn(StrEnum):
    """The pure functions of `Compute`."""

    ADD = "add"
    SUB = "sub"
    MUL = "mul"
    DIV = "div"
    ROUND = "round"
    DATE_ADD = "date_add"
    LEN = "len"
    SORT = "sort"
    UNIQUE = "unique"
    JOIN = "join"
    LIST = "list"
    RECORD = "record"
    CONCAT = "concat"
    LOWER = "lower"
    EQ = "eq"
    LT = "lt"
    CONTAINS = "contains"
    AND = "and"
    OR = "or"
    NOT = "not"


class Compute(_Step, frozen=True, tag="compute"):
    """A pure function of its arguments; those of `record` are keys and values in turn."""

    fn: Fn
    args: Annotated[tuple[Arg, ...], Meta(min_length=1, max_length=20)]


class If(_Step, frozen=True, tag="if"):
    """Run one of two branches; `cond` must be a flag. What a branch makes stays in it."""

    cond: Ref
    then: tuple["Step", ...]
    orelse: tuple["Step", ...] = ()


class Ask(_Step, frozen=True, tag="ask"):
    """Ask the person a question; the answer is as trusted as the request."""

    question: Annotated[str, Meta(max_length=400)]


class Answer(_Step, frozen=True, tag="answer"):
    """Tell the person something."""

    text: Fmt


Step = Call | Extract | ForEach | Choose | Compute | If | Ask | Answer


class Plan(Struct, frozen=True, forbid_unknown_fields=True):
    """A plan. `effects` names every tool in it that changes or sends something."""

    version: Literal[1]
    goal: Annotated[str, Meta(max_length=400)]
    effects: tuple[str, ...]
    steps: Annotated[tuple[Step, ...], Meta(min_length=1)]

    @property
    def digest(self) -> str:
        """Names the plan: 32 hex digits."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:32]


def decode(text: str | bytes) -> Plan:
    """The plan in `text`, JSON with or without a code fence around it.

    Raises:
        StepError: `NOT_A_PLAN`; its cause, a `msgspec.ValidationError`, says where.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    if len(raw) > MAX_BYTES:
        raise StepError(Code.NOT_A_PLAN)
    try:
        plan = msgspec.json.decode(_unfenced(raw), type=Plan)
        # Nobody after this needs to fear a plan that is too deep to walk.
        for _ in walk(plan.steps):
            pass
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise StepError(Code.NOT_A_PLAN) from error
    return plan


def _unfenced(raw: bytes) -> bytes:
    raw = raw.strip()
    if raw.startswith(b"```") and raw.endswith(b"```") and b"\n" in raw:
        return raw[raw.index(b"\n") : -3]
    return raw


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """Every step, outer ones before what they hold."""
    for step in steps:
        yield step
        for inner in bodies(step):
            yield from walk(inner)


def bodies(step: Step) -> tuple[tuple[Step, ...], ...]:
    """The blocks inside a step."""
    if isinstance(step, ForEach):
        return (step.body,)
    return (step.then, step.orelse) if isinstance(step, If) else ()


def refs(step: Step) -> Iterator[Ref]:
    """The references of a step itself, not of what it holds."""
    match step:
        case Call():
            yield from (r for a in step.args for r in _inside(a.value))
        case Extract():
            yield from step.inputs
        case ForEach():
            yield step.over
        case Choose():
            yield step.over
            yield from (r for w in step.where for r in _inside(w.value))
            if step.keys is not None:
                yield step.keys
        case Compute():
            yield from (r for a in step.args for r in _inside(a))
        case If():
            yield step.cond
        case Answer():
            yield from _inside(step.text)


def named(step: Step) -> set[str]:
    """The names that a step, or what it holds, refers to."""
    return {ref.name for inner in walk((step,)) for ref in refs(inner)}


def _inside(arg: Arg) -> Iterator[Ref]:
    if isinstance(arg, Ref):
        yield arg
    elif isinstance(arg, Fmt):
        yield from (part.value for part in arg.parts)


def schema() -> dict[str, Any]:
    """The JSON Schema of a plan, in the subset that strict structured output takes.

    Every property is required and none may be added; a left-out default must be written.
    """
    _, parts = msgspec.json.schema_components([Plan], ref_template="#/$defs/{name}")
    strict: dict[str, Any] = _strict({**parts["Plan"], "$defs": parts})
    del strict["$defs"]["Plan"]
    return strict


def _strict(node: Any) -> Any:
    if isinstance(node, list):
        return [_strict(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {k: _strict(v) for k, v in node.items() if k not in {"discriminator", "default"}}
    if isinstance(properties := kept.get("properties"), dict):
        kept["required"] = list(properties)
        kept["additionalProperties"] = False
    return kept
