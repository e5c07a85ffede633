"""A subject at the action checkpoint, read for its provenance."""

from collections.abc import Mapping

from shield.actions.consent import agreed
from shield.actions.fields import Fields
from shield.actions.manifest import fields
from shield.actions.memo import Memo
from shield.actions.provenance import Index, index
from shield.actions.steps import led
from shield.policy.schema import ToolEntry
from shield.types import Segment, Subject


def conversation(
    subject: Subject, tools: Mapping[str, ToolEntry], memo: Memo | None = None
) -> Index:
    """Everything said and read before a call, as far as it can vouch for values."""
    history = subject.history
    present = {id(s) for s in history}
    places = {id(history[n]): how for n, how in led(history, subject.steps).items()}
    rights: dict[tuple[str, bool], Fields] = {}

    def believed(of: Segment) -> Fields:
        key = named(of), places.get(id(of), 0) > 1
        if key not in rights:
            rights[key] = fields(key[0], tools, led=key[1])
        return rights[key]

    return index(
        (*(s for s in subject.intent if id(s) not in present), *history),
        tuple(agreed(history)),
        memo=memo,
        fields=believed,
        led=lambda s: places.get(id(s), 0),
    )


def named(segment: Segment) -> str:
    """The name of the tool or document that a text came from."""
    return next(iter(segment.label.origins)).name
