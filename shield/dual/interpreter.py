"""Runs a plan: values flow from step to step, labels with them, effects one after the other.

Steps that only read and do not need each other run together; every other step waits for
its turn. What a condition said is joined into the program counter's label of what it guards.
"""

import asyncio
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from shield.dual import answer
from shield.dual.approval import Resolved
from shield.dual.budget import Budgets, Meter
from shield.dual.choose import choose
from shield.dual.compute import compute
from shield.dual.desk import Desk, Made
from shield.dual.failures import Code, StepError
from shield.dual.fields import Choice, Flag
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
    Ref,
    Step,
    bodies,
    named,
    refs,
)
from shield.dual.quarantine import extract
from shield.dual.template import filled
from shield.dual.tools import Kit
from shield.dual.trace import Event, Quote, Went, mark
from shield.dual.values import Value, at, built, shape, stated, tainted, text, whole
from shield.label import join, label, lowered
from shield.remote.port import ChatModel
from shield.types import Capacity, Integrity, Label, Source

T = TypeVar("T")
# Functions of values: when they run changes nothing. A tool may answer otherwise after an effect.
_PURE = (Extract, Choose, Compute)
_TRUSTED = Label(Integrity.USER, frozenset(), None, Capacity.FLAG)


class Frame(Struct, frozen=True):
    """Where a step stands: the values it may name, the label of the conditions around it, the
    iteration of each loop around it, and the blocks that come after the one it is in.
    """

    names: Mapping[str, Value]
    pc: Label = _TRUSTED
    place: tuple[int, ...] = ()
    later: tuple[tuple[tuple[Step, ...], "Frame"], ...] = ()

    def knows(self, made: Mapping[str, Value]) -> "Frame":
        """With more values."""
        return replace(self, names={**self.names, **made})


class Interpreter:
    """Runs one plan of one run.

    Args:
        kit: the tools.
        desk: where calls are carried out.
        reader: the quarantined model.
        number: the plan's place in the run.
        strict: whether positions and conditions lower the integrity of every value.
    """

    def __init__(
        self,
        kit: Kit,
        desk: Desk,
        reader: ChatModel,
        meter: Meter,
        budgets: Budgets,
        *,
        number: int,
        strict: bool,
    ) -> None:
        self._kit, self._desk, self._reader = kit, desk, reader
        self._meter, self._budgets = meter, budgets
        self._number, self._strict = number, strict
        self.events: list[Event] = []
        self.said: list[tuple[Quote, ...]] = []

    async def run(self, steps: tuple[Step, ...]) -> None:
        """Run a plan's steps.

        Raises:
            StepError: a step failed; what came before it has happened.
        """
        await self._block(steps, Frame({}))

    async def _block(self, steps: tuple[Step, ...], frame: Frame) -> Frame:
        while steps:
            wave = self._wave(steps, frame)
            steps = tuple(step for step in steps if step not in wave)
            inside = replace(frame, later=((steps, frame), *frame.later))
            made = await _together([self._step(step, inside) for step in wave])
            frame = frame.knows(
                {s.id: value for s, value in zip(wave, made, strict=True) if value is not None}
            )
        return frame

    def _wave(self, steps: tuple[Step, ...], frame: Frame) -> tuple[Step, ...]:
        """The next steps that may run together: those that only read, and not each other.

        Before an effect, what can be worked out for later ones: so a person is asked once.
        """
        wave: list[Step] = []
        for step in steps:
            if not self._reads(step) or named(step) & {s.id for s in wave}:
                break
            wave.append(step)
        ready = [s for s in steps if isinstance(s, _PURE) and named(s) <= frame.names.keys()]
        return tuple(wave) or tuple(ready) or steps[:1]

    def _reads(self, step: Step) -> bool:
        if isinstance(step, Call):
            return self._kit[step.tool].reads
        if isinstance(step, If | Ask | Answer):
            return False
        return all(self._reads(inner) for body in bodies(step) for inner in body)

    async def _step(self, step: Step, frame: Frame) -> Value | None:
        self._meter.seconds(self._budgets.seconds)
        self._meter.spend(Code.BUDGET_STEPS)
        began = time.perf_counter()
        try:
            value, facts = await self._carried_out(step, frame)
        except StepError as error:
            blamed = error.at(step.id)
            self._record(step, frame, Went.FAILED, began, code=blamed.code)
            raise blamed from None
        if value is not None and self._strict:
            value = tainted(value, frame.pc)
        shown = {"label": mark(whole(value)), "shape": shape(value)} if value is not None else {}
        went = Went.REPLAYED if isinstance(facts, Made) and facts.replayed else Went.DONE
        asked = {"reasons": facts.reasons, "asked": facts.asked} if isinstance(facts, Made) else {}
        self._record(step, frame, went, began, **shown, **asked, reveals=_reveals(step, value))
        return value

    def _record(self, step: Step, frame: Frame, went: Went, began: float, **facts: object) -> None:
        tool = self._kit[step.tool] if isinstance(step, Call) else None
        self.events.append(
            Event(
                plan=self._number,
                step=step.id,
                kind=type(step).__name__.lower(),
                place=frame.place,
                uses=tuple(sorted({ref.name for ref in refs(step)})),
                went=went,
                tool=tool.name if tool else "",
                effect=tool.effect if tool else None,
                ms=round((time.perf_counter() - began) * 1000, 3),
                **facts,  # type: ignore[arg-type]
            )
        )

    async def _carried_out(self, step: Step, frame: Frame) -> tuple[Value | None, Made | None]:
        match step:
            case Call():
                made = await self._desk.call(
                    self._resolved(step, frame), lambda: self._ahead(frame)
                )
                return made.value, made
            case Extract():
                inputs = [self._ref(ref, frame) for ref in step.inputs]
                return await extract(step, inputs, self._reader, self._meter, self._budgets), None
            case ForEach():
                return await self._loop(step, frame), None
            case Choose():
                return self._chosen(step, frame), None
            case Compute():
                args = [self._value(arg, step.id, frame) for arg in step.args]
                return compute(step.fn, args), None
            case If():
                await self._branch(step, frame)
            case Ask():
                said = await self._desk.ask(step.question)
                return built(said, label(Source.USER, "person", step.id)), None
            case Answer():
                self._answer(step, frame)
        return None, None

    def _ref(self, ref: Ref, frame: Frame) -> Value:
        return at(frame.names[ref.name], ref.path, strict=self._strict)

    def _value(self, arg: Arg, step: str, frame: Frame) -> Value:
        if isinstance(arg, Lit):
            return stated(arg.value, step)
        if isinstance(arg, Ref):
            return self._ref(arg, frame)
        return self._filled(arg, step, frame)

    def _filled(self, arg: Fmt, step: str, frame: Frame) -> Value:
        parts = {part.name: self._ref(part.value, frame) for part in arg.parts}
        said = filled(arg.template, {name: text(value) for name, value in parts.items()})
        if len(said) > self._budgets.value_bytes:
            raise StepError(Code.BUDGET_BYTES)
        return Value(said, join(stated(said, step).label, *map(whole, parts.values())))

    def _resolved(self, step: Call, frame: Frame) -> Resolved:
        values = {a.name: self._value(a.value, step.id, frame) for a in step.args}
        return Resolved(step.id, frame.place, self._kit[step.tool], values, frame.pc)

    async def _loop(self, step: ForEach, frame: Frame) -> Value:
        over = self._ref(step.over, frame)
        items = over.items()
        if len(items) > step.max_iter:
            raise StepError(Code.BUDGET_LOOP)
        pc = join(frame.pc, lowered(over.label, Capacity.FLAG))
        frames = [
            replace(frame.knows({step.var: item}), pc=pc, place=(*frame.place, index))
            for index, item in enumerate(items)
        ]
        if all(map(self._reads, step.body)):
            ended = await _together([self._block(step.body, inner) for inner in frames])
        else:
            ended = []
            for index, inner in enumerate(frames):
                rest = tuple((step.body, other) for other in frames[index + 1 :])
                inner = replace(inner, later=(*rest, *frame.later))
                ended.append(await self._block(step.body, inner))
        collected = () if step.collect is None else tuple(f.names[step.collect] for f in ended)
        return Value(collected, lowered(over.label, Capacity.NUMBER))

    async def _branch(self, step: If, frame: Frame) -> None:
        cond = self._ref(step.cond, frame)
        if not isinstance(cond.data, bool):
            raise StepError(Code.NOT_A_FLAG)
        inner = replace(frame, pc=join(frame.pc, lowered(whole(cond), Capacity.FLAG)))
        await self._block(step.then if cond.data else step.orelse, inner)

    def _chosen(self, step: Choose, frame: Frame) -> Value:
        over = self._ref(step.over, frame)
        looked = over if step.keys is None else self._ref(step.keys, frame)
        wanted = [self._value(where.value, step.id, frame) for where in step.where]
        return choose(step, over, looked, wanted, strict=self._strict)

    def _answer(self, step: Answer, frame: Frame) -> None:
        values = {part.name: self._ref(part.value, frame) for part in step.text.parts}
        self.said.append(answer.rendered(step.text.template, values, self._desk.trusted))

    def _ahead(self, frame: Frame) -> Iterator[Resolved]:
        """Calls further on whose arguments are known already, branches not yet taken aside."""
        for steps, inner in frame.later:
            yield from self._known(steps, inner)

    def _known(self, steps: tuple[Step, ...], frame: Frame) -> Iterator[Resolved]:
        for step in steps:
            if any(ref.name not in frame.names for ref in refs(step)):
                continue
            try:
                if isinstance(step, Call):
                    yield self._resolved(step, frame)
                elif isinstance(step, ForEach):
                    over = self._ref(step.over, frame)
                    pc = join(frame.pc, lowered(over.label, Capacity.FLAG))
                    for index, item in enumerate(over.items()[: step.max_iter]):
                        inner = replace(
                            frame.knows({step.var: item}), pc=pc, place=(*frame.place, index)
                        )
                        yield from self._known(step.body, inner)
            except StepError:
                continue


def _reveals(step: Step, value: Value | None) -> tuple[tuple[str, bool | str | None], ...]:
    """What the plan wants its author to know of an extraction: flags and choices, if it says so."""
    if not isinstance(step, Extract) or not step.reveal or value is None:
        return ()
    told = [field.name for field in step.fields if isinstance(field.kind, Flag | Choice)]
    return tuple((name, value.data[name].data) for name in told)


async def _together(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """All results in order; the failure of the earliest in the plan when any failed."""
    if len(work) == 1:
        return [await work[0]]
    made = await asyncio.gather(*work, return_exceptions=True)
    found: list[T] = []
    for one in made:
        if isinstance(one, BaseException):
            raise one
        found.append(one)
    return found
