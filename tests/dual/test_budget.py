"""Meters, and waits that really end."""

import asyncio
import contextlib

import pytest

from shield.dual.budget import BrokenWorkError, Budgets, Meter, within
from shield.dual.failures import Code, StepError


def test_what_is_spent_is_gone():
    meter = Meter(Budgets(calls=2))
    meter.spend(Code.BUDGET_CALLS)
    assert meter.left(Code.BUDGET_CALLS) == 1
    meter.spend(Code.BUDGET_CALLS)

    with pytest.raises(StepError, match="budget_calls"):
        meter.spend(Code.BUDGET_CALLS)


@pytest.mark.parametrize("amount", [51, -1, float("inf"), float("nan")])
def test_no_amount_goes_over_or_gives_back(amount):
    with pytest.raises(StepError):
        Meter(Budgets(money=50)).spend(Code.BUDGET_MONEY, amount)


def test_money_without_a_limit_is_not_counted():
    Meter(Budgets()).spend(Code.BUDGET_MONEY, 10**9)


def test_time_runs_out_and_waiting_for_a_person_does_not_count():
    meter = Meter(Budgets(seconds=0.0))
    with pytest.raises(StepError, match="budget_time"):
        meter.seconds(5)
    meter.waited(60)

    assert 4 < meter.seconds(5) <= 5
    assert 50 < meter.seconds(100) <= 60


def test_a_wait_ends_even_when_the_work_does_not():
    async def wait():
        over = asyncio.Event()

        async def stubborn():
            while not over.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await over.wait()

        with pytest.raises(TimeoutError):
            await within(0.02, stubborn())
        over.set()

    asyncio.run(wait())


async def leaves():
    raise asyncio.CancelledError


async def panics():
    raise GeneratorExit


@pytest.mark.parametrize("work", [leaves, panics])
def test_work_that_ends_oddly_is_no_end_of_ours(work):
    with pytest.raises(BrokenWorkError):
        asyncio.run(within(1, work()))


def test_results_and_errors_pass():
    async def fails():
        raise KeyError("x")

    assert asyncio.run(within(1, asyncio.sleep(0, "done"))) == "done"
    with pytest.raises(KeyError):
        asyncio.run(within(1, fails()))


def test_being_told_to_stop_stops_the_work():
    stopped = []

    async def work():
        try:
            await asyncio.sleep(30)
        finally:
            stopped.append(True)

    async def run():
        task = asyncio.ensure_future(within(30, work()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    asyncio.run(run())
    assert stopped == [True]
