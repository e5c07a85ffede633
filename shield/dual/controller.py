"""The controller: plan, check, run, answer. Everything about one run lives in that run.

controller = Controller(Guard.load("policy.toml"), planner=model, reader=model, tools=tools)
report = await controller.run("Pay the bill that came today", caller=Caller(principal="ann"))
"""

import asyncio
import time
import traceback
import uuid
from collections.abc import Sequence

from msgspec import ValidationError

from shield.dual import planner
from shield.dual.approval import Person
from shield.dual.budget import Budgets, Meter
from shield.dual.desk import Desk
from shield.dual.failures import MENDABLE, Code, Status, StepError, status
from shield.dual.interpreter import Interpreter
from shield.dual.plan import Call, Plan, decode, walk
from shield.dual.planner import Turn
from shield.dual.quarantine import complete
from shield.dual.stated import Stated
from shield.dual.tools import Kit, Tool, bind
from shield.dual.trace import Event, Observer, Quote, Report, Trace
from shield.dual.validate import Problem, effects, problems
from shield.errors import PolicyError
from shield.exchange import Exchange
from shield.guard import Guard
from shield.label import segment
from shield.remote.port import ChatModel
from shield.types import Caller, Segment, Source


class Controller:
    """Runs requests for any number of callers at once.

    Args:
        guard: its policy says what the tools do, and judges input, actions and answers.
        planner: the privileged model. It sees trusted text only.
        reader: the quarantined model. It sees data and has no tools.
        tools: what plans may call.
        prompt: the application's own instructions for the planner.
        budgets: what one run may cost.
        strict: also let positions in lists and conditions lower the integrity of values.
        pins: `Tool.pin` by name, when the application keeps them; a tool that differs is refused.
        observers: told about every run.

    Raises:
        PolicyError: the policy does not know a tool, refuses its description, or its pin differs.
    """

    def __init__(
        self,
        guard: Guard,
        *,
        planner: ChatModel,
        reader: ChatModel,
        tools: Sequence[Tool],
        prompt: str = "",
        budgets: Budgets | None = None,
        strict: bool = False,
        pins: dict[str, str] | None = None,
        observers: Sequence[Observer] = (),
    ) -> None:
        self.guard, self.planner, self.reader = guard, planner, reader
        self.kit: Kit = bind(tools, guard.policy.document.tools)
        self.prompt, self.budgets = prompt, budgets or Budgets()
        self.strict, self.observers = strict, tuple(observers)
        _check_pins(self.kit, pins)
        check_descriptions(self.kit, guard)

    async def run(
        self,
        request: str | Sequence[str],
        *,
        caller: Caller | None = None,
        person: Person | None = None,
    ) -> Report:
        """Do what the caller asks, and say how it ended; nothing is raised for what goes wrong.

        Args:
            request: the caller's turns, oldest first. Earlier answers are not shown to the planner.
            caller: who it is for.
            person: who approves and answers questions; without one, what needs that ends the run.
        """
        turns = (request,) if isinstance(request, str) else tuple(request)
        who = caller or Caller()
        began = time.perf_counter()
        with self.guard.exchange(who) as exchange:
            run = _Run(self, exchange, turns, who, person)
            code, step, fault = await run.go()
            made = run.report(code, step, fault, round((time.perf_counter() - began) * 1000, 3))
        for observer in self.observers:
            observer.run(made.trace, who)
        return made


class _Run:
    """The state of one run."""

    def __init__(
        self,
        controller: Controller,
        exchange: Exchange,
        turns: tuple[str, ...],
        caller: Caller,
        person: Person | None,
    ) -> None:
        self._own, self._exchange, self._turns = controller, exchange, turns
        self._meter = Meter(controller.budgets)
        self._desk = Desk(
            exchange,
            self._meter,
            controller.budgets,
            reader=caller.principal or "caller",
            person=person,
            trusted=Stated((controller.prompt, *turns)),
        )
        self._plans: list[Plan] = []
        self._events: list[Event] = []
        self._said: list[tuple[Quote, ...]] = []
        self._answer = ""

    async def go(self) -> tuple[Code | None, str, str]:
        """Run to the end: what went wrong, at which step, and where in the code if unforeseen."""
        try:
            await self._checked_input()
            await self._planned()
            await self._checked_answer()
        except StepError as error:
            return error.code, error.step, ""
        except Exception as error:  # noqa: BLE001 — whatever it was, the caller gets a status
            frame = traceback.extract_tb(error.__traceback__)[-1]
            return Code.INTERNAL, "", f"{type(error).__name__} in {frame.name}:{frame.lineno}"
        return None, "", ""

    async def _checked_input(self) -> None:
        system = [segment(self._own.prompt, Source.SYSTEM)] if self._own.prompt else []
        said = [segment(text, Source.USER, turn=i + 1) for i, text in enumerate(self._turns)]
        outcome = await asyncio.to_thread(self._exchange.input, [*system, *said])
        if not outcome.passes:
            raise StepError(Code.INPUT_REFUSED)
        # What was cut out of the request, such as personal data, reaches the planner cut.
        shown: tuple[Segment, ...] = outcome.segments or (*system, *said)
        self._turns = tuple(s.text for s in shown if s.source is Source.USER)

    async def _planned(self) -> None:
        """Plan and run, and plan again when that can mend what went wrong."""
        before: list[Turn] = []
        while True:
            self._meter.spend(Code.BUDGET_PLANS)
            written = await self._written(before)
            plan, wrong = self._read(written)
            if plan is None or wrong:
                self._give_up_unless_left(Code.INVALID_PLAN if plan else Code.NOT_A_PLAN)
                before.append(Turn(written, planner.rejected(wrong)))
                continue
            try:
                await self._executed(plan)
            except StepError as error:
                if error.code not in MENDABLE or not self._left():
                    raise
                told = planner.stopped(
                    plan, len(self._plans) - 1, error.code, error.step, self._events
                )
                before.append(Turn(written, told))
            else:
                return

    async def _written(self, before: Sequence[Turn]) -> str:
        asked = planner.conversation(self._own.prompt, self._turns, self._own.kit, before)
        return await complete(
            self._own.planner, asked, planner.PLAN_SCHEMA, self._meter, self._own.budgets
        )

    def _read(self, written: str) -> tuple[Plan | None, list[Problem]]:
        try:
            plan = decode(written)
        except StepError as error:
            cause = error.__cause__
            said = str(cause) if isinstance(cause, ValidationError) else "this is not JSON"
            return None, [Problem("", said)]
        wrong = problems(plan, self._own.kit, self._desk.trusted, most=self._own.budgets.steps)
        if self._plans and not wrong:
            # What made the last plan fail may have been meant to: a new one may do less, never more.
            wider = effects(plan, self._own.kit) - effects(self._plans[-1], self._own.kit)
            wrong = [
                Problem("", f"{name!r} was no effect of the first plan") for name in sorted(wider)
            ]
        return plan, wrong

    def _left(self) -> bool:
        return self._meter.left(Code.BUDGET_PLANS) >= 1

    def _give_up_unless_left(self, code: Code) -> None:
        if not self._left():
            raise StepError(code)

    async def _executed(self, plan: Plan) -> None:
        self._plans.append(plan)
        self._desk.begin(plan.digest)
        own = self._own
        made = Interpreter(
            own.kit,
            self._desk,
            own.reader,
            self._meter,
            own.budgets,
            number=len(self._plans) - 1,
            strict=own.strict,
        )
        try:
            await made.run(plan.steps)
        finally:
            self._events += made.events
            self._said = made.said

    async def _checked_answer(self) -> None:
        text = "\n\n".join("".join(piece.text for piece in said) for said in self._said)
        if not text:
            return
        outcome = await asyncio.to_thread(self._exchange.output, text)
        if not outcome.passes:
            raise StepError(Code.ANSWER_WITHHELD)
        self._answer = "".join(s.text for s in outcome.segments)

    def report(self, code: Code | None, step: str, fault: str, ms: float) -> Report:
        """What the run gives back."""
        digests = tuple(plan.digest for plan in self._plans)
        ended = status(code)
        trace = Trace(uuid.uuid4().hex, ended, code, step, digests, tuple(self._events), ms)
        whole = "".join(piece.text for said in self._said for piece in said)
        parts = tuple(piece for said in self._said for piece in said)
        return Report(
            status=ended,
            trace=trace,
            answer=self._answer,
            # A redacted answer is one piece: offsets of the others would no longer be true.
            parts=parts if ended is Status.COMPLETED and whole == self._answer else (),
            code=code,
            step=step,
            done=tuple(self._desk.done),
            open=self._open(),
            uncertain=tuple(self._desk.uncertain),
            pending=self._desk.asking.pending,
            fault=fault,
        )

    def _open(self) -> tuple[str, ...]:
        if not self._plans:
            return ()
        kit = self._own.kit
        ran = {step for step, _ in self._desk.done} | set(self._desk.uncertain)
        calls = [s for s in walk(self._plans[-1].steps) if isinstance(s, Call)]
        return tuple(s.id for s in calls if not kit[s.tool].reads and s.id not in ran)


def _check_pins(kit: Kit, pins: dict[str, str] | None) -> None:
    for name, bound in kit.items():
        if pins is not None and pins.get(name) != bound.tool.pin:
            raise PolicyError(
                f"the tool {name!r} is not the one that was approved",
                mend="look at its description and schema, then pin it anew",
            )


def check_descriptions(kit: Kit, guard: Guard) -> None:
    """What a tool says of itself is read by the privileged model: it is judged as untrusted text."""
    for name, bound in kit.items():
        said = "\n".join(
            [bound.tool.description, *_words([bound.tool.parameters, bound.tool.result])]
        )
        with guard.exchange() as exchange:
            if not exchange.input([segment(said, Source.TOOL, name)]).passes:
                raise PolicyError(
                    f"the description of the tool {name!r} is refused by the policy",
                    mend="correct it, or leave the tool out",
                )


def _words(schema: object) -> list[str]:
    found: list[str] = []
    stack = [schema]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)
        elif isinstance(node, str):
            found.append(node)
    return found
