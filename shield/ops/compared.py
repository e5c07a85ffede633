"""An exchange that two policies judge: one is enforced, the other's decision is recorded.

The other remembers nothing, tells nobody and can break nothing: whatever it raises is a failure of
its own, which the record shows.
"""

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Any

from shield.exchange import Exchange
from shield.guard import Guard
from shield.types import Caller, Outcome, Segment, ToolCall, Verdict

Told = Callable[[Verdict, Verdict | None], None]


class Compared(Exchange):
    """An exchange of `guard`, with another beside it.

    Args:
        guard: whose decisions are carried out.
        caller: who asks.
        beside: an exchange of a guard that only observes.
        told: told each verdict and the other's, None where that failed.
    """

    def __init__(self, guard: Guard, caller: Caller, beside: Exchange, told: Told) -> None:
        super().__init__(guard, caller)
        self._beside, self._told_of = beside, told

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        self._beside.__exit__(kind, error, trace)

    def input(self, segments: Iterable[Segment], **more: Any) -> Outcome:
        """Judge what goes to the model."""
        given = tuple(segments)
        return self._both(super().input(given, **more), lambda: self._beside.input(given, **more))

    def note(self, segments: Iterable[Segment]) -> None:
        """Take texts into what actions are judged against, unjudged."""
        given = tuple(segments)
        super().note(given)
        self._beside.note(given)

    def action(self, call: ToolCall, **more: Any) -> Outcome:
        """Judge a proposed tool call."""
        return self._both(super().action(call, **more), lambda: self._beside.action(call, **more))

    def output(self, text: str | Sequence[Segment], **more: Any) -> Outcome:
        """Judge what goes back to the user."""
        outcome = super().output(text, **more)
        more.pop("found", None)  # what this policy's gate has found is not what the other's would
        return self._both(outcome, lambda: self._beside.output(text, **more))

    def _both(self, outcome: Outcome, other: Callable[[], Outcome]) -> Outcome:
        try:
            verdict = other().verdict
        except Exception:  # noqa: BLE001 — a candidate must not harm who is not judged by it
            verdict = None
        self._told_of(outcome.verdict, verdict)
        return outcome
