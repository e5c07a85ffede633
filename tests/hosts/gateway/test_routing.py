from collections import Counter

import pytest

from shield.hosts.gateway.answers import NO_MODEL, NO_UPSTREAM
from shield.hosts.gateway.routing import Leg, Routing
from shield.hosts.settings import Settings
from shield.types import Caller

ASKED = Caller(tenant="t", principal="p")
SETTINGS = Settings.model_validate(
    {
        "upstreams": {
            "big": {"url": "https://big.example", "default": True},
            "side": {"url": "https://side.example", "by_header": True},
            "claude": {"url": "https://claude.example", "family": "anthropic"},
        },
        "models": {
            "best": {
                "targets": [
                    {"upstream": "big", "model": "large", "weight": 3},
                    {"upstream": "side", "model": "grand", "weight": 1},
                ],
                "fallbacks": [{"upstream": "big", "model": "small"}],
            },
            "talk": {"targets": [{"upstream": "claude"}]},
        },
    }
)
LARGE, GRAND, SMALL = Leg("big", "large"), Leg("side", "grand"), Leg("big", "small")


def routing(draw=lambda: 0.0):
    return Routing(SETTINGS, draw)


@pytest.mark.parametrize(
    ("point", "order"),
    [
        (0.0, (LARGE, GRAND, SMALL)),
        (0.74, (LARGE, GRAND, SMALL)),
        (0.75, (GRAND, LARGE, SMALL)),
        (0.999999, (GRAND, LARGE, SMALL)),
        (1.0, (GRAND, LARGE, SMALL)),
    ],
)
def test_a_target_is_drawn_by_weight_and_the_rest_follow_in_order(point, order):
    assert routing(lambda: point).legs("best", "openai", "", ASKED) == order


def test_a_session_always_draws_the_same_and_sessions_spread_by_weight():
    made = routing(lambda: pytest.fail("a session is not drawn for"))

    def first(session):
        return made.legs("best", "openai", "", Caller(principal="p", session=session))[0]

    drawn = Counter(first(str(n)).upstream for n in range(1_000))

    assert all(first("u42") == first("u42") for _ in range(5))
    assert 680 < drawn["big"] < 820


def test_an_alias_without_names_of_its_own_is_sent_on_as_it_is():
    assert routing().legs("talk", "anthropic", "", ASKED) == (Leg("claude", "talk"),)


@pytest.mark.parametrize(
    ("model", "family", "named", "found"),
    [
        ("unheard-of", "openai", "", (Leg("big"),)),
        ("unheard-of", "anthropic", "", NO_MODEL),
        ("talk", "openai", "", NO_MODEL),
        ("best", "anthropic", "", NO_MODEL),
        ("best", "openai", "side", (GRAND,)),
        ("unheard-of", "openai", "side", (Leg("side", "unheard-of"),)),
        ("best", "openai", "big", NO_UPSTREAM),
        ("best", "openai", "none", NO_UPSTREAM),
        ("best", "anthropic", "side", NO_UPSTREAM),
        ("best", "openai", "SIDE", NO_UPSTREAM),
    ],
)
def test_what_serves_a_model(model, family, named, found):
    assert routing().legs(model, family, named, ASKED) == found


def test_each_dialect_lists_its_own_aliases():
    assert routing().models("openai") == ("best",)
    assert routing().models("anthropic") == ("talk",)
