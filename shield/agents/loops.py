"""Steps of the usual agent loops: run the calls in a model's answer, and give back the messages to send next.

A refused call gives the model a message that says so and nothing else, so that the loop goes on; after
`MOST_REFUSALS` in one step the refusal is raised: a model that tries again and again is looking for a way around.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shield.agents.thread import Thread, parsed
from shield.errors import BlockedError

REFUSED = "Refused by policy. Do not work around this; tell the user."
UNKNOWN = "There is no such tool."
MOST_REFUSALS = 3
Functions = Mapping[str, Callable[..., Any]]


def openai_step(thread: Thread, calls: Sequence[Any], functions: Functions) -> list[dict[str, Any]]:
    """The tool messages that answer `message.tool_calls` of a Chat Completion.

    Raises:
        BlockedError: too many of the calls were refused.
    """
    made = _answers(
        thread, [(c.id, c.function.name, c.function.arguments) for c in calls], functions
    )
    return [{"role": "tool", "tool_call_id": i, "content": text} for i, text, _ in made]


def anthropic_step(thread: Thread, blocks: Sequence[Any], functions: Functions) -> dict[str, Any]:
    """The user message whose blocks answer the `tool_use` blocks of a message.

    Raises:
        BlockedError: too many of the calls were refused.
    """
    used = [(b.id, b.name, b.input) for b in blocks if b.type == "tool_use"]
    content = [
        {"type": "tool_result", "tool_use_id": i, "content": text, "is_error": not done}
        for i, text, done in _answers(thread, used, functions)
    ]
    return {"role": "user", "content": content}


def langchain_wrapper(thread: Thread) -> Callable[[Any, Callable[[Any], Any]], Any]:
    """What LangChain's `@wrap_tool_call` takes: `handler` runs only calls that pass.

    The returned function raises `BlockedError` for a refused call or result.
    """

    def wrap(request: Any, handler: Callable[[Any], Any]) -> Any:
        asked = request.tool_call
        thread.permit(asked["name"], asked["args"], asked.get("id") or "")
        message = handler(request)
        shown = thread.read(asked["name"], _text(message.content), asked.get("id") or "")
        return message.model_copy(update={"content": shown})

    return wrap


class McpTools:
    """The tools of an MCP client session: `call_tool` is judged first, and its texts are screened.

    Args:
        session: anything with MCP's `async call_tool(name, arguments)`.
        thread: the conversation.
        server: the prefix by which the policy names this server's tools, `mail__` for one.
    """

    def __init__(self, session: Any, thread: Thread, server: str = "") -> None:
        self._session, self._thread, self._server = session, thread, server

    async def call_tool(self, name: str, arguments: Mapping[str, Any] | None = None) -> str:
        """What the model may see of the result: its texts, one after the other.

        Raises:
            BlockedError: the call or its result is refused.
        """
        shown = f"{self._server}{name}"
        self._thread.permit(shown, arguments or {})
        result = await self._session.call_tool(name, arguments or {})
        return self._thread.read(shown, _text(result.content))


def _answers(
    thread: Thread, calls: Sequence[tuple[str, str, Any]], functions: Functions
) -> list[tuple[str, str, bool]]:
    """Each call's id, the text that answers it, and whether it ran."""
    found: list[tuple[str, str, bool]] = []
    refusals = 0
    for identity, name, arguments in calls:
        try:
            thread.permit(name, arguments, identity)
            run = functions.get(name)
            text = UNKNOWN if run is None else thread.read(name, run(**_data(arguments)), identity)
            found.append((identity, text, run is not None))
        except BlockedError:
            refusals += 1
            if refusals >= MOST_REFUSALS:
                raise
            found.append((identity, REFUSED, False))
    return found


def _data(arguments: Any) -> dict[str, Any]:
    data = parsed(arguments)
    return data if isinstance(data, dict) else {"arguments": data}


def _text(content: Any) -> str:
    """The texts of a content; a part that is no text is named, so that nothing unseen goes on."""
    if isinstance(content, str):
        return content
    parts = []
    for part in content:
        data = part if isinstance(part, Mapping) else vars(part)
        parts.append(str(data.get("text") or f"[{data.get('type', 'part')} not shown]"))
    return "\n".join(parts)
