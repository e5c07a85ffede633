"""Tools are known by their exact names, arguments by their top-level name."""

import pytest

from shield.actions.manifest import tool
from shield.policy.schema import Effect, Role, ToolEntry

KNOWN = {"send_email": ToolEntry(effect="send", roles={"to": "recipient", "a/b": "url"})}


def test_a_tool_is_known_by_its_exact_name_only() -> None:
    assert tool("send_email", KNOWN).effect is Effect.SEND
    assert tool("send_email_and_delete", KNOWN) is None
    assert tool("Send_Email", KNOWN) is None


@pytest.mark.parametrize(
    ("pointer", "role"),
    [
        ("/to", Role.RECIPIENT),
        ("/to/0", Role.RECIPIENT),
        ("/to/0/address", Role.RECIPIENT),
        ("/a~1b", Role.URL),
        ("/cc", Role.FREE),
        ("", Role.FREE),
    ],
)
def test_a_leaf_has_the_role_of_its_argument(pointer: str, role: Role) -> None:
    assert tool("send_email", KNOWN).role(pointer) is role
