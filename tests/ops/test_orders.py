"""What can be ordered, and what is refused."""

import pytest

from shield.errors import SetupError
from shield.ops import orders
from shield.ops.state import Order
from shield.ops.versions import Versions
from shield.policy.load import load
from tests.ops.conftest import banning


@pytest.fixture
def served(house):
    """Versions that have served, the newest last."""

    def keep(*phrases):
        for phrase in phrases:
            Versions(house.state).keep(load(house.put(banning(phrase))))
        return [v.digest for v in Versions(house.state).all()]

    return keep


@pytest.mark.parametrize("mode", ["shadow", "off"])
@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "x" * 201, "bell\a"])
def test_loosening_needs_a_reason_that_fits_into_a_log(house, mode, reason):
    with pytest.raises(SetupError, match="reason"):
        orders.switch(house.state, mode, reason)
    assert orders.order_of(house.state) == Order()


def test_a_mode_is_ordered_with_its_reason_and_time(house):
    orders.switch(house.state, "off", " drill ", now=5.0)
    assert orders.order_of(house.state) == Order("off", "drill", 5.0)
    orders.switch(house.state, "enforce", "", now=6.0)
    assert orders.order_of(house.state) == Order("enforce", "", 6.0)


def test_a_mode_and_a_rollback_do_not_undo_each_other(house, served):
    a, b = served("a", "b")
    orders.switch(house.state, "shadow", "drill")
    orders.rollback(house.state, "bad")
    held = orders.order_of(house.state)
    assert (held.mode, held.pinned, held.instead) == ("shadow", a, b)
    orders.switch(house.state, "enforce", "")
    assert orders.order_of(house.state).pinned == a


def test_a_rollback_ordered_again_goes_one_further_until_there_is_none(house, served):
    a, b, c = served("a", "b", "c")
    assert [orders.rollback(house.state) for _ in range(2)] == [b, a]
    assert orders.order_of(house.state).instead == c
    with pytest.raises(SetupError, match="no earlier version"):
        orders.rollback(house.state)


def test_a_rollback_from_a_newer_file_goes_to_the_one_before_it(house, served):
    served("a", "b")
    orders.rollback(house.state)
    *_, b, _ = served("c")
    assert orders.rollback(house.state) == b


def test_without_versions_there_is_nothing_to_go_back_to(house):
    with pytest.raises(SetupError, match="no earlier version"):
        orders.rollback(house.state)


def test_a_rollback_is_taken_back_and_the_mode_stays(house, served):
    served("a", "b")
    orders.switch(house.state, "shadow", "drill")
    orders.rollback(house.state)
    orders.release(house.state, now=9.0)
    assert orders.order_of(house.state) == Order("shadow", "", 9.0)


def test_an_order_that_cannot_be_read_is_not_written_over_by_guessing(house):
    house.state.mkdir()
    (house.state / "order.json").write_text("{")
    with pytest.raises(SetupError, match="cannot be read"):
        orders.switch(house.state, "off", "drill")
    assert (house.state / "order.json").read_text() == "{"
