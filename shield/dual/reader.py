"""`read_handles`: the tool by which a model that sees handles has the quarantined model look behind them."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from shield.dual.budget import Budgets, Meter
from shield.dual.failures import Code, StepError
from shield.dual.fields import Field
from shield.dual.handles import Book
from shield.dual.plan import Extract, Ref
from shield.dual.quarantine import extract
from shield.dual.tools import schema_of
from shield.dual.values import Value
from shield.remote.port import ChatModel

READ = "read_handles"
HANDLED = "Values in its result are handles, ⟨h:…⟩; write a handle where you mean its value."


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """The arguments of `read_handles`."""

    handles: tuple[str, ...]
    query: str
    fields: tuple[Field, ...]
    reveal: bool = False


DEFINITION: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": READ,
        "description": (
            "Have a reader find fields in the texts behind handles. Fields come back as handles; with "
            "reveal, flags and choices are told, and effects after that need a person."
        ),
        "parameters": schema_of(Reading),
    },
}


class Reader(Struct, frozen=True):
    """The handles of a conversation, the model that may look behind them, and what that may cost."""

    book: Book
    model: ChatModel
    meter: Meter
    budgets: Budgets

    async def read(self, arguments: Mapping[str, Any], step: str) -> tuple[Reading, Value]:
        """What was asked for, and the fields as a record.

        Raises:
            StepError: `BAD_ARGS`, `BAD_PATH`, or an `EXTRACT_*`, `MODEL_*` or `BUDGET_*` code.
        """
        try:
            asked = msgspec.convert(dict(arguments), Reading)
            inputs = [self.book.value(handle) for handle in asked.handles]
            wanted = Extract(step, asked.query, tuple(Ref("x") for _ in inputs), asked.fields)
            msgspec.json.decode(msgspec.json.encode(wanted), type=Extract)
        except msgspec.ValidationError:
            raise StepError(Code.BAD_ARGS, step) from None
        return asked, await extract(wanted, inputs, self.model, self.meter, self.budgets)
