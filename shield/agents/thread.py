"""One conversation of an agent: what was said, what was read, and which calls may run.

    with guard.exchange(caller) as exchange:
        thread = Thread(exchange)
        thread.say(request)                          # refused input raises
        thread.permit("send_email", arguments)       # refused calls raise, before anything runs
        shown = thread.read("send_email", result)    # what the model may see of the result

State belongs to one conversation; a thread is used by one task at a time.
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from shield.errors import BlockedError
from shield.exchange import Exchange
from shield.label import segment
from shield.types import Outcome, Segment, Source
from shield.wire.chat import call


class Thread:
    """A conversation in an exchange. A refusal is a `BlockedError`, which names the verdict and nothing else."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._seen: tuple[Segment, ...] = ()

    def say(self, text: str, source: Source = Source.USER) -> str:
        """Take in a turn of the user's, or the application's own instructions (`Source.SYSTEM`).

        Raises:
            BlockedError: it is refused.
        """
        return self._taken(segment(text, source, turn=len(self._seen)))

    def permit(self, name: str, arguments: Any, identity: str = "") -> None:
        """Have a call judged. `arguments` is a mapping, or the JSON that a model wrote.

        Raises:
            BlockedError: it may not run, or needs a person first.
        """
        self._raise(self._exchange.action(call(name, parsed(arguments), identity)))

    def read(self, name: str, result: Any, identity: str = "") -> str:
        """What a model may see of a tool's result, personal data and secrets cut out as the policy says.

        Raises:
            BlockedError: the result is refused as input.
        """
        text = result if isinstance(result, str) else msgspec.json.encode(result).decode()
        read = segment(text, Source.TOOL, name, turn=len(self._seen))
        (origin,) = read.label.origins
        named = msgspec.structs.replace(origin, path=identity)
        label = msgspec.structs.replace(read.label, origins=frozenset({named}))
        return self._taken(msgspec.structs.replace(read, label=label))

    def answer(self, text: str) -> str:
        """What the user may see of the model's answer.

        Raises:
            BlockedError: it is refused.
        """
        outcome = self._exchange.output(text)
        self._raise(outcome)
        self._seen = (*self._seen, segment(text, Source.ASSISTANT, turn=len(self._seen)))
        return "".join(one.text for one in outcome.segments)

    def _taken(self, new: Segment) -> str:
        """Judge a text with all before it; one that is refused is not remembered."""
        outcome = self._exchange.input((*self._seen, new))
        self._raise(outcome)
        self._seen = outcome.segments
        return outcome.segments[-1].text

    def _raise(self, outcome: Outcome) -> None:
        if not outcome.passes:
            raise BlockedError(outcome.verdict.id)


def parsed(arguments: Any) -> Any:
    """Arguments as data; what is no JSON is judged as the one text that it is."""
    if isinstance(arguments, str):
        try:
            return json.loads(arguments) if arguments else {}
        except (ValueError, RecursionError):
            return {"arguments": arguments}
    return dict(arguments) if isinstance(arguments, Mapping) else {"arguments": arguments}
