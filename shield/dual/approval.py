"""Asking a person: what is asked, bound to exactly what would be done.

An approval holds for one call with these resolved arguments, labels and reasons, once. The
words around the values are constants; a value is quoted, shortened and without characters
that no reader sees.
"""

import hashlib
from typing import Protocol

import msgspec
from msgspec import Struct

from shield.dual.admit import Reason, Why
from shield.dual.extracted import shown
from shield.dual.tools import Bound
from shield.dual.values import Value, canonical_json, plain, text, whole
from shield.policy.schema import Effect
from shield.types import Integrity, Label

_MOST = 300
_SAYS = {
    Why.IDENTITY: "who gets it is not from your request",
    Why.OBJECT: "what is acted on is not from your request",
    Why.ADDRESS: "the address is not from your request",
    Why.CODE: "the code was not written by you",
    Why.SECRET: "the secret was not written by you",
    Why.AMOUNT: "the amount is not from your request",
    Why.VALUE: "the value was read from untrusted text",
    Why.MEMORY: "what would be remembered is untrusted text",
    Why.IDENTIFIER: "the text holds an address or link that you did not give",
    Why.READERS: "it would go to somebody who may not know it",
    Why.CONDITION: "whether it happens was decided by untrusted text",
    Why.AGAIN: "this tool has run before in this task",
    Why.POLICY: "the policy wants a person to look",
}
_TRUST = {
    Integrity.USER: "from your request",
    Integrity.TOOL_AUTH: "a field of",
    Integrity.EXTRACTED: "read out of",
    Integrity.UNTRUSTED: "text of",
}


def says(why: Why) -> str:
    """A reason in words."""
    return _SAYS[why]


class Resolved(Struct, frozen=True):
    """A call whose arguments are known: the step, the iterations around it, tool, values, pc."""

    step: str
    place: tuple[int, ...]
    tool: Bound
    values: dict[str, Value]
    pc: Label

    @property
    def arguments(self) -> dict[str, object]:
        """The arguments as plain JSON data."""
        return {name: plain(value) for name, value in self.values.items()}

    @property
    def key(self) -> str:
        """The same for calls of one tool with equal arguments: 64 hex digits."""
        return _digest(self.tool.name, self.arguments)


class ShownArgument(Struct, frozen=True):
    """An argument for a person to read: its name, its value shortened, where it came from."""

    name: str
    value: str
    origin: str
    trusted: bool


class Proposed(Struct, frozen=True):
    """One call for a person to judge. `digest` binds the answer to it."""

    digest: str
    step: str
    tool: str
    effect: Effect
    arguments: tuple[ShownArgument, ...]
    reasons: tuple[Reason, ...]

    def __str__(self) -> str:
        """What will happen, each value with its origin, and why it is asked."""
        lines = [f"{self.tool} ({self.effect.value})"]
        lines += [f"  {a.name}: “{a.value}” – {a.origin}" for a in self.arguments]
        asked = dict.fromkeys(
            f"{_SAYS[r.why]}{f' ({r.argument})' if r.argument else ''}" for r in self.reasons
        )
        return "\n".join([*lines, *(f"  ? {line}" for line in asked)])


class Person(Protocol):
    """Who is asked. Both may take as long as the budget for asking says."""

    async def approve(self, calls: tuple[Proposed, ...]) -> frozenset[str]:
        """The digests of the calls that may run."""

    async def answer(self, question: str) -> str | None:
        """An answer to the planner's question; None when there is none."""


def proposed(call: Resolved, reasons: tuple[Reason, ...], plan: str) -> Proposed:
    """The call as a person sees it; `plan` is the plan's digest."""
    return Proposed(
        digest=_bound(call, reasons, plan),
        step=call.step,
        tool=call.tool.name,
        effect=call.tool.effect,
        arguments=tuple(_argument(name, value) for name, value in call.values.items()),
        reasons=reasons,
    )


def _bound(call: Resolved, reasons: tuple[Reason, ...], plan: str) -> str:
    labels = {name: _label(whole(value)) for name, value in call.values.items()}
    why = [[r.why.value, r.argument, r.rule] for r in reasons]
    return _digest(plan, call.step, call.place, call.key, labels, _label(call.pc), why)


def _label(label: Label) -> list[object]:
    readers = None if label.readers is None else sorted(label.readers)
    origins = sorted([o.source.value, o.name, o.path] for o in label.origins)
    return [int(label.integrity), origins, readers, int(label.capacity)]


def _digest(*parts: object) -> str:
    return hashlib.sha256(canonical_json(msgspec.to_builtins(parts)).encode()).hexdigest()


def _argument(name: str, value: Value) -> ShownArgument:
    label = whole(value)
    said = quoted(text(value))
    return ShownArgument(name, said, origin(label), label.integrity is Integrity.USER)


def quoted(text: str, most: int = _MOST) -> str:
    """A text on one line, shortened, without hidden characters or quotation marks of ours."""
    line = " ".join(shown(text[: 4 * most]).split()).replace("”", '"').replace("“", '"')
    if len(line) <= most and len(text) <= 4 * most:
        return line
    return f"{line[:most]}… [{len(text)} characters]"


def origin(label: Label) -> str:
    """Where a value comes from, in words that hold no text of the traffic."""
    names = sorted({o.name for o in label.origins if o.name != "plan"})
    return f"{_TRUST[label.integrity]} {', '.join(names)}" if names else _TRUST[Integrity.USER]
