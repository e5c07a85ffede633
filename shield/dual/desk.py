"""The desk: where a planned call is judged, approved, run once, and its result labelled.

All that a run remembers about calls is here, one desk a run.
"""

import asyncio
from collections.abc import Callable, Iterable

import msgspec
from msgspec import Struct

from shield.dual import admit
from shield.dual.admit import Reason, Why
from shield.dual.approval import Person, Proposed, Resolved, proposed
from shield.dual.arguments import fits
from shield.dual.asking import Asking
from shield.dual.budget import Budgets, Meter, within
from shield.dual.failures import Code, StepError
from shield.dual.stated import Stated
from shield.dual.tools import Bound, NotDoneError
from shield.dual.values import Value, built, canonical_json, labelled, plain, size
from shield.exchange import Exchange
from shield.label import segment
from shield.policy.schema import Effect, Role
from shield.types import (
    Argument,
    Decision,
    Integrity,
    Label,
    Origin,
    Outcome,
    Segment,
    Source,
    ToolCall,
)

_MOST_AHEAD = 20
_ASKS = frozenset({Decision.ESCALATE, Decision.QUARANTINE})
Ahead = Callable[[], Iterable[Resolved]]


class Made(Struct, frozen=True):
    """What became of a call: its result, and whether and why a person was asked.

    `replayed` means that an earlier plan of this run had it done already.
    """

    value: Value
    reasons: tuple[Reason, ...] = ()
    asked: bool = False
    replayed: bool = False


class Desk:
    """Carries out the calls of one run.

    Args:
        exchange: the action checkpoint.
        reader: the principal that may read what tools return; see `Tool.public`.
        person: who is asked; nobody when None.
    """

    def __init__(
        self,
        exchange: Exchange,
        meter: Meter,
        budgets: Budgets,
        *,
        reader: str,
        person: Person | None,
        trusted: Stated,
    ) -> None:
        self._exchange, self._meter, self._budgets = exchange, meter, budgets
        self._readers = frozenset({reader})
        self.asking, self.trusted = Asking(person, meter, budgets), trusted
        self._checkpoint = asyncio.Lock()
        self._room = asyncio.Semaphore(budgets.at_once)
        self._plan, self._earlier = "", dict[str, Value]()
        self._now: dict[str, Value] = {}
        self._ran: frozenset[str] = frozenset()
        self.done: list[tuple[str, str]] = []
        self.uncertain: list[str] = []
        self.noted: tuple[Segment, ...] = ()

    def begin(self, plan: str) -> None:
        """A plan begins. What earlier plans have done is not done again."""
        self._plan = plan
        self._earlier |= self._now
        self._ran = frozenset(tool for _, tool in self.done)
        self._now = {}

    async def call(self, call: Resolved, ahead: Ahead) -> Made:
        """Carry out a call; `ahead` gives later calls whose arguments are known already.

        Raises:
            StepError: it was not carried out, or its result is unusable.
        """
        if not call.tool.reads and call.key in self._earlier:
            return Made(self._earlier[call.key], replayed=True)
        reasons = await self.permitted(call, ahead)
        return Made(await self._run(call), reasons, asked=bool(reasons))

    async def permitted(self, call: Resolved, ahead: Ahead = tuple) -> tuple[Reason, ...]:
        """Have a call judged, and approved where that is needed: why a person was asked.

        Raises:
            StepError: it may not run.
        """
        if not fits(call.arguments, call.tool.tool.parameters):
            raise StepError(Code.BAD_ARGS)
        reasons = await self._judged(call)
        if reasons:
            mine = proposed(call, reasons, self._plan)
            await self.asking.approve(mine, lambda: self._others(ahead))
        self._meter.spend(Code.BUDGET_CALLS)
        self._meter.spend(Code.BUDGET_MONEY, _money(call))
        return reasons

    def label(self, tool: Bound, step: str) -> Label:
        """The label of what a tool returns, except for what it attests."""
        readers = None if tool.tool.public else self._readers
        return Label(
            Integrity.UNTRUSTED, frozenset({Origin(Source.TOOL, tool.name, step)}), readers
        )

    async def taken(self, tool: Bound, returned: object, label: Label) -> Value:
        """A tool's result as a labelled value, within the budget and noted.

        Raises:
            StepError: `TOOL_RESULT` or `BUDGET_BYTES`.
        """
        value = self._labelled(tool, returned, label)
        read = segment(_words(value), Source.TOOL, tool.name)
        self.noted = (*self.noted, read)
        await self.note([read])
        return value

    async def ask(self, question: str) -> str:
        """The person's answer, which is trusted from now on.

        Raises:
            StepError: `UNAPPROVED`, `EXPIRED`, `REJECTED` or `BUDGET_ASKS`.
        """
        answer = await self.asking.answer(question)
        self.trusted = self.trusted.also(answer)
        await self.note([segment(answer, Source.USER)])
        return answer

    async def note(self, segments: Iterable[Segment]) -> None:
        """Tell the checkpoint what has been read."""
        async with self._checkpoint:
            self._exchange.note(segments)

    async def _judged(self, call: Resolved) -> tuple[Reason, ...]:
        """Why a person must be asked; empty when the call may run.

        Raises:
            StepError: `POLICY_DENY`.
        """
        found = admit.reasons(call.tool, call.values, call.pc, self.trusted)
        if call.tool.name in self._ran and call.tool.effect in admit.GRAVE:
            found += (Reason(Why.AGAIN),)
        async with self._checkpoint:
            outcome = await asyncio.to_thread(self._exchange.action, proposal(call))
        if any(r.denies for r in found) or not (outcome.passes or outcome.decision in _ASKS):
            raise StepError(Code.POLICY_DENY)
        return (*found, *_policy(outcome))

    async def _others(self, ahead: Ahead) -> list[Proposed]:
        """Later calls that will need a person, so that one question is enough."""
        found: list[Proposed] = []
        for call in ahead():
            if len(found) >= _MOST_AHEAD:
                break
            try:
                reasons = await self._judged(call)
            except StepError:
                continue  # it is refused when its turn comes
            one = proposed(call, reasons, self._plan)
            if (
                reasons
                and not self.asking.knows(one)
                and fits(call.arguments, call.tool.tool.parameters)
            ):
                found.append(one)
        return found

    async def _run(self, call: Resolved) -> Value:
        async with self._room:
            seconds = self._meter.seconds(self._budgets.tool_seconds)
            try:
                returned = await within(seconds, call.tool.tool.run(call.arguments))
            except NotDoneError:
                raise StepError(Code.TOOL_ERROR) from None
            except TimeoutError:
                raise self._failed(call, Code.TOOL_TIMEOUT) from None
            except Exception:  # noqa: BLE001 — a tool may raise anything; none of it is shown
                raise self._failed(call, Code.TOOL_ERROR) from None
        label = self.label(call.tool, call.step)
        if not call.tool.reads:
            # Before its result is looked at: it has happened, whatever it returned.
            self.done.append((call.step, call.tool.name))
            self._now[call.key] = built(None, label)
        value = await self.taken(call.tool, returned, label)
        if not call.tool.reads:
            self._now[call.key] = value
        return value

    def _failed(self, call: Resolved, code: Code) -> StepError:
        if call.tool.reads:
            return StepError(code)
        self.uncertain.append(call.step)
        return StepError(Code.EFFECT_UNCERTAIN)

    def _labelled(self, tool: Bound, returned: object, label: Label) -> Value:
        most = self._budgets.value_bytes
        if tool.tool.parse and isinstance(returned, str | bytes):
            if len(returned) > most:
                raise StepError(Code.BUDGET_BYTES)
            try:
                returned = msgspec.json.decode(returned)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                raise StepError(Code.TOOL_RESULT) from None
        value = labelled(returned, label, tool.attested, most)
        self._meter.spend(Code.BUDGET_BYTES, size(value))
        return value


def proposal(call: Resolved) -> ToolCall:
    """The call as the action checkpoint takes it: every leaf with its label."""
    arguments = tuple(
        leaf for name, value in call.values.items() for leaf in _leaves(f"/{_escaped(name)}", value)
    )
    place = "".join(f".{index}" for index in call.place)
    return ToolCall(f"{call.step}{place}", call.tool.name, arguments)


def _leaves(path: str, value: Value) -> Iterable[Argument]:
    data = value.data
    if isinstance(data, tuple):
        for index, item in enumerate(data):
            yield from _leaves(f"{path}/{index}", item)
    elif isinstance(data, dict):
        for key, item in data.items():
            yield from _leaves(f"{path}/{_escaped(key)}", item)
    else:
        yield Argument(path, data, value.label)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _policy(outcome: Outcome) -> tuple[Reason, ...]:
    if outcome.passes:
        return ()
    rules = sorted({finding.rule for finding in outcome.verdict.findings})
    return tuple(Reason(Why.POLICY, rule=rule) for rule in rules) or (Reason(Why.POLICY),)


def _money(call: Resolved) -> float:
    """What a payment costs: the sum of its amounts, whatever their sign."""
    if call.tool.effect is not Effect.PAY:
        return 0.0
    amounts = [v for name, v in call.values.items() if call.tool.role(name) is Role.AMOUNT]
    found = [leaf for value in amounts for leaf in admit.leaves(value)]
    return sum(abs(n) for n in found if isinstance(n, int | float) and not isinstance(n, bool))


def _words(value: Value) -> str:
    """A result as the checkpoint reads it: its text, or JSON."""
    return value.data if isinstance(value.data, str) else canonical_json(plain(value))
