"""Choosing among the items of a list. What is chosen carries the labels of all that was looked at.

Whoever can change what a choice looks at, or put another item beside it, can change what it chooses.
"""

from collections.abc import Sequence

from shield.dual.compute import compared, greatest, least
from shield.dual.failures import Code, StepError
from shield.dual.plan import Choose
from shield.dual.values import Value, at, tainted, whole
from shield.label import join, lowered
from shield.types import Capacity, Integrity, Label

_NOTHING_SEEN = Label(Integrity.USER, frozenset(), None, Capacity.FLAG)


def choose(
    step: Choose, over: Value, looked: Value, wanted: Sequence[Value], *, strict: bool
) -> Value:
    """The items of `over` that a step chooses.

    Args:
        step: the step.
        over: the list.
        looked: a list as long, whose items are looked at; `over` itself when there is no other.
        wanted: the values that the step's conditions compare with, in their order.
        strict: see `values.at`.

    Raises:
        StepError: `NOT_A_LIST`, `BAD_PATH`, `BAD_VALUE`, or `EMPTY_RESULT` when one is wanted and
            there is none, or more than the `only` one.
    """
    items, keys = over.items(), looked.items()
    if len(items) != len(keys):
        raise StepError(Code.BAD_VALUE)
    seen = [over.label, looked.label]
    kept = [i for i, key in enumerate(keys) if _meets(step, key, wanted, seen, strict=strict)]
    if step.pick == "all":
        by = join(_NOTHING_SEEN, *seen)
        return Value(tuple(tainted(items[i], by) for i in kept), lowered(by, Capacity.NUMBER))
    if not kept or (step.pick == "only" and len(kept) > 1):
        raise StepError(Code.EMPTY_RESULT)
    place = kept[0]
    if step.pick in {"max", "min"}:
        compare = [at(keys[i], step.key, strict=strict) for i in kept]
        seen += map(whole, compare)
        place = kept[greatest(compare) if step.pick == "max" else least(compare)]
    return tainted(items[place], join(_NOTHING_SEEN, *seen))


def _meets(
    step: Choose, key: Value, wanted: Sequence[Value], seen: list[Label], *, strict: bool
) -> bool:
    for where, right in zip(step.where, wanted, strict=True):
        left = at(key, where.path, strict=strict)
        seen += (whole(left), whole(right))
        if not compared(where.op, left, right):
            return False
    return True
