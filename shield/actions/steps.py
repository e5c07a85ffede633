"""Earlier calls of a session, without their text, and which result each of them brought."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
import regex

from shield.actions.manifest import IDENTITY, Tool
from shield.actions.reading import words
from shield.actions.values import fold, size, stands
from shield.actions.verbs import COMMON
from shield.policy.schema import Role
from shield.types import Argument, Decision, Segment, Source, Step, ToolCall

_MIN_LED, _MOST_FOLDERS, _STEM = 3, 8, 4


def digest(call: ToolCall) -> str:
    """Names a call exactly: its tool, and every argument with its place and type. 64 hex digits."""
    leaves = sorted((a.path, type(a.value).__name__, repr(a.value)) for a in call.arguments)
    encoded = msgspec.json.encode((call.name, leaves))
    return hashlib.sha256(encoded).hexdigest()


def step(call: ToolCall, tool: Tool, spoken: Iterable[Segment], decision: Decision) -> Step:
    """What is kept of a call that was judged; `spoken` are the user's own turns."""
    roles = [(a, tool.role(a.path)) for a in call.arguments]
    texts = [fold(s.text) for s in spoken]
    return Step(
        name=call.name,
        digest=digest(call),
        decision=decision,
        id=call.id,
        values=tuple(sorted({named(a) for a, role in roles if role in IDENTITY and a.value})),
        amount=sum(_number(a) for a, role in roles if role is Role.AMOUNT),
        led=max((_led(a, texts) for a in call.arguments), default=0),
    )


def named(argument: Argument) -> str:
    """The digest under which a value is known again."""
    return hashlib.sha256(fold(str(argument.value)).encode("utf-8", "replace")).hexdigest()[:16]


def led(history: Sequence[Segment], steps: Sequence[Step]) -> dict[int, int]:
    """How far the user's own words led to each result, by its place in `history`: 2, 1 or 0.

    A result belongs to the call whose id its label bears; without ids, the last result of a tool to
    its last call, the one before to the one before.
    """
    by_id = {s.id: s for s in steps if s.id}
    by_name: Mapping[str, list[Step]] = defaultdict(list)
    for known in steps:
        by_name[known.name].append(known)
    found = {}
    for place in range(len(history) - 1, -1, -1):
        origin = next(iter(history[place].label.origins))
        if origin.source is not Source.TOOL:
            continue
        of = by_id.get(origin.path)
        if of is None and by_name[origin.name]:
            of = by_name[origin.name].pop()
        if of is not None:
            found[place] = of.led
    return found


def _led(argument: Argument, texts: Sequence[str]) -> int:
    """2 when the user wrote the value, 1 when they wrote the path of a folder that it lies in."""
    if not isinstance(argument.value, str):
        return 0
    folded = fold(argument.value).rstrip("/")
    if len(folded) < _MIN_LED:
        return 0
    if any(stands(folded, text) for text in texts) or _asked_with(folded, texts):
        return 2
    for _ in range(_MOST_FOLDERS):
        folded = folded.rpartition("/")[0]
        if len(folded) < _MIN_LED:
            return 0
        whole = regex.compile(rf"(?<![\w/]){regex.escape(folded)}(?![\w-]|/\w)")
        if any(folded in text and whole.search(text) for text in texts):
            return 1
    return 0


def _asked_with(folded: str, texts: Iterable[str]) -> bool:
    """True when every word of a search is the user's, whatever its ending: "Petal Pot invoices"."""
    wanted = [w for w in words(folded) if w not in COMMON] if "/" not in folded else []
    spoken = [w for text in texts for w in words(text)]
    return bool(wanted) and all(any(_same(w, other) for other in spoken) for w in wanted)


def _same(word: str, other: str) -> bool:
    kept = max(_STEM, len(word) - 3)
    return word == other or (len(word) >= _STEM and word[:kept] == other[:kept])


def _number(argument: Argument) -> float:
    value = argument.value
    return size(value) if isinstance(value, int | float) else 0.0
