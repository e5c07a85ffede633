"""Handles for agent loops that exist already: a wrapper around their tool calls.

    loop = Loop(guard, reader=small, tools=tools, caller=caller, person=person)
    await loop.say(request)                      # refused input raises
    shown = await loop.call(name, arguments)     # what the model may see of the result
    answer = loop.answer(text)                   # handles put back in, inert

The loop's own model is given `loop.definitions` and the texts that `call` returns, and so never
sees an untrusted string. What it writes is taken at its word, which is that of trusted text,
until a flag that was read out of the data has been revealed to it.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from shield.dual.answer import rendered
from shield.dual.approval import Person, Resolved
from shield.dual.budget import Budgets, Meter
from shield.dual.controller import check_descriptions
from shield.dual.desk import Desk
from shield.dual.failures import Code, StepError
from shield.dual.fields import Choice, Field, Flag
from shield.dual.handles import Book, keys_of
from shield.dual.reader import DEFINITION, HANDLED, READ, Reader
from shield.dual.stated import Stated
from shield.dual.tools import Bound, Tool, bind
from shield.dual.values import Value, plain, whole
from shield.guard import Guard
from shield.label import join, lowered, segment
from shield.remote.port import ChatModel
from shield.types import Caller, Capacity, Integrity, Label, Source

_TRUSTED = Label(Integrity.USER, frozenset(), None, Capacity.FLAG)


class Loop:
    """One conversation of an agent loop. Errors are `StepError`, whose code may be told a model.

    Args:
        guard: its policy says what the tools do, and judges input and actions.
        reader: the quarantined model.
        tools: what the loop's model may call.
        caller: who it is for.
        person: who approves; without one, what needs that is refused.
        budgets: what the conversation may cost.

    Raises:
        PolicyError: the policy does not know a tool, or refuses its description.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        reader: ChatModel,
        tools: Sequence[Tool],
        caller: Caller | None = None,
        person: Person | None = None,
        budgets: Budgets | None = None,
    ) -> None:
        who = caller or Caller()
        self._kit, self._reader = bind(tools, guard.policy.document.tools), reader
        check_descriptions(self._kit, guard)
        self._budgets = budgets or Budgets(seconds=3_600.0)
        self._meter = Meter(self._budgets)
        self._exchange = guard.exchange(who)
        self._book = Book(secrets.token_bytes(32), who.session)
        self._said: tuple[str, ...] = ()
        self._pc, self._count = _TRUSTED, 0
        self._desk = Desk(
            self._exchange,
            self._meter,
            self._budgets,
            reader=who.principal or "caller",
            person=person,
            trusted=Stated(()),
        )

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """The tools for the loop's model, OpenAI-style, with the one that reads handles."""
        offered = [
            (name, f"{bound.tool.description}\n{HANDLED}", bound.tool.parameters)
            for name, bound in self._kit.items()
        ]
        defined = [
            {"type": "function", "function": {"name": n, "description": d, "parameters": p}}
            for n, d, p in offered
        ]
        return [*defined, DEFINITION]

    async def say(self, text: str) -> None:
        """Take in a turn of the caller.

        Raises:
            StepError: `INPUT_REFUSED`.
        """
        self._said = (*self._said, text)
        turns = [segment(said, Source.USER, turn=i + 1) for i, said in enumerate(self._said)]
        outcome = await asyncio.to_thread(self._exchange.input, turns)
        if not outcome.passes:
            raise StepError(Code.INPUT_REFUSED)
        self._desk.trusted = self._desk.trusted.also(text)
        # A new input is what the exchange has seen; what was read before it has been read all the same.
        await self._desk.note(self._desk.noted)

    async def call(self, name: str, arguments: Mapping[str, Any]) -> str:
        """Carry out a call that the model wrote: what the model may see of its result, as JSON.

        Raises:
            StepError: it was not carried out, or its result is unusable.
        """
        self._count += 1
        self._meter.spend(Code.BUDGET_STEPS)
        step = f"call_{self._count}"
        if name == READ:
            return _json(await self._read(arguments, step))
        if name not in self._kit:
            raise StepError(Code.BAD_ARGS, step)
        bound = self._kit[name]
        values = self._book.expanded(arguments, step)
        made = await self._desk.call(Resolved(step, (), bound, values, self._pc), tuple)
        return _json(self._book.skeleton(made.value, _keys(bound)))

    async def _read(self, arguments: Mapping[str, Any], step: str) -> Any:
        desk = Reader(self._book, self._reader, self._meter, self._budgets)
        asked, made = await desk.read(arguments, step)
        return {f.name: self._told(f, made.data[f.name], reveal=asked.reveal) for f in asked.fields}

    def _told(self, field: Field, value: Value, *, reveal: bool) -> Any:
        """A field as the model may see it. A revealed flag may steer whatever the model does next."""
        if reveal and isinstance(field.kind, Flag | Choice):
            self._pc = join(self._pc, lowered(whole(value), Capacity.FLAG))
            return plain(value)
        return self._book.skeleton(value, frozenset())

    def answer(self, text: str) -> str:
        """The model's answer with the values behind its handles, which cannot act in it.

        Raises:
            StepError: `ANSWER_WITHHELD`: the output checkpoint refuses it.
        """
        template, parts = self._book.parts(text)
        pieces = rendered(template, parts, self._desk.trusted)
        outcome = self._exchange.output("".join(piece.text for piece in pieces))
        if not outcome.passes:
            raise StepError(Code.ANSWER_WITHHELD)
        return "".join(one.text for one in outcome.segments)


def _json(shown: Any) -> str:
    return json.dumps(shown, ensure_ascii=False)


def _keys(bound: Bound) -> frozenset[str]:
    return keys_of(bound.tool.result) | bound.attested.names
