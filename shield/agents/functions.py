"""Plain functions as tools: `checked(thread, function)` runs only what the policy lets run."""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from shield.agents.thread import Thread


def checked(thread: Thread, function: Callable[..., Any], name: str = "") -> Callable[..., Any]:
    """A function, or coroutine function, whose every call is judged and whose result is screened.

    It returns what the model may see, a text. Arguments are judged under the names of the function's
    parameters, so that the manifest's roles fit however they are passed.

    Raises:
        BlockedError: from the call: it was refused and has not run, or its result is refused.
    """
    shown, signature = name or function.__name__, inspect.signature(function)

    def permitted(*args: Any, **more: Any) -> None:
        bound = signature.bind(*args, **more)
        thread.permit(shown, _flat(bound.arguments, signature))

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run_async(*args: Any, **more: Any) -> str:
            permitted(*args, **more)
            return thread.read(shown, await function(*args, **more))

        return run_async

    @functools.wraps(function)
    def run(*args: Any, **more: Any) -> str:
        permitted(*args, **more)
        return thread.read(shown, function(*args, **more))

    return run


def _flat(arguments: Mapping[str, Any], signature: inspect.Signature) -> dict[str, Any]:
    """Arguments by name; those of `**more` stand beside the others."""
    found: dict[str, Any] = {}
    for name, value in arguments.items():
        many = signature.parameters[name].kind is inspect.Parameter.VAR_KEYWORD
        found.update(value if many else {name: value})
    return found
