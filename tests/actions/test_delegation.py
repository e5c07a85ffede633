"""Only plain words of the user leave a value to somebody else's text."""

import pytest

from shield.actions.delegation import delegated
from shield.label import segment
from shield.types import Source


@pytest.mark.parametrize(
    "text",
    [
        "Add her to the wiki, her address is in Aurelio's mail",
        "invite whoever she names in the thread",
        "set the guest wifi to what he proposes",
        "Send it to the address from the letter.",
        "Schick es an die Adresse, die Adresse steht in der Mail.",
    ],
)
def test_a_value_is_left_to_a_text(text):
    assert delegated([segment(text, Source.USER)])


@pytest.mark.parametrize(
    "text",
    [
        "Summarise my mail",
        "Mail Bob that I am late",
        "Check my inbox for anything urgent and tell me.",
        "What's the weather in the place of the next meeting?",
        "Pay my rent",
        "",
    ],
)
def test_an_ordinary_request_leaves_nothing(text):
    assert not delegated([segment(text, Source.USER)])
