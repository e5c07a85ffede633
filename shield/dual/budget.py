"""What one run may cost, and the meter that holds it to that."""

import asyncio
import time
from collections.abc import Awaitable
from typing import TypeVar

from msgspec import Struct

from shield.dual.failures import Code, StepError

T = TypeVar("T")


class Budgets(Struct, frozen=True):
    """The limits of a run.

    `money` bounds the sum of the amounts of all payments; None leaves it to the policy. Waiting
    for a person counts against `ask_seconds`, not against `seconds`.
    """

    steps: int = 40
    executed: int = 400
    calls: int = 50
    reads: int = 30
    plans: int = 3
    asks: int = 3
    tokens: int = 200_000
    value_bytes: int = 262_144
    total_bytes: int = 4_194_304
    money: float | None = None
    seconds: float = 120.0
    tool_seconds: float = 20.0
    model_seconds: float = 60.0
    ask_seconds: float = 300.0
    at_once: int = 8


class Meter:
    """Counts what a run spends.

    Raises:
        StepError: a `BUDGET_*` code, from the call that would go over.
    """

    def __init__(self, budgets: Budgets) -> None:
        self._budgets = budgets
        self._until = time.monotonic() + budgets.seconds
        self._left: dict[Code, float] = {
            Code.BUDGET_STEPS: budgets.executed,
            Code.BUDGET_CALLS: budgets.calls,
            Code.BUDGET_READS: budgets.reads,
            Code.BUDGET_PLANS: budgets.plans,
            Code.BUDGET_ASKS: budgets.asks,
            Code.BUDGET_TOKENS: budgets.tokens,
            Code.BUDGET_BYTES: budgets.total_bytes,
        }
        if budgets.money is not None:
            self._left[Code.BUDGET_MONEY] = budgets.money

    def spend(self, code: Code, amount: float = 1) -> None:
        """Take `amount` from what is left under `code`; money without a limit is not counted."""
        if code in self._left:
            if not 0 <= amount <= self._left[code]:
                raise StepError(code)
            self._left[code] -= amount

    def left(self, code: Code) -> float:
        """What may still be spent under `code`."""
        return self._left.get(code, float("inf"))

    def seconds(self, most: float) -> float:
        """The time that one wait may take."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise StepError(Code.BUDGET_TIME)
        return min(most, left)

    def waited(self, seconds: float) -> None:
        """Time that a person took is not the run's."""
        self._until += seconds


class BrokenWorkError(Exception):
    """Work that ended neither with a result nor with an ordinary exception."""


async def within(seconds: float, work: Awaitable[T]) -> T:
    """The result of `work`, waited for no longer than `seconds` even if it ignores cancelling.

    Raises:
        TimeoutError: it was not done; it has been told to stop.
        BrokenWorkError: it cancelled itself, or raised what is no `Exception`.
    """
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            task.add_done_callback(_forget)
            task.cancel()
    if not done:
        raise TimeoutError
    if task.cancelled() or not isinstance(task.exception(), Exception | None):
        # A panic of an extension, or work that cancelled itself, must not look like our own end.
        raise BrokenWorkError
    return task.result()


def _forget(task: "asyncio.Future[T]") -> None:
    """Whatever a task that nobody waits for any more ends with is no news."""
    if not task.cancelled():
        task.exception()
