"""Pure functions: what they give, what they refuse, and that no label is lost."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shield.dual.compute import arity, compared, compute, greatest, least
from shield.dual.failures import Code, StepError
from shield.dual.plan import Fn, Op
from shield.dual.values import Value, built, plain, whole
from shield.types import Integrity, Label, Origin, Source

MINE = Label(Integrity.USER, frozenset({Origin(Source.USER, "plan", "s")}), None)
MAIL = Label(Integrity.UNTRUSTED, frozenset({Origin(Source.TOOL, "mail", "m")}), frozenset({"ann"}))


def got(fn, *args):
    return plain(compute(Fn(fn), [built(arg, MINE) for arg in args]))


def refused(fn, *args):
    with pytest.raises(StepError) as failed:
        got(fn, *args)
    return failed.value.code


@pytest.mark.parametrize(
    ("fn", "args", "result"),
    [
        ("add", (1, 2, 3.5), 6.5),
        ("add", ([1, 2], 3), 6),
        ("sub", (5, 7), -2),
        ("mul", (3, 0.5), 1.5),
        ("div", (1, 4), 0.25),
        ("round", (2.345, 2), 2.35 if round(2.345, 2) == 2.35 else 2.34),
        ("round", (2.5, 0), 2),
        ("date_add", ("2026-02-27", 2), "2026-03-01"),
        ("date_add", ("2024-02-28", 1), "2024-02-29"),
        ("date_add", ("2026-11-20 09:30", -1), "2026-11-19 09:30"),
        ("date_add", ("2026-11-20T09:30:15", 1), "2026-11-21T09:30:15"),
        ("len", ("abc",), 3),
        ("len", ([1, 2],), 2),
        ("sort", (["b", "a"],), ["a", "b"]),
        ("sort", ([2, 1.5],), [1.5, 2]),
        ("unique", (["a", "b", "a"],), ["a", "b"]),
        ("join", (["a", 1, True], "; "), "a; 1; true"),
        ("list", ("a", [1]), ["a", [1]]),
        ("concat", (["a"], [1, 2]), ["a", 1, 2]),
        ("record", ("to", "a", "cc", [1]), {"to": "a", "cc": [1]}),
        ("lower", ("AbÇ",), "abç"),
        ("eq", (1, 1.0), True),
        ("eq", (True, 1), False),
        ("eq", ([1], [1]), True),
        ("lt", ("a", "b"), True),
        ("lt", (2, 1), False),
        ("contains", ("The Bill", "bill"), True),
        ("contains", ([1, 2], 3), False),
        ("contains", ([1], True), False),
        ("and", (True, False), False),
        ("or", (False, True), True),
        ("not", (False,), True),
    ],
)
def test_what_functions_give(fn, args, result):
    made = got(fn, *args)

    assert made == result
    assert type(made) is type(result)


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        ("add", ("1", 2)),
        ("add", (True, 2)),
        ("mul", (10**400, 2)),
        ("mul", (1e308, 10)),
        ("div", (1, 0)),
        ("round", (1.5, -1)),
        ("round", (1.5, True)),
        ("date_add", ("20th of May", 1)),
        ("date_add", ("2026-11-20", 10**9)),
        ("date_add", ("9999-12-31", 1)),
        ("len", (5,)),
        ("sort", (["a", 1],)),
        ("sort", ([True],)),
        ("sort", ([["a"]],)),
        ("join", ("ab", ",")),
        ("record", ("a",)),
        ("record", ("a", 1, "a", 2)),
        ("record", (1, 1)),
        ("lower", (5,)),
        ("lt", (1, "a")),
        ("contains", (5, 5)),
        ("contains", ("a", 5)),
        ("and", (True, 1)),
        ("or", (True, None)),
        ("not", ("",)),
    ],
)
def test_what_they_are_not_defined_for_is_a_code(fn, args):
    assert refused(fn, *args) is Code.BAD_VALUE


def test_a_list_is_wanted_where_a_list_is_wanted():
    assert refused("concat", "a") is Code.NOT_A_LIST
    assert refused("unique", 5) is Code.NOT_A_LIST


def test_large_arguments_are_refused_before_any_work():
    assert refused("lower", "x" * 300_000) is Code.BUDGET_BYTES


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(Fn), st.data())
def test_every_result_carries_every_argument(fn, data):
    values = st.sampled_from([1, "a", "2026-01-01", True, ["a"], [1, 2], ["b", "a"]])
    count = arity(fn) or 2
    args = [data.draw(values) for _ in range(count)]
    tainted = data.draw(st.integers(0, count - 1))
    labels = [MAIL if i == tainted else MINE for i in range(count)]
    try:
        made = compute(fn, [built(a, of) for a, of in zip(args, labels, strict=True)])
    except StepError:
        return
    of = whole(made)
    assert of.integrity is Integrity.UNTRUSTED
    assert of.readers == {"ann"}
    assert MAIL.origins <= of.origins


@pytest.mark.parametrize("fn", ["sort", "unique"])
def test_a_position_in_a_sorted_list_was_decided_by_all_items(fn):
    items = (built(5, MINE), built(3, MAIL))
    made = compute(Fn(fn), [Value(items, MINE)])

    assert all(item.label.integrity is Integrity.UNTRUSTED for item in made.items())


@pytest.mark.parametrize(
    ("op", "left", "right", "holds"),
    [
        ("eq", "a", "a", True),
        ("ne", 1, True, True),
        ("lt", 1, 2, True),
        ("le", 2, 2, True),
        ("gt", "b", "a", True),
        ("ge", 1, 2, False),
        ("contains", "abc", "B", True),
    ],
)
def test_comparisons(op, left, right, holds):
    assert compared(Op(op), built(left, MINE), built(right, MINE)) is holds


def test_what_cannot_be_compared_is_a_code():
    with pytest.raises(StepError):
        compared(Op.LT, built("a", MINE), built(1, MINE))
    for extreme in (greatest, least):
        with pytest.raises(StepError):
            extreme([built("a", MINE), built(1, MINE)])


def test_the_first_of_equals_is_taken():
    values = [built(n, MINE) for n in (1, 3, 3, 1)]

    assert (greatest(values), least(values)) == (1, 0)
