"""Tools: what the application offers, bound to what the policy says of them.

A tool is an async callable with a JSON Schema. What it does to the world, and what its
arguments mean, stands in the policy's `[tools.*]` and nowhere else: a server's own words about its
tools grant nothing.
"""

import hashlib
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from shield.dual.values import NOTHING, Attested, canonical_json
from shield.errors import PolicyError, ShieldError
from shield.policy.schema import Effect, Role, ToolEntry

Run = Callable[[dict[str, Any]], Awaitable[Any]]


class NotDoneError(ShieldError):
    """Raised by a tool that has changed nothing: the plan may be mended.

    Any other exception of a tool with effects leaves open whether they happened, and ends the run.
    """


class Tool(Struct, frozen=True):
    """A tool as the application offers it.

    Args:
        name: as the policy spells it.
        description: for the planner; scanned and pinned when a controller is made.
        parameters: the JSON Schema of its arguments, an object.
        run: called with the arguments as plain JSON data.
        authoritative: JSON Pointers into its result, `*` for any key or position, of fields that
            no third party can write, such as `/*/id`; each covers all below it, long texts aside.
        public: anybody may know the result; else only the caller.
        parse: the result is JSON in a text.
        result: the JSON Schema of its result, shown to the planner, which writes paths into it.
    """

    name: str
    description: str
    parameters: dict[str, Any]
    run: Run
    authoritative: tuple[str, ...] = ()
    public: bool = False
    parse: bool = False
    result: dict[str, Any] = {}

    @property
    def pin(self) -> str:
        """SHA-256 of everything that a model is shown of the tool."""
        shown = [self.name, self.description, self.parameters, self.result]
        return hashlib.sha256(canonical_json(shown).encode()).hexdigest()


class Bound(Struct, frozen=True):
    """A tool and what the policy says of it."""

    tool: Tool
    effect: Effect
    roles: dict[str, Role]
    attested: Attested = NOTHING

    @property
    def name(self) -> str:
        """The tool's name."""
        return self.tool.name

    @property
    def reads(self) -> bool:
        """True when the tool changes nothing and sends nothing out."""
        return self.effect is Effect.READ

    def role(self, argument: str) -> Role:
        """What an argument means."""
        return self.roles.get(argument, Role.FREE)


Kit = Mapping[str, Bound]


def bind(tools: Iterable[Tool], known: Mapping[str, ToolEntry]) -> dict[str, Bound]:
    """The tools by name.

    Raises:
        PolicyError: a tool stands twice, or the policy does not know it or one of its arguments.
    """
    kit: dict[str, Bound] = {}
    for tool in tools:
        entry = known.get(tool.name)
        if entry is None:
            raise PolicyError(
                f"the policy does not know the tool {tool.name!r}",
                mend=f"add [tools.{tool.name}] with its effect and the roles of its arguments",
            )
        if tool.name in kit:
            raise PolicyError(f"two tools are named {tool.name!r}", mend="rename one")
        foreign = sorted(set(entry.roles) - set(tool.parameters.get("properties", {})))
        if foreign:
            raise PolicyError(
                f"tools.{tool.name}.roles names {', '.join(foreign)}, which the tool lacks",
                mend="correct the name",
            )
        kit[tool.name] = Bound(tool, entry.effect, dict(entry.roles), _attested(tool, entry))
    return kit


def _attested(tool: Tool, entry: ToolEntry) -> Attested:
    """Fields that the application's pointers or the policy's names declare, less what anybody writes."""
    return Attested(
        paths=tuple(
            tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
            for pointer in tool.authoritative
        ),
        names=frozenset(entry.authoritative or ()),
        never=frozenset(entry.third_party),
    )


def from_function(function: Callable[..., Awaitable[Any]], **more: Any) -> Tool:
    """A tool of an async function: its name, its docstring, and schemas of its annotations.

    Raises:
        TypeError: it is not async, or a parameter has no annotation that JSON can carry.
    """
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{function.__name__} is not async")
    fields: list[Any] = []
    signature = inspect.signature(function, eval_str=True)
    for parameter in signature.parameters.values():
        if parameter.annotation is parameter.empty:
            raise TypeError(f"{function.__name__}: {parameter.name} has no annotation")
        given = () if parameter.default is parameter.empty else (parameter.default,)
        fields.append((parameter.name, parameter.annotation, *given))
    returned = signature.return_annotation
    more.setdefault("result", {} if returned is signature.empty else schema_of(returned))
    parameters = schema_of(msgspec.defstruct(function.__name__, fields, kw_only=True))

    async def run(arguments: dict[str, Any]) -> Any:
        return await function(**arguments)

    return Tool(function.__name__, inspect.getdoc(function) or "", parameters, run, **more)


def schema_of(annotation: Any) -> dict[str, Any]:
    """The JSON Schema of an annotation, its own type in front of those that it names."""
    (top,), parts = msgspec.json.schema_components([annotation], ref_template="#/$defs/{name}")
    if "$ref" in top:
        top = parts.pop(top["$ref"].rpartition("/")[2])
    return {**top, **({"$defs": parts} if parts else {})}


def from_openai(
    definitions: Iterable[Mapping[str, Any]],
    call: Callable[[str, dict[str, Any]], Awaitable[Any]],
    **more: Any,
) -> tuple[Tool, ...]:
    """Tools of OpenAI-style definitions; `call` is given the name and the arguments."""

    def made(function: Mapping[str, Any]) -> Tool:
        name = str(function["name"])
        parameters = dict(function.get("parameters") or {"type": "object", "properties": {}})

        async def run(arguments: dict[str, Any]) -> Any:
            return await call(name, arguments)

        return Tool(name, str(function.get("description") or ""), parameters, run, **more)

    return tuple(made(definition.get("function", definition)) for definition in definitions)


class McpSession(Protocol):
    """The two calls of an MCP client session that are used."""

    async def list_tools(self) -> Any:
        """An object with `tools`, each with `name`, `description`, `inputSchema`."""

    async def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        """An object with `content`, `structuredContent` and `isError`."""


async def from_mcp(session: McpSession, server: str, **more: Any) -> tuple[Tool, ...]:
    """The tools of an MCP server, named `server__tool`, as they are listed now.

    A later change of the server's list changes nothing here.
    """
    listed = await session.list_tools()

    def made(offered: Any) -> Tool:
        async def run(arguments: dict[str, Any]) -> Any:
            return _content(await session.call_tool(offered.name, arguments))

        return Tool(
            f"{server}__{offered.name}",
            offered.description or "",
            dict(offered.inputSchema),
            run,
            **{"result": dict(getattr(offered, "outputSchema", None) or {}), **more},
        )

    return tuple(made(offered) for offered in listed.tools)


def _content(result: Any) -> Any:
    if getattr(result, "isError", False):
        raise RuntimeError("the MCP server reports an error")
    structured = getattr(result, "structuredContent", None)
    if structured is not None:
        return structured
    return "\n".join(part.text for part in result.content if hasattr(part, "text"))
