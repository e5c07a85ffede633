"""The pure functions of `Compute` and the comparisons of `Choose`.

The result of each carries the join of everything that it was given.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from shield.dual.failures import Code, StepError
from shield.dual.plan import Fn, Op
from shield.dual.values import Value, built, canonical_json, plain, shown, size, tainted, whole
from shield.label import join, lowered
from shield.types import Capacity

MAX_CHARS = 262_144
_MAX_DAYS = 36_600
_MAX_DIGITS = 300
_ARITY = {
    Fn.SUB: 2, Fn.MUL: 2, Fn.DIV: 2, Fn.ROUND: 2, Fn.DATE_ADD: 2, Fn.LEN: 1, Fn.SORT: 1,
    Fn.UNIQUE: 1, Fn.JOIN: 2, Fn.LOWER: 1, Fn.EQ: 2, Fn.LT: 2, Fn.CONTAINS: 2, Fn.NOT: 1,
}  # fmt: skip


def arity(fn: Fn) -> int | None:
    """How many arguments a function takes; None for any number."""
    return _ARITY.get(fn)


def compute(fn: Fn, args: Sequence[Value]) -> Value:
    """The value of a function.

    Raises:
        StepError: `BAD_VALUE` for arguments that it is not defined for, `BUDGET_BYTES`.
    """
    if sum(map(size, args)) > MAX_CHARS:
        raise StepError(Code.BUDGET_BYTES)
    label = join(*map(whole, args))
    if fn in _TREES:
        return Value(_TREES[fn](args), lowered(label, Capacity.NUMBER))
    try:
        return built(_PLAIN[fn](*map(plain, args)), label)
    except (TypeError, ValueError, ArithmeticError):
        raise StepError(Code.BAD_VALUE) from None


def _list(args: Sequence[Value]) -> tuple[Value, ...]:
    return tuple(args)


def _concat(args: Sequence[Value]) -> tuple[Value, ...]:
    return tuple(item for arg in args for item in arg.items())


def _unique(args: Sequence[Value]) -> tuple[Value, ...]:
    kept: dict[str, Value] = {}
    for item in args[0].items():
        kept.setdefault(canonical_json(plain(item)), item)
    return _compared(kept.values(), args)


def _sort(args: Sequence[Value]) -> tuple[Value, ...]:
    try:
        return _compared(sorted(args[0].items(), key=_key), args)
    except TypeError:
        raise StepError(Code.BAD_VALUE) from None


def _compared(items: Iterable[Value], args: Sequence[Value]) -> tuple[Value, ...]:
    """Which item stands where was decided by all of them."""
    by = join(*map(whole, args))
    return tuple(tainted(item, by) for item in items)


def _record(args: Sequence[Value]) -> dict[str, Value]:
    keys = [plain(key) for key in args[::2]]
    texts = {key for key in keys if isinstance(key, str)}
    if len(args) % 2 or len(texts) < len(keys):
        raise StepError(Code.BAD_VALUE)
    return dict(zip(keys, args[1::2], strict=True))


_TREES: dict[Fn, Callable[[Sequence[Value]], tuple[Value, ...] | dict[str, Value]]] = {
    Fn.LIST: _list,
    Fn.RECORD: _record,
    Fn.CONCAT: _concat,
    Fn.UNIQUE: _unique,
    Fn.SORT: _sort,
}


def _key(value: Value) -> int | float | str:
    data = value.data
    if isinstance(data, bool) or not isinstance(data, int | float | str):
        raise StepError(Code.BAD_VALUE)
    return data


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if isinstance(value, int) and len(str(abs(value))) > _MAX_DIGITS:
        raise ValueError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _flags(values: Sequence[Any]) -> list[bool]:
    if not all(isinstance(value, bool) for value in values):
        raise TypeError
    return list(values)


def _finite(value: float) -> int | float:
    if value in {float("inf"), float("-inf")} or value != value:  # noqa: PLR0124 — NaN
        raise ArithmeticError
    return value


def _add(*values: Any) -> int | float:
    flat = [v for value in values for v in (value if isinstance(value, list) else [value])]
    return _finite(sum(map(_number, flat)))


def _rounded(value: Any, digits: Any) -> int | float:
    if isinstance(digits, bool) or not isinstance(digits, int) or not 0 <= digits <= 12:
        raise ValueError
    return round(_number(value), digits) if digits else round(_number(value))


def _date_add(value: Any, days: Any) -> str:
    if isinstance(days, bool) or not isinstance(days, int) or abs(days) > _MAX_DAYS:
        raise ValueError
    shown = _text(value)
    if len(shown) == len("2026-11-20"):
        return (date.fromisoformat(shown) + timedelta(days=days)).isoformat()
    moment = datetime.fromisoformat(shown) + timedelta(days=days)
    return moment.isoformat(
        " " if " " in shown else "T", "minutes" if shown.count(":") == 1 else "auto"
    )


def _joined(values: Any, between: Any) -> str:
    return _text(between).join(shown(value) for value in _items(values))


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def _contains(outer: Any, inner: Any) -> bool:
    if isinstance(outer, str):
        return _text(inner).casefold() in outer.casefold()
    return any(same(item, inner) for item in _items(outer))


def same(a: Any, b: Any) -> bool:
    """Equal in value and kind: true is not 1, but 1 is 1.0."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    return bool(a == b)


def _less(a: Any, b: Any) -> bool:
    if isinstance(a, str) and isinstance(b, str):
        return a < b
    return _number(a) < _number(b)


_PLAIN: dict[Fn, Callable[..., Any]] = {
    Fn.ADD: _add,
    Fn.SUB: lambda a, b: _finite(_number(a) - _number(b)),
    Fn.MUL: lambda a, b: _finite(_number(a) * _number(b)),
    Fn.DIV: lambda a, b: _finite(_number(a) / _number(b)),
    Fn.ROUND: _rounded,
    Fn.DATE_ADD: _date_add,
    Fn.LEN: lambda value: len(value) if isinstance(value, str | list) else len(_items(value)),
    Fn.JOIN: _joined,
    Fn.LOWER: lambda value: _text(value).lower(),
    Fn.EQ: same,
    Fn.LT: _less,
    Fn.CONTAINS: _contains,
    Fn.AND: lambda *values: all(_flags(values)),
    Fn.OR: lambda *values: any(_flags(values)),
    Fn.NOT: lambda value: not _flags([value])[0],
}
_OPS: dict[Op, Callable[[Any, Any], bool]] = {
    Op.EQ: same,
    Op.NE: lambda a, b: not same(a, b),
    Op.LT: _less,
    Op.LE: lambda a, b: not _less(b, a),
    Op.GT: lambda a, b: _less(b, a),
    Op.GE: lambda a, b: not _less(a, b),
    Op.CONTAINS: _contains,
}


def compared(op: Op, left: Value, right: Value) -> bool:
    """Whether a comparison holds.

    Raises:
        StepError: `BAD_VALUE` when the two cannot be compared.
    """
    try:
        return _OPS[op](plain(left), plain(right))
    except (TypeError, ValueError):
        raise StepError(Code.BAD_VALUE) from None


def greatest(values: Sequence[Value]) -> int:
    """The position of the first greatest value.

    Raises:
        StepError: `BAD_VALUE` when they cannot be compared.
    """
    keys = [_key(value) for value in values]
    try:
        return max(range(len(keys)), key=keys.__getitem__)
    except TypeError:
        raise StepError(Code.BAD_VALUE) from None


def least(values: Sequence[Value]) -> int:
    """The position of the first least value; see `greatest`."""
    keys = [_key(value) for value in values]
    try:
        return min(range(len(keys)), key=keys.__getitem__)
    except TypeError:
        raise StepError(Code.BAD_VALUE) from None
