"""What the calls of a session add up to: facts about a sequence, by effects and labels, without text."""

from collections.abc import Iterable, Mapping, Sequence

import regex
from msgspec import Struct

from shield.actions.manifest import Tool, guessed, tool
from shield.actions.memo import Memo
from shield.actions.values import fold
from shield.policy.schema import Effect, ToolEntry
from shield.types import Segment, Source, Step

_SENDS = frozenset({Effect.SEND, Effect.SHARE, Effect.PAY})
_LEAVES = _SENDS | {Effect.FETCH}
_OTHERS = frozenset({Source.TOOL, Source.DOCUMENT})
_MIN_NAME = 6


class Flow(Struct, frozen=True):
    """A proposed call after the earlier ones.

    `now`: the call; `before`: those that passed, with their manifests; `refused`: how many did not;
    `texts`: what tools and documents said, oldest first.
    """

    now: Step
    tool: Tool
    before: tuple[tuple[Step, Tool], ...]
    refused: int
    texts: tuple[Segment, ...]

    @property
    def reads_untrusted(self) -> bool:
        """True when somebody else's words were read in this session."""
        return bool(self.texts)

    @property
    def reads_private(self) -> bool:
        """True when a tool was used whose results are not for everybody."""
        return any(of.private for _, of in self.before)

    @property
    def leaves(self) -> bool:
        """True when the call takes something out."""
        return self.tool.effect in _LEAVES

    def hides(self) -> bool:
        """True for a deletion after something went out."""
        return self.tool.effect is Effect.DELETE and any(
            of.effect in _SENDS for _, of in self.before
        )

    def same(self) -> int:
        """How many earlier calls were exactly this one."""
        return sum(step.digest == self.now.digest for step, _ in self.before)

    def paid(self) -> int:
        """How many earlier payments went to somebody that this one goes to."""
        mine = set(self.now.values)
        return sum(
            of.effect is Effect.PAY and not mine.isdisjoint(step.values) for step, of in self.before
        )

    def over_caps(self) -> list[str]:
        """The caps of the tool that this call exceeds: `amount`, `total`, `calls`."""
        caps, own = self.tool.caps, [s for s, of in self.before if of.name == self.tool.name]
        total = self.now.amount + sum(step.amount for step in own)
        found = []
        if caps.amount is not None and self.now.amount > caps.amount:
            found.append("amount")
        if caps.total is not None and total > caps.total:
            found.append("total")
        if caps.calls is not None and len(own) >= caps.calls:
            found.append("calls")
        return found

    def named_by(self, known: Mapping[str, ToolEntry], memo: Memo) -> list[str]:
        """The servers of the tools whose results speak of this call's tool by its name; "" for unknown."""
        name = fold(self.tool.name)
        if len(name) < _MIN_NAME or ("_" not in name and "-" not in name and "." not in name):
            return []
        pattern = regex.compile(rf"(?<!\w){regex.escape(name)}(?!\w)")
        found = []
        for text in self.texts:
            folded = memo.of(text.text, fold)
            if name in folded and pattern.search(folded):
                entry = known.get(next(iter(text.label.origins)).name)
                found.append(entry.server if entry else "")
        return found


def flow(
    now: Step,
    of: Tool,
    steps: Sequence[Step],
    history: Iterable[Segment],
    known: Mapping[str, ToolEntry],
) -> Flow:
    """A call in its place among the session's earlier calls and what was read."""
    passed = [s for s in steps if not s.refused]
    names = {s.name for s in passed}
    manifests = {name: tool(name, known) or guessed(name) for name in names}
    return Flow(
        now=now,
        tool=of,
        before=tuple((s, manifests[s.name]) for s in passed),
        refused=len(steps) - len(passed),
        texts=tuple(s for s in history if next(iter(s.label.origins)).source in _OTHERS),
    )
