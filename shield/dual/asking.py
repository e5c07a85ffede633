"""The person of a run: asked at most so often, bound to what they saw, each approval for once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shield.dual.approval import Person, Proposed
from shield.dual.budget import Budgets, Meter, within
from shield.dual.failures import Code, StepError

T = TypeVar("T")
Others = Callable[[], Awaitable[list[Proposed]]]


class Asking:
    """What a person has been asked, and what they said.

    Args:
        person: who is asked; nobody when None.
    """

    def __init__(self, person: Person | None, meter: Meter, budgets: Budgets) -> None:
        self._person, self._meter, self._budgets = person, meter, budgets
        self._granted: dict[str, float] = {}
        self._refused: set[str] = set()
        self._turn = asyncio.Lock()
        self.pending: tuple[Proposed, ...] = ()

    def knows(self, call: Proposed) -> bool:
        """True when there is an answer about this call already."""
        return call.digest in self._granted or call.digest in self._refused

    async def approve(self, call: Proposed, others: Others) -> None:
        """A person agrees to this call, now or when an earlier one was asked about.

        `others` gives calls that will need a person later, so that one question is enough.

        Raises:
            StepError: `UNAPPROVED`, `REJECTED`, `EXPIRED` or `BUDGET_ASKS`.
        """
        async with self._turn:
            if call.digest in self._refused:
                raise StepError(Code.REJECTED)
            if call.digest not in self._granted:
                await self._ask((call, *await others()))
            # Taken out: an approval is for once.
            until = self._granted.pop(call.digest, None)
            if until is None:
                raise StepError(Code.REJECTED)
            if time.monotonic() > until:
                raise StepError(Code.EXPIRED)

    async def answer(self, question: str) -> str:
        """The person's answer.

        Raises:
            StepError: `UNAPPROVED`, `EXPIRED`, `REJECTED` or `BUDGET_ASKS`.
        """
        if self._person is None:
            raise StepError(Code.UNAPPROVED)
        said = await self._waited(self._person.answer, question)
        if not isinstance(said, str):
            raise StepError(Code.REJECTED)
        return said

    async def _ask(self, calls: tuple[Proposed, ...]) -> None:
        if self._person is None:
            self.pending = calls
            raise StepError(Code.UNAPPROVED)
        granted = await self._waited(self._person.approve, calls)
        offered = {one.digest for one in calls}
        agreed = offered & granted if isinstance(granted, frozenset | set) else set()
        self._refused |= offered - agreed
        self._granted |= dict.fromkeys(agreed, time.monotonic() + self._budgets.ask_seconds)

    async def _waited(self, ask: Callable[[T], Awaitable[object]], about: T) -> object:
        self._meter.spend(Code.BUDGET_ASKS)
        began = time.monotonic()
        try:
            return await within(self._budgets.ask_seconds, ask(about))
        except TimeoutError:
            raise StepError(Code.EXPIRED) from None
        except Exception:  # noqa: BLE001 — whoever stands behind the port, no answer is a no
            raise StepError(Code.REJECTED) from None
        finally:
            self._meter.waited(time.monotonic() - began)
