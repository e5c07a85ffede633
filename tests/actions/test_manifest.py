"""Tools are known by their exact names; what the policy leaves out is read the graver way."""

import pytest

from shield.actions.fields import ANY, NONE
from shield.actions.manifest import fields, guessed, mistakes, tool
from shield.policy.schema import Effect, Role, ToolEntry

KNOWN = {
    "send_email": ToolEntry(effect="send", roles={"to": "recipient", "a/b": "url", "tag": "free"}),
    "read_file": ToolEntry(effect="read"),
    "get_contacts": ToolEntry(effect="read", third_party=("Display Name",)),
    "get_rates": ToolEntry(effect="read", authoritative=("iban",)),
    "browse": ToolEntry(effect="fetch"),
}


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
        ("/tag/email", Role.FREE),
        ("/bcc", Role.RECIPIENT),
        ("/message/bcc/0", Role.RECIPIENT),
        ("/options/0/webhook_url", Role.URL),
        ("/note", Role.CONTENT),
        ("/verbose", Role.FREE),
        ("", Role.FREE),
    ],
)
def test_a_leaf_has_the_role_of_its_argument_or_of_its_name(pointer: str, role: Role) -> None:
    assert tool("send_email", KNOWN).role(pointer) is role


def test_an_unknown_tool_is_as_grave_as_its_name_allows() -> None:
    unknown = guessed("wipe_disk")
    assert not unknown.known
    assert unknown.effect is Effect.DELETE
    assert guessed("create_note").role("/name") is Role.CONTENT


def test_results_are_believed_as_declared_and_documents_never() -> None:
    assert fields("read_file", KNOWN) == NONE
    assert fields("read_file", KNOWN, led=True) == ANY
    assert fields("browse", KNOWN, led=True) == NONE
    assert not fields("get_contacts", KNOWN).allows("display name")
    assert fields("get_contacts", KNOWN).allows("email")
    assert fields("get_rates", KNOWN).allows("iban")
    assert not fields("get_rates", KNOWN).allows("email")
    assert fields("fetch_page", {}) == NONE
    assert fields("query", {}) == ANY


def test_a_role_for_an_argument_that_the_tool_lacks_is_a_mistake() -> None:
    found = mistakes(KNOWN, {"send_email": frozenset({"to", "tag"}), "other": frozenset()})
    assert found == ["tools.send_email.roles.a/b: the tool has no such argument"]
