"""What can be known of a plan's values before it runs: where each comes from, at worst.

Labels as the controller would give them, for data that nobody has seen yet.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct
from msgspec.structs import replace

from shield.dual.admit import Reason, reasons
from shield.dual.approval import Resolved
from shield.dual.fields import capacity
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
)
from shield.dual.stated import Stated
from shield.dual.tools import Kit
from shield.dual.values import Attested, Value, stated
from shield.label import join, label, lowered
from shield.types import Capacity, Integrity, Label, Origin, Source

_UNKNOWN = "…"
_TRUSTED = Label(Integrity.USER, frozenset(), None, Capacity.FLAG)


class Known(Struct, frozen=True):
    """A value that has not been made yet: its label, and what is known of its parts.

    `fields` are the labels of an extraction's fields, `attested` what a tool attests of its result;
    without either, parts are labelled as the whole. `taint` is in every part.
    """

    label: Label
    attested: Attested | None = None
    fields: Mapping[str, Label] | None = None
    taint: Label = _TRUSTED

    def at(self, path: tuple[str | int, ...]) -> "Known":
        """What is known of a part."""
        found = self
        for key in path:
            found = found._part(key)
        return found

    def _part(self, key: str | int) -> "Known":
        if self.fields is not None:
            return Known(self.fields.get(str(key), self.label))
        if self.attested is None:
            return Known(self.label)
        below = self.attested.below(str(key), high=self.attested.covers())
        return Known(join(_trust(self.label, below), self.taint), below, taint=self.taint)


def _trust(of: Label, attested: Attested) -> Label:
    high = attested.covers()
    return replace(of, integrity=Integrity.TOOL_AUTH if high else Integrity.UNTRUSTED)


class Line(Struct, frozen=True):
    """One step of a plan: how deep it is nested, its inputs by argument, and what would be asked.

    `result` is None for steps that make nothing; `call` has stand-ins for values that are unknown.
    """

    step: Step
    depth: int
    inputs: tuple[tuple[str, Label], ...]
    result: Label | None
    reasons: tuple[Reason, ...] = ()
    call: Resolved | None = None


def outline(steps: tuple[Step, ...], kit: Kit, trusted: Stated) -> list[Line]:
    """The lines of a valid plan, in order."""
    return list(_Reader(kit, trusted).lines(steps, {}, _TRUSTED, 0))


class _Reader:
    def __init__(self, kit: Kit, trusted: Stated) -> None:
        self._kit, self._trusted = kit, trusted

    def lines(
        self, steps: tuple[Step, ...], names: dict[str, Known], pc: Label, depth: int
    ) -> Iterator[Line]:
        for step in steps:
            line, made = self._line(step, names, pc, depth)
            yield line
            if isinstance(step, ForEach):
                yield from self._loop(step, names, pc, depth)
            elif isinstance(step, If):
                cond = lowered(self._ref(step.cond, names).label, Capacity.FLAG)
                for body in (step.then, step.orelse):
                    yield from self.lines(body, dict(names), join(pc, cond), depth + 1)
            if made is not None:
                names[step.id] = made

    def _loop(
        self, step: ForEach, names: dict[str, Known], pc: Label, depth: int
    ) -> Iterator[Line]:
        over = self._ref(step.over, names)
        inner = {**names, step.var: over.at((0,))}
        yield from self.lines(
            step.body, inner, join(pc, lowered(over.label, Capacity.FLAG)), depth + 1
        )
        if step.collect is not None:
            names[step.id] = inner[step.collect]

    def _line(
        self, step: Step, names: dict[str, Known], pc: Label, depth: int
    ) -> tuple[Line, Known | None]:
        inputs = tuple(self._inputs(step, names))
        if isinstance(step, Call):
            values = {n: self._value(a, step.id, names) for n, a in _arguments(step)}
            call = Resolved(step.id, (), self._kit[step.tool], values, pc)
            why = reasons(call.tool, values, pc, self._trusted)
            made = self._result(step)
            return Line(step, depth, inputs, made.label, why, call), made
        known = self._made(step, inputs, names)
        return Line(step, depth, inputs, known.label if known else None), known

    def _inputs(self, step: Step, names: dict[str, Known]) -> Iterator[tuple[str, Label]]:
        for name, arg in _arguments(step):
            yield name, self._value(arg, step.id, names).label

    def _ref(self, ref: Ref, names: Mapping[str, Known]) -> Known:
        return names[ref.name].at(ref.path)

    def _value(self, arg: Arg, step: str, names: Mapping[str, Known]) -> Value:
        if isinstance(arg, Lit):
            return stated(arg.value, step)
        refs = [arg] if isinstance(arg, Ref) else [part.value for part in arg.parts]
        labels = [self._ref(ref, names).label for ref in refs]
        if isinstance(arg, Fmt):
            labels.append(stated(arg.template, step).label)
        said = arg.template if isinstance(arg, Fmt) and not refs else _UNKNOWN
        return Value(said, join(*labels))

    def _result(self, step: Call) -> Known:
        bound = self._kit[step.tool]
        readers = None if bound.tool.public else frozenset({"caller"})
        origin = Origin(Source.TOOL, bound.name, step.id)
        made = Label(Integrity.UNTRUSTED, frozenset({origin}), readers)
        return Known(_trust(made, bound.attested), bound.attested)

    def _made(
        self, step: Step, inputs: tuple[tuple[str, Label], ...], names: dict[str, Known]
    ) -> Known | None:
        of = join(_TRUSTED, *(one for _, one in inputs))
        if isinstance(step, Extract):
            fields = {f.name: _field(of, capacity(f.kind)) for f in step.fields}
            return Known(_field(of, Capacity.FLAG), fields=fields)
        if isinstance(step, Choose):
            return self._chosen(step, names)
        if isinstance(step, Compute):
            return Known(of)
        if isinstance(step, Ask):
            return Known(label(Source.USER, "person", step.id))
        return None

    def _chosen(self, step: Choose, names: Mapping[str, Known]) -> Known:
        over = self._ref(step.over, names)
        looked = over if step.keys is None else self._ref(step.keys, names)
        item = looked.at((0,))
        seen = [over.label, looked.label, *(item.at(w.path).label for w in step.where)]
        seen += [self._value(w.value, step.id, names).label for w in step.where]
        seen += [item.at(step.key).label] if step.pick in {"max", "min"} else []
        by = lowered(join(*seen), Capacity.FLAG)
        base = over if step.pick == "all" else over.at((0,))
        return replace(base, label=join(base.label, by), taint=join(base.taint, by))


def _field(of: Label, most: Capacity) -> Label:
    trust = Integrity.EXTRACTED if most <= Capacity.ID else Integrity.UNTRUSTED
    return replace(of, integrity=trust, capacity=most)


def _arguments(step: Step) -> Iterator[tuple[str, Arg]]:
    match step:
        case Call():
            yield from ((a.name, a.value) for a in step.args)
        case Extract():
            yield from ((ref.name, ref) for ref in step.inputs)
        case ForEach():
            yield step.over.name, step.over
        case Choose():
            yield step.over.name, step.over
            yield from (("where", where.value) for where in step.where)
            if step.keys is not None:
                yield "keys", step.keys
        case Compute():
            yield from ((str(i + 1), arg) for i, arg in enumerate(step.args))
        case If():
            yield "cond", step.cond
        case Answer():
            yield from ((part.name, part.value) for part in step.text.parts)
