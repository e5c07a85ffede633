"""AgentDojo's suites as tools for the controller: schemas and types are read, nothing is named.

Effects and roles are what `shield tools infer` drafts from the definitions. Fields of a result
are attested by the rule that the action checkpoint has for tools of which nothing is said: those
whose name does not say prose, and lists of names; not of tools that hand out pages or files.
"""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, TypeAdapter

from shield.actions.fields import is_prose
from shield.actions.infer import definitions, draft
from shield.dual.tools import Tool
from shield.policy.schema import ToolEntry


def entries(suite: Any) -> dict[str, ToolEntry]:
    """What the policy says of a suite's tools."""
    drafts = [draft(one) for one in definitions([_definition(tool) for tool in suite.tools])]
    results = {tool.name: _result(tool) for tool in suite.tools}
    return {
        d.name: ToolEntry(
            effect=d.effect,
            roles=d.roles,
            authoritative=() if d.third_party else tuple(sorted(set(_attested(results[d.name])))),
        )
        for d in drafts
    }


def tools(suite: Any, runtime: Any, environment: Any, calls: list[Any]) -> list[Tool]:
    """A suite's tools on one environment; every call is also added to `calls`."""
    return [_tool(tool, runtime, environment, calls) for tool in suite.tools]


def _tool(tool: Any, runtime: Any, environment: Any, calls: list[Any]) -> Tool:
    async def run(arguments: dict[str, Any]) -> Any:
        calls.append((tool.name, arguments))
        await asyncio.sleep(0)
        result, error = runtime.run_function(environment, tool.name, arguments)
        if error is not None:
            raise RuntimeError("the tool reports an error")
        return plain(result)

    result = _result(tool)
    return Tool(
        name=tool.name,
        description=tool.description,
        parameters=_definition(tool)["parameters"],
        run=run,
        authoritative=("",) if result.get("items") == {"type": "string"} else (),
        result=result,
    )


def _definition(tool: Any) -> dict[str, Any]:
    schema = tool.parameters.model_json_schema()
    return {"name": tool.name, "description": tool.description, "parameters": schema}


def _result(tool: Any) -> dict[str, Any]:
    return TypeAdapter(tool.return_type).json_schema() if tool.return_type else {}


def _attested(schema: Mapping[str, Any]) -> Iterator[str]:
    stack: list[Any] = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, Mapping):
            yield from (name for name in node.get("properties", {}) if not is_prose(name))
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def plain(result: Any) -> Any:
    """A tool's result as JSON data."""
    if isinstance(result, BaseModel):
        return result.model_dump(mode="json")
    if isinstance(result, list | tuple):
        return [plain(item) for item in result]
    if isinstance(result, Mapping):
        return {str(key): plain(item) for key, item in result.items()}
    return result
