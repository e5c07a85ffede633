"""`[dual] mode = "handles"`: one Chat Completions request, with handles where untrusted text stood.

    handled = Handled.of(document, exchange, ...)   # refuses what it cannot hide
    ask(handled.request)                            # what the model with tools is sent
    done = await handled.taken(answer)              # None: send `handled.request` again
    done                                            # what the client gets: real values, judged

Sans-io. State belongs to one request: a handle is an HMAC of session and content, so that a history that
is sent again has the same handles. The assistant's earlier words are hidden too, since answers quote data.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from shield.dual.answer import rendered
from shield.dual.approval import Resolved
from shield.dual.budget import Budgets, Meter
from shield.dual.desk import Desk
from shield.dual.failures import Code, StepError
from shield.dual.handles import Book
from shield.dual.reader import DEFINITION, HANDLED, READ, Reader
from shield.dual.stated import Stated
from shield.dual.tools import Bound, Kit, bind, from_openai
from shield.dual.values import Value, built, labelled
from shield.errors import PolicyError, WireError
from shield.exchange import Exchange
from shield.label import label as labelling
from shield.policy.schema import ToolEntry
from shield.remote.port import ChatModel
from shield.types import Caller, Capacity, Integrity, Label, Origin, Source

_PLAIN_WORDS = """
model messages tools tool_choice temperature top_p max_tokens max_completion_tokens n seed stop user stream
parallel_tool_calls frequency_penalty presence_penalty response_format reasoning_effort store
"""
_PLAIN_KEYS = frozenset(_PLAIN_WORDS.split())
_MESSAGE_KEYS = frozenset({"role", "content", "tool_calls", "tool_call_id", "refusal", "name"})
_TRUSTED = Label(Integrity.USER, frozenset(), None, Capacity.FLAG)
_MOST_ROUNDS = 8
_AGAIN = json.dumps({"error": "AGAIN"})  # a call beside `read_handles`: it is to be proposed anew


def applies(document: Any) -> bool:
    """True for a request that offers tools or brings results of tools, in any dialect."""
    if not isinstance(document, dict):
        return False
    messages = document.get("messages")
    results = isinstance(messages, list) and any(
        isinstance(m, dict) and (m.get("role") in {"tool", "function"} or m.get("tool_calls"))
        for m in messages
    )
    return bool(document.get("tools") or document.get("functions") or results)


class Handled:
    """One request in the mount; `request` is what the model may be sent.

    Args:
        document: the screened request.
        exchange: the action checkpoint, which has seen the request.
        caller: who it is for.
        key: the secret under which handles are made.
        known: what the policy says of tools.
        model: the quarantined model.
        budgets: what one request may cost.

    Raises:
        WireError: the request holds untrusted text where none can be hidden, or offers unknown tools.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        exchange: Exchange,
        *,
        caller: Caller,
        key: bytes,
        known: Mapping[str, ToolEntry],
        model: ChatModel,
        budgets: Budgets | None = None,
    ) -> None:
        messages = _checked(document)
        limits = budgets or Budgets()
        self._kit = _kit(document.get("tools") or (), known)
        self._book = Book(key, caller.session)
        said = [_text(m) for m in messages if m.get("role") in {"user", "system", "developer"}]
        self._stated = Stated(said)
        meter = Meter(limits)
        self._reader = Reader(self._book, model, meter, limits)
        self._desk = Desk(
            exchange,
            meter,
            limits,
            reader=caller.principal or "caller",
            person=None,
            trusted=self._stated,
        )
        self._rounds = 0
        hidden = _Hiding(self._book, self._kit, self._stated, messages)
        self.request = {**document, "messages": [hidden.message(m) for m in messages]}
        if self._kit:
            self.request["tools"] = [*map(_told, document["tools"]), DEFINITION]

    async def taken(self, answer: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer for the client; None when the model first has to be told what a reader found.

        Raises:
            StepError: a call may not run, or the model asked for too much.
            WireError: the answer is none of a Chat Completion.
        """
        message = _message(answer)
        calls = message.get("tool_calls") or []
        if any(_function(c)["name"] == READ for c in calls):
            self._rounds += 1
            if self._rounds > _MOST_ROUNDS:
                raise StepError(Code.BUDGET_STEPS)
            told = [await self._found(c) for c in calls]
            before = [*self.request["messages"], {"role": "assistant", "tool_calls": calls}]
            self.request = {**self.request, "messages": [*before, *told]}
            return None
        made = {**message, "content": self._answer(message.get("content"))}
        if calls:
            made["tool_calls"] = [await self._expanded(c, n) for n, c in enumerate(calls, 1)]
        (choice,) = answer["choices"]
        return {**answer, "choices": [{**choice, "message": made}]}

    async def _found(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """What the model is told of a call of `read_handles`: fields as handles, or a closed code."""
        function, content = _function(call), _AGAIN
        if function["name"] == READ:
            try:
                _, made = await self._reader.read(_arguments(function), "read")
                content = json.dumps(self._fields(made), ensure_ascii=False)
            except StepError as error:
                content = json.dumps({"error": error.code})
        return {"role": "tool", "tool_call_id": call.get("id", ""), "content": content}

    def _fields(self, made: Value) -> dict[str, Any]:
        # Nothing is revealed: what a flag says would have to be remembered over requests.
        return {name: self._book.skeleton(v, frozenset()) for name, v in made.data.items()}

    async def _expanded(self, call: Mapping[str, Any], number: int) -> dict[str, Any]:
        """A call with the values behind its handles, once the action checkpoint has let it pass."""
        function, step = _function(call), f"call_{number}"
        bound = self._kit.get(function["name"])
        if bound is None:
            raise StepError(Code.BAD_ARGS, step)
        values = self._book.expanded(_arguments(function), step)
        ready = Resolved(str(call.get("id") or step), (), bound, values, _TRUSTED)
        await self._desk.permitted(ready)
        shown = json.dumps(ready.arguments, ensure_ascii=False)
        return {**call, "function": {**function, "arguments": shown}}

    def _answer(self, said: Any) -> Any:
        if not isinstance(said, str):
            return None
        template, parts = self._book.parts(said)
        return "".join(piece.text for piece in rendered(template, parts, self._stated))


class _Hiding:
    """Messages as the model may see them."""

    def __init__(
        self, book: Book, kit: Kit, stated: Stated, messages: Sequence[Mapping[str, Any]]
    ) -> None:
        self._book, self._kit, self._stated = book, kit, stated
        calls = [c for m in messages for c in m.get("tool_calls") or ()]
        self._names = {c.get("id"): _function(c)["name"] for c in calls}

    def message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """One message, with its untrusted texts hidden."""
        role = message["role"]
        if role == "tool":
            return {**message, "content": self._result(message)}
        if role != "assistant":
            return dict(message)
        made = {**message, "content": self._said(message.get("content"))}
        if message.get("tool_calls"):
            made["tool_calls"] = [self._call(c) for c in message["tool_calls"]]
        return made

    def _result(self, message: Mapping[str, Any]) -> str:
        name = self._names.get(message.get("tool_call_id"), "")
        bound, said = self._kit.get(name), _text(message)
        value = _labelled(said, name, bound)
        keys = bound.attested.names if bound else frozenset()
        return json.dumps(self._book.skeleton(value, keys), ensure_ascii=False)

    def _said(self, said: Any) -> Any:
        if not said:
            return said
        shown = said if isinstance(said, str) else json.dumps(said)
        return self._book.hide(built(shown, labelling(Source.ASSISTANT)))

    def _call(self, call: Mapping[str, Any]) -> dict[str, Any]:
        function = _function(call)
        unknown = Label(Integrity.UNTRUSTED, frozenset({Origin(Source.ASSISTANT)}))
        folded = self._book.folded(_arguments(function), self._stated, unknown)
        return {
            **call,
            "function": {**function, "arguments": json.dumps(folded, ensure_ascii=False)},
        }


def _labelled(said: str, name: str, bound: Bound | None) -> Value:
    """A result as a tree: JSON where it is JSON, else one text."""
    label = Label(Integrity.UNTRUSTED, frozenset({Origin(Source.TOOL, name)}))
    try:
        data = json.loads(said)
    except (ValueError, RecursionError):
        data = said
    return labelled(data, label, bound.attested) if bound else labelled(data, label)


def _checked(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages of a request in which every place of untrusted text is known.

    Raises:
        WireError: 422; it has other places, or asks for what cannot be done here.
    """
    messages = document.get("messages")
    if not isinstance(messages, list) or not all(isinstance(m, dict) for m in messages):
        raise _refusal("tools are offered in a dialect in which nothing can be hidden")
    if document.get("stream") or document.get("n", 1) != 1:
        raise _refusal("with handles, ask for one answer, and not for a stream")
    if set(document) - _PLAIN_KEYS or any(set(m) - _MESSAGE_KEYS for m in messages):
        raise _refusal("a field is not known, and could hold untrusted text")
    for message in messages:
        if message.get("role") not in {"system", "developer", "user", "assistant", "tool"}:
            raise _refusal("a role is not known")
        if message["role"] != "assistant":
            _text(message)
        for call in message.get("tool_calls") or ():
            _function(call)
    return messages


def _kit(tools: Sequence[Any], known: Mapping[str, ToolEntry]) -> dict[str, Bound]:
    async def nobody(name: str, arguments: dict[str, Any]) -> Any:
        raise NotImplementedError  # the client runs its tools, this host none

    try:
        return bind(from_openai(tools, nobody), known)
    except (PolicyError, KeyError, TypeError, AttributeError):
        raise _refusal("the policy does not know a tool, or one of its arguments") from None


def _told(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = tool["function"]
    described = f"{function.get('description') or ''}\n{HANDLED}".strip()
    return {**tool, "function": {**function, "description": described}}


def _text(message: Mapping[str, Any]) -> str:
    """The text of a message whose parts are texts all."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else []
    texts = [p.get("text") for p in parts if isinstance(p, dict) and p.get("type") == "text"]
    if not parts or len(texts) != len(parts) or not all(isinstance(t, str) for t in texts):
        raise _refusal("a message holds something else than text")
    return "\n".join(map(str, texts))


def _message(answer: Mapping[str, Any]) -> dict[str, Any]:
    choices = answer.get("choices")
    message = choices[0].get("message") if isinstance(choices, list) and len(choices) == 1 else None
    if not isinstance(message, dict):
        raise WireError(502, "dual", "the model's answer is no single chat completion")
    return message


def _function(call: Any) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise _refusal("a tool call is of a kind that is not known")
    return function


def _arguments(function: Mapping[str, Any]) -> dict[str, Any]:
    try:
        made = json.loads(function.get("arguments") or "{}")
    except (ValueError, TypeError, RecursionError):
        made = None
    if not isinstance(made, dict):
        raise StepError(Code.BAD_ARGS)
    return made


def _refusal(why: str) -> WireError:
    return WireError(422, "dual", why)
