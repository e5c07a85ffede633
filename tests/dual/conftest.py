"""A controller in a small office, run with a plan that a planner is scripted to write."""

import asyncio

import pytest

from tests.dual.world import Gate, Office, package


@pytest.fixture(scope="session")
def dual():
    return package()


@pytest.fixture
def office(dual):
    return Office(dual)


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def go(dual, office, gate):
    """Run a request; `plans` are what the planner writes, `reads` what the quarantined model does."""

    def run(request, *plans, reads=(), reader=None, person=None, caller=None, **options):
        run.planner = dual.Scripted(*plans)
        run.reader = reader or dual.Scripted(*reads)
        made = dual.Controller(
            gate, planner=run.planner, reader=run.reader, tools=office.tools, **options
        )
        return asyncio.run(made.run(request, person=person, caller=caller))

    return run
