"""The judge of a gate over a pipeline: its own scanners, workers, cache and deadline."""

from collections.abc import Callable, Sequence
from copy import copy
from typing import Protocol

from msgspec.structs import replace

from shield.label import label
from shield.pipeline import Detection, Pipeline
from shield.policy.load import Policy
from shield.scanners import Chooses, Scanner
from shield.types import Checkpoint, Coverage, Segment, Source, Subject

_OF = label(Source.ASSISTANT)


class Judge(Protocol):
    """Judges an answer and its stretches; `reach` is the characters of context it needs."""

    @property
    def policy(self) -> Policy:
        """The policy that weighs what is found."""

    @property
    def reach(self) -> int:
        """The longest reach of a scanner that has a bounded one."""

    def near(self, text: str) -> Detection:
        """What scanners of bounded reach find in a stretch."""

    def far(self, text: str) -> Detection:
        """What scanners that want the whole message find in a prefix."""

    def whole(self, segments: tuple[Segment, ...]) -> Detection:
        """What all scanners find in the whole."""


class Stretches:
    """Judges stretches with the scanners that a stretch is enough for, prefixes with the others.

    Args:
        pipeline: of the guard.
        subject: what the output checkpoint is asked about some segments.
        complete: run every tier on the whole even after a block.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        subject: Callable[[tuple[Segment, ...]], Subject],
        *,
        complete: bool,
    ) -> None:
        mine = [b.scanner for b in pipeline.scanners if Checkpoint.OUTPUT in b.checkpoints]
        self._pipeline, self._subject, self._complete = pipeline, subject, complete
        self._near = _only(pipeline, [s for s in mine if s.reach is not None])
        self._far = _only(pipeline, [s for s in mine if s.reach is None])
        self._waits = any(isinstance(s, Chooses) for s in mine)
        self._reach = max((s.reach for s in mine if s.reach is not None), default=0)

    @property
    def policy(self) -> Policy:
        """The policy of the pipeline."""
        return self._pipeline.policy

    @property
    def reach(self) -> int:
        """The longest reach of a scanner that has a bounded one, in characters."""
        return self._reach

    @property
    def waits(self) -> bool:
        """True when a scanner judges nothing but the whole: no byte may leave before."""
        return self._waits

    def near(self, text: str) -> Detection:
        """What scanners of bounded reach find in a stretch."""
        return self._run(self._near, text)

    def far(self, text: str) -> Detection:
        """What scanners that want the whole message find in a prefix."""
        return self._run(self._far, text)

    def whole(self, segments: tuple[Segment, ...]) -> Detection:
        """What all scanners find in the whole."""
        return self._pipeline.run(self._subject(segments), complete=self._complete)

    def _run(self, pipeline: Pipeline | None, text: str) -> Detection:
        if pipeline is None:
            return Detection((), Coverage())
        return pipeline.run(replace(self._subject((Segment(text, _OF),)), partial=True))


def _only(pipeline: Pipeline, scanners: Sequence[Scanner]) -> Pipeline | None:
    """The same pipeline with some of its scanners; None with none."""
    if not scanners:
        return None
    made = copy(pipeline)
    made.scanners = tuple(b for b in pipeline.scanners if b.scanner in scanners)
    return made
