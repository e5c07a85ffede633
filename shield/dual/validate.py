"""What can be wrong with a plan before it runs. Each problem names its step and the mend.

A plan comes from trusted text and tool definitions alone, so a problem may be told in full.
"""

from collections.abc import Iterator

import regex
from msgspec import Struct

from shield.dual import arguments
from shield.dual.compute import arity
from shield.dual.fields import Choice, Field, Flag, Id, Many
from shield.dual.plan import (
    Answer,
    Arg,
    Call,
    Choose,
    Compute,
    Extract,
    Fmt,
    Fn,
    ForEach,
    If,
    Lit,
    Plan,
    Step,
    bodies,
    refs,
    walk,
)
from shield.dual.stated import Stated
from shield.dual.template import Place, pieces
from shield.dual.tools import Bound, Kit
from shield.policy.schema import Role
from shield.types import Scalar

MAX_DEPTH = 4
# Where a made-up value would reach somebody, or open something.
SENSITIVE = frozenset({Role.RECIPIENT, Role.ACCOUNT, Role.URL, Role.SECRET})


class Problem(Struct, frozen=True):
    """What is wrong at a step; `step` is empty for the plan as a whole."""

    step: str
    message: str

    def __str__(self) -> str:
        return f"{self.step}: {self.message}" if self.step else self.message


def problems(plan: Plan, kit: Kit, trusted: Stated, *, most: int) -> list[Problem]:
    """All that is wrong with a plan; empty when it may run.

    Args:
        plan: the plan.
        kit: the tools that it may call.
        trusted: the texts that sensitive literals must stand in.
        most: steps that it may have.
    """
    steps = list(walk(plan.steps))
    found = [Problem("", message) for message in _as_a_whole(plan, steps, kit, most)]
    found += _scopes(plan.steps, frozenset(), depth=0, looped=False)
    for step in steps:
        found += (Problem(step.id, message) for message in _alone(step, kit, trusted))
    return found


def effects(plan: Plan, kit: Kit) -> frozenset[str]:
    """The tools in a plan that do more than read."""
    named = {step.tool for step in walk(plan.steps) if isinstance(step, Call)}
    return frozenset(name for name in named if name in kit and not kit[name].reads)


def _as_a_whole(plan: Plan, steps: list[Step], kit: Kit, most: int) -> Iterator[str]:
    if len(steps) > most:
        yield f"{len(steps)} steps; {most} are allowed"
    names = [s.id for s in steps] + [s.var for s in steps if isinstance(s, ForEach)]
    twice = sorted({name for name in names if names.count(name) > 1})
    yield from (f"the name {name!r} is used twice" for name in twice)
    declared, real = set(plan.effects), effects(plan, kit)
    yield from (f"effects lacks {name!r}" for name in sorted(real - declared))
    yield from (f"effects names {name!r}, which no step has" for name in sorted(declared - real))


def _scopes(
    steps: tuple[Step, ...], known: frozenset[str], *, depth: int, looped: bool
) -> Iterator[Problem]:
    if depth > MAX_DEPTH:
        yield Problem(steps[0].id if steps else "", f"nested deeper than {MAX_DEPTH}")
        return
    for step in steps:
        for ref in refs(step):
            if ref.name not in known:
                yield Problem(step.id, f"{ref.name!r} is not known here")
        if looped and isinstance(step, Answer):
            yield Problem(step.id, "an answer cannot stand in a loop")
        inside = known | {step.var} if isinstance(step, ForEach) else known
        for body in bodies(step):
            again = looped or isinstance(step, ForEach)
            yield from _scopes(body, inside, depth=depth + 1, looped=again)
        if not isinstance(step, If | Answer):
            known |= {step.id}


def _alone(step: Step, kit: Kit, trusted: Stated) -> Iterator[str]:
    match step:
        case Call():
            yield from _call(step, kit.get(step.tool), trusted)
        case Extract():
            yield from _extract(step)
        case ForEach():
            yield from _loop(step)
        case Choose():
            yield from (p for where in step.where for p in _arg(where.value))
        case Compute():
            yield from _compute(step)
        case Answer():
            yield from _arg(step.text)


def _compute(step: Compute) -> Iterator[str]:
    if (wanted := arity(step.fn)) not in {None, len(step.args)}:
        yield f"{step.fn.value} takes {wanted} arguments"
    if step.fn is Fn.RECORD:
        keys = [arg.value for arg in step.args[::2] if isinstance(arg, Lit)]
        texts = {key for key in keys if isinstance(key, str)}
        if len(step.args) % 2 or 2 * len(texts) != len(step.args):
            yield "record takes keys, which are different texts, and values in turn"
    yield from (p for arg in step.args for p in _arg(arg))


def _call(step: Call, bound: Bound | None, trusted: Stated) -> Iterator[str]:
    if bound is None:
        yield f"there is no tool {step.tool!r}"
        return
    yield from arguments.problems(step, bound.tool.parameters)
    for argument in step.args:
        yield from _arg(argument.value)
        if bound.role(argument.name) in SENSITIVE and not all(
            value in trusted for value in _literals(argument.value)
        ):
            yield f"{argument.name!r} is a value that nobody who is trusted has stated"


def _literals(arg: Arg) -> tuple[Scalar, ...]:
    """The values that a plan states; what a template is filled with is judged when it is known."""
    if isinstance(arg, Fmt) and not arg.parts:
        return (arg.template,)
    if not isinstance(arg, Lit):
        return ()
    return arg.value if isinstance(arg.value, tuple) else (arg.value,)


def _loop(step: ForEach) -> Iterator[str]:
    if not step.body:
        yield "the body is empty"
    made = {s.id for s in step.body if not isinstance(s, If | Answer)}
    if step.collect is not None and step.collect not in made:
        yield f"collect names {step.collect!r}, which the body does not make"


def _extract(step: Extract) -> Iterator[str]:
    names = [field.name for field in step.fields]
    if len(set(names)) < len(names):
        yield "two fields have one name"
    for field in step.fields:
        yield from _field(field)
    if step.reveal and not any(isinstance(f.kind, Flag | Choice) for f in step.fields):
        yield "only flags and choices can be revealed"


def _field(field: Field) -> Iterator[str]:
    kind = field.kind.of if isinstance(field.kind, Many) else field.kind
    if isinstance(kind, Id):
        try:
            regex.compile(kind.pattern)
        except regex.error:
            yield f"{field.name!r} has no valid pattern"
    if isinstance(kind, Choice) and len(set(kind.values)) < len(kind.values):
        yield f"{field.name!r} has a choice twice"


def _arg(arg: Arg) -> Iterator[str]:
    if not isinstance(arg, Fmt):
        return
    try:
        places = {piece.name for piece in pieces(arg.template) if isinstance(piece, Place)}
    except ValueError as error:
        yield f"template: {error}"
        return
    given = [part.name for part in arg.parts]
    if places != set(given) or len(set(given)) < len(given):
        yield "the places of the template and its parts differ"
