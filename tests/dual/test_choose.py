"""Choosing: what is chosen, and whose word it was."""

import msgspec
import pytest

from shield.dual.choose import choose
from shield.dual.failures import Code, StepError
from shield.dual.plan import Choose
from shield.dual.values import Attested, built, labelled, plain, whole
from shield.types import Integrity, Label, Origin, Source
from tests.dual.writing import choose as written
from tests.dual.writing import lit, ref

MINE = Label(Integrity.USER, frozenset({Origin(Source.USER, "plan", "s")}), None)
SHOP = Label(Integrity.UNTRUSTED, frozenset({Origin(Source.TOOL, "shop", "s")}), frozenset({"ann"}))
ROWS = [{"id": "a", "price": 30, "by": "x"}, {"id": "b", "price": 10, "by": "y"}]
TRUSTED = Attested(((),), never=frozenset({"by"}))


def step(pick, **more):
    return msgspec.convert(written("c", ref("rows"), pick, **more), Choose)


def chosen(pick, *wanted, keys=None, **more):
    over = labelled(ROWS, SHOP, TRUSTED)
    looked = over if keys is None else labelled(keys, SHOP)
    made = step(pick, **more)
    return choose(made, over, looked, [built(w, MINE) for w in wanted], strict=False)


@pytest.mark.parametrize(
    ("pick", "more", "wanted", "result"),
    [
        ("all", {}, (), ["a", "b"]),
        ("all", {"where": [(["price"], "lt", lit(20))]}, (20,), ["b"]),
        ("all", {"where": [(["price"], "lt", lit(5))]}, (5,), []),
        ("first", {}, (), "a"),
        ("only", {"where": [(["id"], "eq", lit("b"))]}, ("b",), "b"),
        ("max", {"key": ["price"]}, (), "a"),
        ("min", {"key": ["price"]}, (), "b"),
    ],
)
def test_what_is_chosen(pick, more, wanted, result):
    made = plain(chosen(pick, *wanted, **more))

    assert (made["id"] if isinstance(made, dict) else [row["id"] for row in made]) == result


def test_another_list_may_be_looked_at():
    made = chosen("max", keys=[1, 5])

    assert plain(made)["id"] == "b"
    assert whole(made).integrity is Integrity.UNTRUSTED


@pytest.mark.parametrize(
    ("more", "trust"),
    [
        ({"where": [(["price"], "ge", lit(1))]}, Integrity.TOOL_AUTH),
        ({"where": [(["by"], "ne", lit(1))]}, Integrity.UNTRUSTED),
    ],
)
@pytest.mark.parametrize("pick", ["first", "all", "max"])
def test_a_choice_is_as_good_as_what_it_looked_at(pick, more, trust):
    made = chosen(pick, 1, key=["price"], **more)
    one = made.data[0] if made.is_list else made

    assert one.data["id"].label.integrity is trust
    assert whole(made).readers == {"ann"}


def test_items_that_were_not_chosen_count_too():
    """A stranger's row that loses has still been compared."""
    made = chosen("first", 1, keys=[1, {"by": 5}], where=[([], "eq", lit(1))])

    assert made.data["id"].label.integrity is Integrity.UNTRUSTED


@pytest.mark.parametrize(
    ("pick", "more", "code"),
    [
        ("only", {}, Code.EMPTY_RESULT),
        ("first", {"where": [(["id"], "eq", lit("z"))]}, Code.EMPTY_RESULT),
        ("max", {"key": ["nokey"]}, Code.BAD_PATH),
        ("max", {"key": []}, Code.BAD_VALUE),
        ("all", {"where": [(["id"], "lt", lit(5))]}, Code.BAD_VALUE),
        ("first", {"keys": [1]}, Code.BAD_VALUE),
    ],
)
def test_what_cannot_be_chosen_is_a_code(pick, more, code):
    wanted = [where[2]["value"] for where in more.get("where", ())]
    with pytest.raises(StepError) as failed:
        chosen(pick, *wanted, **more)

    assert failed.value.code is code
