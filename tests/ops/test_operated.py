"""A process' guard, metrics and events belong together."""

import json

import pytest

from shield.about import Told
from shield.errors import SetupError
from shield.label import segment
from shield.ops.operated import operated
from shield.types import Source
from tests.ops.conftest import ALICE


@pytest.fixture
def made(house):
    lines = []
    found = operated(house.path, folder=house.state, models=["small-model"], write=lines.append)
    yield found, lines
    found.live.close()


def test_one_request_is_counted_written_and_judged(made):
    (live, metrics, _), lines = made
    exchange = live.exchange(ALICE)
    exchange.tell(Told(asked="small-model"))
    assert not exchange.input([segment("a tulip", Source.USER)]).passes
    (line,) = [x for x in map(json.loads, lines) if x["event"] == "decision"]
    assert (line["decision"], line["asked"]) == ("block", "small-model")
    shown = metrics.text().decode()
    assert (
        'shield_decisions_total{checkpoint="input",decision="block",enforced="true"} 1.0' in shown
    )
    assert f'digest="{live.policy.digest}"' in shown


def test_a_key_of_the_environment_is_used(house, monkeypatch):
    monkeypatch.setenv("SHIELD_KEY", "of all workers")
    made = operated(house.path, folder=house.state)
    made.live.close()
    assert made.live.key == b"of all workers"


def test_a_shared_store_does_not_get_a_key_that_was_made_up(house, monkeypatch):
    monkeypatch.delenv("SHIELD_KEY", raising=False)
    with pytest.raises(SetupError, match="SHIELD_KEY"):
        operated(house.path, folder=house.state, store="redis://127.0.0.1:1/0")
