"""Models and system prompts are found in every dialect, and nothing else is taken for them."""

import pytest

from shield.about import Told
from shield.wire.told import answered, asked


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (
            {
                "model": "m",
                "messages": [
                    {"role": "system", "content": "a"},
                    {"role": "developer", "content": [{"type": "text", "text": "b"}]},
                    {"role": "user", "content": "c"},
                ],
            },
            Told(system="a\nb", asked="m"),
        ),
        ({"model": "m", "system": "a", "messages": []}, Told(system="a", asked="m")),
        ({"system": [{"type": "text", "text": "a"}, {"type": "text"}]}, Told(system="a")),
        ({"instructions": "a", "input": "b"}, Told(system="a")),
        ({"input": [{"role": "system", "content": "a"}, {"role": "user"}]}, Told(system="a")),
        ({"model": 5, "messages": "x", "system": {"text": "a"}}, Told()),
        ({"messages": [None, 5, {"role": ["system"], "content": "a"}]}, Told()),
        ([], Told()),
        (None, Told()),
    ],
)
def test_what_a_request_tells(document, told):
    assert asked(document) == told


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"model": "m", "system_fingerprint": "f"}, Told(answered="m", fingerprint="f")),
        ({"type": "message_start", "message": {"model": "m"}}, Told(answered="m")),
        ({"type": "response.created", "response": {"model": "m"}}, Told(answered="m")),
        ({"model": None, "system_fingerprint": None, "message": "x"}, Told()),
        ("m", Told()),
    ],
)
def test_what_an_answer_tells(document, told):
    assert answered(document) == told
