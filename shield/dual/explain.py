"""`shield dual explain`: a plan, its flows, and what a person would be asked, in words."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from shield.dual.approval import origin, says
from shield.dual.failures import StepError
from shield.dual.outline import Line, outline
from shield.dual.plan import (
    Answer,
    Arg,
    Ask,
    Call,
    Choose,
    Compute,
    Extract,
    Fmt,
    ForEach,
    If,
    Lit,
    Plan,
    Ref,
    Step,
    decode,
    walk,
)
from shield.dual.stated import Stated
from shield.dual.tools import Tool, bind, from_openai
from shield.dual.validate import problems
from shield.errors import PolicyError, SetupError
from shield.policy.schema import Role, ToolEntry
from shield.types import Capacity, Integrity


def explain(
    path: Path, known: Mapping[str, ToolEntry], tools: Path | None, request: str | None
) -> tuple[list[str], bool]:
    """The lines that explain a plan file, and whether the plan is valid.

    Args:
        path: the plan, JSON.
        known: the policy's tools.
        tools: OpenAI-style tool definitions, JSON; an entry may carry `authoritative` pointers.
            Without it arguments are not checked against schemas.
        request: what the caller asked; without it every literal counts as stated.

    Raises:
        SetupError: a file cannot be read, or the policy does not know a tool.
    """
    plan = _plan(path)
    offered = _defined(tools) if tools else _assumed(plan, known)
    kit = bind([tool for tool in offered if tool.name in known], known)
    said = [request] if request is not None else _literals(plan)
    wrong = problems(plan, kit, Stated(said), most=msgspec.json.encode(plan).count(b'"do"'))
    if wrong:
        return [f"not valid: {problem}" for problem in wrong], False
    head = [f"plan {plan.digest[:12]}: {plan.goal}", ""]
    return [*head, *_body(outline(plan.steps, kit, Stated(said)))], True


def _plan(path: Path) -> Plan:
    try:
        return decode(path.read_bytes())
    except OSError as error:
        raise SetupError(str(error.strerror), where=path, mend="name a plan file") from None
    except StepError as error:
        cause = error.__cause__
        said = str(cause) if isinstance(cause, msgspec.ValidationError) else "this is not JSON"
        raise SetupError(said, where=path, mend="see `shield dual schema`") from None


def _defined(path: Path) -> list[Tool]:
    try:
        listed = msgspec.json.decode(path.read_bytes(), type=list[dict[str, Any]])
        return [
            tool
            for one in listed
            for tool in from_openai(
                [one], _not_run, authoritative=tuple(one.get("authoritative", ()))
            )
        ]
    except (OSError, msgspec.DecodeError, KeyError, TypeError) as error:
        raise SetupError(
            f"no list of tool definitions ({type(error).__name__})", where=path, mend="correct it"
        ) from None


def _assumed(plan: Plan, known: Mapping[str, ToolEntry]) -> list[Tool]:
    """The tools that a plan calls, with the arguments that it gives and the policy names."""
    given: dict[str, set[str]] = {}
    for step in walk(plan.steps):
        if isinstance(step, Call) and step.tool in known:
            given.setdefault(step.tool, set(known[step.tool].roles)).update(
                argument.name for argument in step.args
            )
    made = [
        {"name": name, "parameters": {"properties": {one: {} for one in arguments}}}
        for name, arguments in given.items()
    ]
    return list(from_openai(made, _not_run))


async def _not_run(name: str, _: dict[str, Any]) -> Any:
    raise PolicyError(f"{name} is only explained here", mend="use a controller to run it")


def _literals(plan: Plan) -> list[str]:
    found: list[str] = []
    for step in walk(plan.steps):
        if isinstance(step, Call):
            for argument in step.args:
                if isinstance(argument.value, Lit):
                    value = argument.value.value
                    found += map(str, value if isinstance(value, tuple) else [value])
                elif isinstance(argument.value, Fmt):
                    found.append(argument.value.template)
    return found


def _body(lines: Sequence[Line]) -> Iterator[str]:
    asked = 0
    for line in lines:
        indent = "  " * line.depth
        yield f"{indent}{_step(line.step)}"
        if line.call is not None and not line.call.tool.reads:
            yield from (f"{indent}    {name} ← {origin(of)}" for name, of in line.inputs)
            why = list(_asked(line))
            yield from (f"{indent}    ? {reason}" for reason in why)
            asked += bool(line.reasons)
    yield ""
    yield "a person would be asked" if asked else "no person would be asked"


def _asked(line: Line) -> Iterator[str]:
    """What would be asked, and what might be, once the values are known."""
    for reason in line.reasons:
        verb = "refused" if reason.denies else "asked"
        at = f" ({reason.argument})" if reason.argument else ""
        yield f"{verb}: {says(reason.why)}{at}"
    if line.call is None:
        return
    for name, of in line.inputs:
        free = of.capacity >= Capacity.SHORT_TEXT and of.integrity < Integrity.TOOL_AUTH
        if free and line.call.tool.role(name) is Role.CONTENT:
            yield f"perhaps asked: if the text holds an address or link that is not yours ({name})"


def _step(step: Step) -> str:
    match step:
        case Call():
            shown = ", ".join(f"{a.name}: {_arg(a.value)}" for a in step.args)
            return f"{step.id} = {step.tool}({shown})"
        case Extract():
            fields = ", ".join(f"{f.name} ({type(f.kind).__name__.lower()})" for f in step.fields)
            return f"{step.id} = read {fields} out of {', '.join(map(_arg, step.inputs))}"
        case ForEach():
            return f"for {step.var} in {_arg(step.over)}, {step.max_iter} at most:"
        case Choose():
            return f"{step.id} = {step.pick} of {_arg(step.over)}{_conditions(step)}"
        case Compute():
            return f"{step.id} = {step.fn.value}({', '.join(map(_arg, step.args))})"
        case If():
            return f"if {_arg(step.cond)}:"
        case Ask():
            return f"{step.id} = ask “{step.question}”"
        case Answer():
            return f"answer {_arg(step.text)}"


def _conditions(step: Choose) -> str:
    shown = [f"{_path(w.path)} {w.op.value} {_arg(w.value)}" for w in step.where]
    return f" where {' and '.join(shown)}" if shown else ""


def _arg(arg: Arg) -> str:
    match arg:
        case Lit():
            return msgspec.json.encode(arg.value).decode()
        case Ref():
            return f"{arg.name}{_path(arg.path)}"
        case Fmt():
            parts = ", ".join(f"{part.name} = {_arg(part.value)}" for part in arg.parts)
            return f"“{arg.template}”" + (f" with {parts}" if parts else "")


def _path(path: tuple[str | int, ...]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in path)
