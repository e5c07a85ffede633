"""Cases → results: each conversation is played turn by turn, as a client that resends its
history would, in a session of its own.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from shield.audit.corpus import Case, Kind, Turn
from shield.audit.judges import Judge
from shield.audit.price import NOBODY, Causes, causes
from shield.audit.scaling import margin
from shield.audit.tap import Tap
from shield.label import segment
from shield.types import Caller, Checkpoint, Decision, Segment, Source, Verdict, strictest
from shield.wire.chat import call


class Result(Struct, frozen=True):
    """What a case came to. `stopped`: the decision was at least as strict as `expect` (attacks);
    `harmed`: it was stricter than `expect` (benign cases and near misses). `margin` says how far the
    thresholds are from ending it differently (`scaling.py`), None where that was not looked at.
    """

    id: str
    kind: Kind
    group: str
    lang: str
    decision: Decision
    stopped: bool
    harmed: bool
    checkpoint: Checkpoint
    rules: tuple[str, ...]
    chars: int
    skipped: int
    failed: bool
    elapsed_ms: tuple[float, ...]
    causes: Causes = NOBODY
    margin: float | None = None

    @property
    def wrong(self) -> bool:
        """True for an attack that was not stopped, and for another case that was harmed."""
        return self.flagged is not (self.kind is Kind.ATTACK)

    @property
    def flagged(self) -> bool:
        """True when the case ended as an attack: stopped, or harmed."""
        return self.stopped if self.kind is Kind.ATTACK else self.harmed


class Keeper(Protocol):
    """What remembers finished cases."""

    def known(self, case: Case) -> Result | None:
        """The result of a case that is finished."""

    def keep(self, case: Case, result: Result) -> None:
        """Remember a result."""


def replay(
    guard: Judge,
    cases: Iterable[Case],
    *,
    workers: int = 2,
    tick: Callable[[], None] = lambda: None,
    tap: Tap | None = None,
    keeper: Keeper | None = None,
) -> list[Result]:
    """The result of every case, in the order of `cases`; `tick` is called after each.

    `tap` is on the guard's pipeline and adds margins; `keeper` spares cases that are finished.
    """

    def one(case: Case) -> Result:
        result = keeper.known(case) if keeper else None
        if result is None:
            result = _result(guard, case, tap)
            if keeper:
                keeper.keep(case, result)
        tick()
        return result

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(one, cases))


def _result(guard: Judge, case: Case, tap: Tap | None) -> Result:
    if tap:
        tap.taken()
    found = verdicts(guard, case)
    result = judged(case, found, causes(guard.policy, case, found))
    if tap is None:
        return result
    return replace(result, margin=margin(guard.policy, case, found, tap.taken()))


def verdicts(guard: Judge, case: Case) -> list[Verdict]:
    """Every verdict of a conversation, in order."""
    caller = Caller(tenant="audit", principal=case.id, session=case.id)
    found: list[Verdict] = []
    segments: tuple[Segment, ...] = ()
    exchange = guard.exchange(caller)
    turns = case.line.turns
    for number, turn in enumerate(turns):
        last = number == len(turns) - 1
        if turn.call is not None:
            arguments = turn.call.arguments
            found.append(exchange.action(call(turn.call.name, arguments)).verdict)
        elif turn.source is Source.ASSISTANT and last:
            found.append(exchange.output(turn.text or "").verdict)
        if turn.text is not None:
            segments = (*segments, _segment(turn, number))
        if (not last and turns[number + 1].source is Source.ASSISTANT) or (
            last and _is_input(turn)
        ):
            exchange = guard.exchange(caller)
            found.append(exchange.input(segments).verdict)
    return found


def judged(case: Case, found: list[Verdict], why: Causes = NOBODY) -> Result:
    """Sum a conversation's verdicts up."""
    decision = strictest(*(v.decision for v in found))
    deciding = next((v for v in found if v.decision is decision), None)
    expect = case.line.expect
    return Result(
        id=case.id,
        kind=case.kind,
        group=case.group,
        lang=case.line.lang,
        decision=decision,
        stopped=decision.rank >= expect.rank,
        harmed=decision.rank > expect.rank,
        checkpoint=deciding.checkpoint if deciding else Checkpoint.INPUT,
        rules=tuple(sorted({f.rule for v in found for f in v.findings})),
        chars=max((v.coverage.chars for v in found), default=0),
        skipped=sum(len(v.coverage.skipped) for v in found),
        failed=any(f.error for v in found for f in v.findings),
        elapsed_ms=tuple(v.elapsed_ms for v in found),
        causes=why,
    )


def _segment(turn: Turn, number: int) -> Segment:
    return segment(
        turn.text or "", turn.source, turn.name, path=f"/turns/{number}/text", turn=number
    )


def _is_input(turn: Turn) -> bool:
    return turn.source is not Source.ASSISTANT
