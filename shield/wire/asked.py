"""What an API asks to be judged, and what it answers: the form between its bytes and the guard."""

from collections.abc import Sequence

from msgspec import Struct

from shield.types import Outcome, Segment, Skip, ToolCall
from shield.wire.strict import Json

Judged = Sequence[Outcome]


class Asked(Struct, frozen=True):
    """One exchange: texts that are only known, then what each checkpoint judges, in this order.

    `input` and `output` None ask nothing of their checkpoint. `tools` are the definitions that
    the model is offered, `session` and `behalf` whose exchange it is within the principal of
    the connection: they can divide what it remembers, and never reach another principal's.
    `restore` puts the values back for which the session holds placeholders in the answer.
    """

    noted: tuple[Segment, ...] = ()
    input: tuple[Segment, ...] | None = None
    calls: tuple[ToolCall, ...] = ()
    output: tuple[Segment, ...] | None = None
    skipped: tuple[Skip, ...] = ()
    tools: Json = None
    session: str = ""
    behalf: str = ""
    restore: bool = False


class Reply(Struct, frozen=True):
    """An HTTP answer."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


def last(turns: Sequence[Segment]) -> int:
    """The newest turn of some segments; 0 for none."""
    return max((segment.turn for segment in turns), default=0)
